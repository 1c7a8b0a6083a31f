//! Who may let a call take effect: the edit mode, what people granted, or an answer to a question.

use std::collections::BTreeSet;

use opensail_domain::agent_session::event::{EditMode, Effect};
use opensail_domain::agent_session::state::Verdict;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Gate {
    /// It may take effect; `asked` when a person said so for this very call, and so for what they were shown.
    Open {
        asked: bool,
    },
    /// People have to be asked.
    Ask,
    /// The mode has no effects, shell included.
    PlanOnly,
    Denied,
    /// Nobody answered in time.
    Unanswered,
}

/// Default is no: what is neither allowed by the mode nor granted is asked for.
pub(super) fn gate(mode: EditMode, effect: Effect, grant: &str, grants: &BTreeSet<String>, verdict: Option<Verdict>) -> Gate {
    match (effect, mode, verdict) {
        (Effect::Read, ..) => Gate::Open { asked: false },
        (_, EditMode::Plan, _) => Gate::PlanOnly,
        (_, _, Some(Verdict::Denied)) => Gate::Denied,
        (_, _, Some(Verdict::TimedOut)) => Gate::Unanswered,
        (_, _, Some(Verdict::Allowed)) => Gate::Open { asked: !grants.contains(grant) },
        (_, EditMode::Allow, None) => Gate::Open { asked: false },
        (_, EditMode::Ask, None) if grants.contains(grant) => Gate::Open { asked: false },
        (_, EditMode::Ask, None) => Gate::Ask,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(mode: EditMode, effect: Effect, granted: bool, verdict: Option<Verdict>) -> Gate {
        let grants = if granted { BTreeSet::from(["write_file".to_owned()]) } else { BTreeSet::new() };
        gate(mode, effect, "write_file", &grants, verdict)
    }

    #[test]
    fn reading_is_never_asked_for() {
        for mode in [EditMode::Ask, EditMode::Allow, EditMode::Plan] {
            assert_eq!(through(mode, Effect::Read, false, None), Gate::Open { asked: false });
        }
    }

    #[test]
    fn plan_means_nothing_with_effects_whatever_was_granted() {
        for effect in [Effect::Files, Effect::Shell] {
            for granted in [false, true] {
                for verdict in [None, Some(Verdict::Allowed), Some(Verdict::Denied), Some(Verdict::TimedOut)] {
                    assert_eq!(through(EditMode::Plan, effect, granted, verdict), Gate::PlanOnly);
                }
            }
        }
    }

    #[test]
    fn ask_asks_until_granted_or_answered() {
        for effect in [Effect::Files, Effect::Shell] {
            assert_eq!(through(EditMode::Ask, effect, false, None), Gate::Ask);
            assert_eq!(through(EditMode::Ask, effect, true, None), Gate::Open { asked: false });
            assert_eq!(through(EditMode::Ask, effect, false, Some(Verdict::Allowed)), Gate::Open { asked: true });
            assert_eq!(through(EditMode::Ask, effect, false, Some(Verdict::Denied)), Gate::Denied);
            assert_eq!(through(EditMode::Ask, effect, false, Some(Verdict::TimedOut)), Gate::Unanswered);
        }
    }

    #[test]
    fn allow_asks_for_nothing() {
        for effect in [Effect::Files, Effect::Shell] {
            assert_eq!(through(EditMode::Allow, effect, false, None), Gate::Open { asked: false });
        }
    }

    #[test]
    fn a_grant_covers_its_own_name_only() {
        let grants = BTreeSet::from(["delete_file".to_owned()]);
        assert_eq!(gate(EditMode::Ask, Effect::Files, "write_file", &grants, None), Gate::Ask);
    }
}
