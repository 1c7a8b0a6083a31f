//! What a session itself made of its files, people's changes left aside: what an undo compares with, so that it takes back the one and not the
//! other.

use opensail_domain::agent_session::snapshots::Cause;

use super::files::SessionFiles;
use crate::ports::snapshots::{Choice, Choices, Held, Sides, SnapshotError};
use crate::{CommandError, Commands};

/// A snapshot, and what keeps it from a sweep if it was made for this.
pub(super) struct OwnFiles {
    pub(super) snapshot: String,
    pub(super) held: Vec<Held>,
}

impl Commands {
    /// After a step they are what was captured. After an undo, what it went back to: what came out holds people's changes too, and so does what an
    /// undo or a merge found. After a merge, what came out without what people had changed before it. What people had changed before `to`, the
    /// version that is gone back to, is in the files that come: it is not lost, so it is not left aside. `None`: nothing was ever captured.
    pub(super) async fn own_files(&self, files: &SessionFiles, to: u64) -> Result<Option<OwnFiles>, CommandError> {
        let points = &files.snapshots.points;
        let Some(last) = points.last() else { return Ok(None) };
        let (mut at, mut merges) = (points.len() - 1, Vec::new());
        loop {
            let point = &points[at];
            let then = |version: u64| points.iter().rposition(|point| point.version <= version);
            let found = match point.cause {
                Cause::Found => Some(point.version),
                Cause::Merge { found } => Some(found),
                Cause::Undo { .. } | Cause::Fork | Cause::Run | Cause::Call(_) | Cause::Discard => None,
            };
            if found.is_some_and(|found| found <= to) {
                break;
            }
            let (before, merge) = match point.cause {
                Cause::Undo { to } => (then(to), None),
                Cause::Merge { found } => {
                    let found = then(found);
                    (
                        found.and_then(|found| found.checked_sub(1)),
                        found.map(|found| (points[found].snapshot.clone(), point.snapshot.clone())),
                    )
                }
                Cause::Found => (at.checked_sub(1), None),
                Cause::Fork | Cause::Run | Cause::Call(_) | Cause::Discard => break,
            };
            // What is no longer kept cannot be compared with.
            let Some(before) = before.filter(|before| *before < at && !points[*before].released) else { break };
            merges.extend(merge);
            at = before;
        }
        let mut own = OwnFiles { snapshot: points[at].snapshot.clone(), held: Vec::new() };
        for (found, after) in merges.into_iter().rev() {
            if own.snapshot == found {
                own.snapshot = after;
                continue;
            }
            let sides = Sides { base: found, ours: after, theirs: own.snapshot };
            let choices = Choices { rest: Some(Choice::Keep), ..Choices::default() };
            match self.snapshots().merge(files.project_id, &sides, true, &choices).await {
                Ok(merge) => {
                    own.snapshot = merge.snapshot;
                    own.held.push(merge.held);
                }
                Err(SnapshotError::Missing) => return Ok(Some(OwnFiles { snapshot: last.snapshot.clone(), held: Vec::new() })),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Some(own))
    }
}
