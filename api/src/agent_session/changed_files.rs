//! What a session changed, from its events alone: of each file its first state before and its last state after.

use std::collections::{BTreeMap, HashMap};

use opensail_domain::agent_session::AgentSessionEvent;
use opensail_domain::agent_session::event::PlannedChange;
use opensail_domain::agent_session::message::CallOutcome;

/// One state of a file: its SHA-256, and where its bytes lie.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Side {
    pub(crate) hash: String,
    pub(crate) blob: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ChangedFile {
    pub(crate) path: String,
    /// `None`: it was not there.
    pub(crate) before: Option<Side>,
    /// `None`: it is gone.
    pub(crate) after: Option<Side>,
}

/// Only calls that succeeded count; what stands in the end as it stood in the beginning is left out. Ordered by path.
pub(crate) fn changed_files<'a>(events: impl IntoIterator<Item = &'a AgentSessionEvent>) -> Vec<ChangedFile> {
    let mut planned: HashMap<&str, &[PlannedChange]> = HashMap::new();
    let mut files: BTreeMap<&str, ChangedFile> = BTreeMap::new();
    for event in events {
        match event {
            AgentSessionEvent::ToolCallStarted(started) => {
                if let Some(changes) = started.changes.as_ref().and_then(|changes| changes.value()) {
                    planned.insert(&started.call_id, changes);
                }
            }
            AgentSessionEvent::ToolCallCompleted(done) => {
                let changes = planned.remove(done.call_id.as_str());
                if done.outcome == CallOutcome::Ok {
                    changes.into_iter().flatten().for_each(|change| apply(&mut files, change));
                }
            }
            _ => {}
        }
    }
    let hash = |side: &Option<Side>| side.as_ref().map(|side| side.hash.clone());
    files.into_values().filter(|file| hash(&file.before) != hash(&file.after)).collect()
}

fn apply<'a>(files: &mut BTreeMap<&'a str, ChangedFile>, change: &'a PlannedChange) {
    let side = |hash: &Option<String>, blob: &Option<String>| hash.clone().map(|hash| Side { hash, blob: blob.clone() });
    let after = side(&change.after, &change.after_blob);
    files.entry(&change.path).and_modify(|file| file.after = after.clone()).or_insert_with(|| ChangedFile {
        path: change.path.clone(),
        before: side(&change.before, &change.before_blob),
        after,
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use opensail_domain::agent_session::event::{Effect, ToolCallCompleted, ToolCallStarted};
    use opensail_domain::kernel::Private;

    fn call(id: &str, outcome: CallOutcome, changes: &[(&str, Option<&str>, Option<&str>)]) -> [AgentSessionEvent; 2] {
        let text = |text: &Option<&str>| text.map(String::from);
        let changes = changes
            .iter()
            .map(|(path, before, after)| PlannedChange {
                path: (*path).into(),
                before: text(before),
                before_blob: text(before).map(|b| format!("blob-{b}")),
                after: text(after),
                after_blob: text(after).map(|b| format!("blob-{b}")),
                mode: None,
            })
            .collect();
        let changes = Some(Private::open("session-1", changes));
        [
            ToolCallStarted { call_id: id.into(), tool: "t".into(), effect: Effect::Files, changes }.into(),
            ToolCallCompleted {
                call_id: id.into(),
                tool: "t".into(),
                outcome,
                output: Private::Forgotten,
                full_output: None,
                exit_code: None,
                duration_ms: 1,
            }
            .into(),
        ]
    }

    #[test]
    fn first_before_against_last_after() {
        let events = [
            call("1-0", CallOutcome::Ok, &[("b", None, Some("1")), ("a", Some("x"), Some("y"))]),
            call("1-1", CallOutcome::Ok, &[("a", Some("y"), Some("z"))]),
            call("2-0", CallOutcome::Failed, &[("c", None, Some("q"))]),
            call("3-0", CallOutcome::Ok, &[("d", None, Some("1"))]),
            call("3-1", CallOutcome::Ok, &[("d", Some("1"), None), ("e", None, Some("1"))]),
        ]
        .concat();
        let files: Vec<_> = changed_files(&events)
            .into_iter()
            .map(|file| (file.path, file.before.map(|side| side.hash), file.after.and_then(|side| side.blob)))
            .collect();
        assert_eq!(
            files,
            [
                ("a".into(), Some("x".into()), Some("blob-z".into())),
                ("b".into(), None, Some("blob-1".into())),
                ("e".into(), None, Some("blob-1".into())),
            ]
        );
    }
}
