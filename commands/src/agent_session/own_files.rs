//! What a session itself made of its files, people's changes left aside: what an undo compares with, so that it takes back the one and not the
//! other.

use std::collections::BTreeSet;

use opensail_domain::agent_session::snapshots::Cause;

use super::files::SessionFiles;
use crate::ports::snapshots::{Choice, Choices, Held, Sides, SnapshotError};
use crate::{CommandError, Commands};

/// A snapshot, and what keeps it from a sweep if it was made for this.
pub(super) struct OwnFiles {
    pub(super) snapshot: String,
    pub(super) held: Vec<Held>,
}

/// Snapshots of a merge.
struct Merged<'a> {
    /// What a merge found, and what came out.
    found: &'a str,
    after: &'a str,
    fork: &'a str,
}

impl Commands {
    /// After a step they are what was captured. After an undo, what it went back to: what came out holds people's changes too, and so does what an
    /// undo or a merge found. After a merge, what came out without what people had changed before it. What people had changed before `to`, the
    /// version that is gone back to, is in the files that come: it is not lost, so it is not left aside. `now`: what is there. `None`: nothing was ever captured.
    pub(super) async fn own_files(&self, files: &SessionFiles, to: u64, now: &str) -> Result<Option<OwnFiles>, CommandError> {
        let points = &files.snapshots.points;
        let Some(last) = points.last() else { return Ok(None) };
        let (mut at, mut merges) = (points.len() - 1, Vec::new());
        loop {
            let point = &points[at];
            let cause = &point.cause;
            let then = |version: u64| points.iter().rposition(|point| point.version <= version);
            let found = match *cause {
                Cause::Found => Some(point.version),
                Cause::Merge { found, .. } => Some(found),
                Cause::Undo { .. } | Cause::Fork | Cause::Run | Cause::Call(_) | Cause::Discard => None,
            };
            if found.is_some_and(|found| found <= to) {
                break;
            }
            let (before, merge) = match cause {
                Cause::Undo { to } => (then(*to), None),
                Cause::Merge { found, theirs } => {
                    let found = then(*found);
                    let merged = |found: usize| Merged { found: &points[found].snapshot, after: &point.snapshot, fork: theirs };
                    (found.and_then(|found| found.checked_sub(1)), found.map(merged))
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
        for merged in merges.into_iter().rev() {
            if own.snapshot == merged.found {
                merged.after.clone_into(&mut own.snapshot);
                continue;
            }
            let sides = Sides { base: merged.found.into(), ours: merged.after.into(), theirs: own.snapshot };
            let merge = match self.of_one_hand(files, &merged, now).await {
                Ok(choices) => self.snapshots().merge(files.project_id, &sides, true, &choices).await,
                Err(error) => Err(error),
            };
            match merge {
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
    /// What both changed, and that cannot be told apart again: where the fork's came out whole, it is the session's own. Where both are in it (between
    /// markers, say), what the session made is not known, and nothing is taken for it: so it is asked for, whatever people made of it since (where
    /// they removed it, what the merge made is what differs).
    async fn of_one_hand(&self, files: &SessionFiles, merged: &Merged<'_>, now: &str) -> Result<Choices, SnapshotError> {
        let since = self.snapshots().changes(files.project_id, merged.after, now).await?;
        let gone: BTreeSet<String> =
            since.into_iter().filter_map(|change| if change.after.is_none() { Some(change.path) } else { change.from }).collect();
        let keep = |path: String| if gone.contains(&path) { (path, Choice::Keep) } else { (path, Choice::Neither) };
        let mixed = match self.snapshots().changes(files.project_id, merged.after, merged.fork).await {
            Ok(changes) => changes,
            Err(SnapshotError::Missing) => {
                let paths = gone.iter().map(|path| (path.clone(), Choice::Keep)).collect();
                return Ok(Choices { paths, rest: Some(Choice::Neither) });
            }
            Err(error) => return Err(error),
        };
        let paths = mixed.into_iter().flat_map(|change| [Some(change.path), change.from]).flatten();
        Ok(Choices { paths: paths.map(keep).collect(), rest: Some(Choice::Keep) })
    }
}
