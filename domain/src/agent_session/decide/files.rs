//! The rules about a session's files.

use super::{Decided, R};
use crate::agent_session::command::AgentSessionCommand as C;
use crate::agent_session::event::SnapshotsReleased;
use crate::agent_session::state::{Core, Status};
use crate::kernel::is_unseen;

/// Longest name of a snapshot, in bytes of UTF-8.
const MAX_SNAPSHOT_NAME: usize = 200;

/// `command` is one about files; others decide nothing here.
pub(super) fn decide(core: &Core, status: Status, command: C) -> Decided {
    let files = &core.workspace;
    Ok(match command {
        // Only the last step's capture is made up, before a fork is merged into the project's files.
        C::Capture(captured) if core.forgotten && (captured.call_id.is_none() || files.origin.is_some()) => return Err(R::Forgotten),
        // Late by a run that was overtaken: somebody else captured these files.
        C::Capture(captured) if captured.call_id.is_some() && Some(captured.version) != files.uncaptured.as_ref().map(|(_, at)| *at) => {
            vec![]
        }
        C::Capture(captured) => vec![(*captured).into()],
        // Somebody else captured these files meanwhile.
        C::FailCapture(failed) if failed.call_id.is_some() && Some(failed.version) != files.uncaptured.as_ref().map(|(_, at)| *at) => {
            vec![]
        }
        C::FailCapture(failed) if files.failed == Some(failed.version) => vec![],
        C::FailCapture(failed) => vec![(*failed).into()],
        C::StartUndo(undo) => {
            at_rest(core, status)?;
            if undo.to == 0 || undo.to > core.version {
                return Err(R::NoSuchVersion);
            }
            vec![undo.into()]
        }
        C::FinishUndo(undone) => match &files.undo {
            Some(open) if open.to == undone.to => vec![(*undone).into()],
            _ => vec![],
        },
        C::StartMerge(merge) => {
            at_rest(core, status)?;
            fork(core)?;
            vec![merge.into()]
        }
        C::FinishMerge(merged) => match &files.merge {
            Some(open) if open.theirs == merged.theirs => vec![(*merged).into()],
            _ => vec![],
        },
        // Its own copy went with what was said in it.
        C::StartForkMerge(_) if core.forgotten && files.origin.is_some() => return Err(R::Forgotten),
        C::StartForkMerge(merge) => {
            movable(core)?;
            vec![merge.into()]
        }
        C::FinishForkMerge(merged) => match &files.fork_merge {
            Some(open) if open.fork == merged.fork => vec![(*merged).into()],
            _ => vec![],
        },
        C::Discard(_) if files.discarded => vec![],
        C::Discard(discarded) => {
            at_rest(core, status)?;
            fork(core)?;
            vec![discarded.into()]
        }
        C::NameSnapshot(named) => {
            let bad = |name: &String| name.trim().is_empty() || name.len() > MAX_SNAPSHOT_NAME || name.chars().any(is_unseen);
            if named.name.as_ref().and_then(|name| name.value()).is_some_and(bad) {
                return Err(R::BadSnapshotName { limit: MAX_SNAPSHOT_NAME });
            }
            if named.version == 0 || named.version > core.version {
                return Err(R::NoSuchVersion);
            }
            vec![named.into()]
        }
        C::ReleaseSnapshots(snapshots) if snapshots.is_empty() => vec![],
        C::ReleaseSnapshots(snapshots) => vec![SnapshotsReleased { snapshots }.into()],
        _ => vec![],
    })
}

/// Nothing is being done to its files, and it has some.
pub(super) fn movable(core: &Core) -> Result<(), R> {
    if core.workspace.discarded {
        return Err(R::Discarded);
    }
    settled(core)
}

/// Nothing is being done to its files.
pub(super) fn settled(core: &Core) -> Result<(), R> {
    core.workspace.open().map_or(Ok(()), |what| Err(R::Unsettled { what }))
}

fn at_rest(core: &Core, status: Status) -> Result<(), R> {
    if !status.finished() {
        return Err(R::WrongPhase { status: status.as_str() });
    }
    movable(core)
}

fn fork(core: &Core) -> Result<(), R> {
    if core.workspace.origin.is_some() { Ok(()) } else { Err(R::NotAFork) }
}
