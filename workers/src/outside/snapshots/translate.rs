//! Between the trees of `csi` and what the port tells.

use opensail_commands::ports::snapshots::{ChangeKind, Choice, FileConflict, Item, PathChange, SnapshotEntry, SnapshotError, WhyLeftOut};
use opensail_csi::cas::{Address, CasError, SealError, Subject};
use opensail_csi::names::{meant, told};
use opensail_csi::tree::{self, TreeError};
use opensail_domain::agent_session::event::{Refusal, Refused};

use super::Tried;

/// Of contents; what is not UTF-8 in them is told with marks.
pub(super) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(super) fn address(name: &str) -> Result<Address, SnapshotError> {
    name.parse().map_err(|_| SnapshotError::Missing)
}

pub(super) fn failed(error: TreeError) -> SnapshotError {
    match error {
        TreeError::Store(CasError::Missing(_)) => SnapshotError::Missing,
        TreeError::Store(CasError::Seal(SealError::Forgotten)) => SnapshotError::Forgotten,
        TreeError::Store(CasError::Full) => SnapshotError::Full,
        TreeError::Store(CasError::Busy) => SnapshotError::Busy,
        TreeError::Store(CasError::TooLarge { size }) => {
            SnapshotError::TooLarge { size, limit: opensail_commands::ports::snapshots::MAX_SNAPSHOT_FILE_BYTES }
        }
        TreeError::Store(error @ CasError::Damaged(_)) => SnapshotError::Damaged(error.to_string()),
        TreeError::Store(error) => SnapshotError::Unavailable(error.to_string()),
        TreeError::NotText => SnapshotError::NotText,
        error @ TreeError::Unknown(_) => SnapshotError::Damaged(error.to_string()),
        error @ (TreeError::File(_) | TreeError::Refused { .. } | TreeError::NotEmpty | TreeError::Restless) => {
            SnapshotError::Files(error.to_string())
        }
    }
}

pub(super) fn left_out(left_out: &tree::LeftOut) -> (String, WhyLeftOut) {
    let why = match left_out.why {
        tree::Why::Cache => WhyLeftOut::Cache,
        tree::Why::Ignored => WhyLeftOut::Ignored,
        tree::Why::TooLarge => WhyLeftOut::TooLarge,
        tree::Why::Special => WhyLeftOut::Special,
        tree::Why::Mount => WhyLeftOut::Mount,
        tree::Why::Unreadable => WhyLeftOut::Unreadable,
        tree::Why::TooDeep => WhyLeftOut::TooDeep,
        tree::Why::Unsteady => WhyLeftOut::Unsteady,
    };
    (told(&left_out.path), why)
}

pub(super) fn refused((path, why): &(Vec<u8>, tree::Refusal)) -> Refused {
    let reason = match why {
        tree::Refusal::NotPermitted => Refusal::NotPermitted,
        tree::Refusal::ReadOnly => Refusal::ReadOnly,
        tree::Refusal::Busy => Refusal::Busy,
        tree::Refusal::NameTooLong => Refusal::NameTooLong,
        tree::Refusal::NotAFolder => Refusal::NotAFolder,
        tree::Refusal::Link => Refusal::Link,
    };
    Refused { path: told(path), reason }
}

pub(super) fn choice(choice: Choice) -> tree::Choice {
    match choice {
        Choice::Keep => tree::Choice::Ours,
        Choice::Take => tree::Choice::Theirs,
        Choice::Marked => tree::Choice::Marked,
        Choice::Neither => tree::Choice::Neither,
    }
}

pub(super) fn conflict(conflict: tree::Conflict) -> FileConflict {
    FileConflict {
        path: told(&conflict.path),
        ours: conflict.ours.is_some(),
        theirs: conflict.theirs.is_some(),
        marked: conflict.marked.map(|text| lossy(&text)),
    }
}

fn item(item: &tree::Item) -> Item {
    match item {
        tree::Item::File { mode, content, .. } => Item::File { mode: *mode, size: content.size },
        tree::Item::Link { target } => Item::Link { target: told(target) },
        tree::Item::Folder { mode, .. } => Item::Folder { mode: *mode },
    }
}

pub(super) fn path_change(change: tree::Change) -> PathChange {
    let (kind, from) = match change.kind {
        tree::ChangeKind::Added => (ChangeKind::Added, None),
        tree::ChangeKind::Removed => (ChangeKind::Removed, None),
        tree::ChangeKind::Modified => (ChangeKind::Modified, None),
        tree::ChangeKind::Mode => (ChangeKind::Mode, None),
        tree::ChangeKind::Type => (ChangeKind::Type, None),
        tree::ChangeKind::Renamed { from } => (ChangeKind::Renamed, Some(told(&from))),
    };
    let (before, after) = (change.before.as_ref().map(item), change.after.as_ref().map(item));
    PathChange { path: told(&change.path), kind, from, before, after }
}

/// Breadth first, so that what is left out when there is too much lies deepest.
pub(super) fn tree(
    subject: &Subject,
    snapshot: &Address,
    path: &str,
    depth: u32,
    limit: usize,
) -> Tried<Option<(Vec<SnapshotEntry>, bool)>> {
    let mut level = vec![meant(path.trim_matches('/'))];
    let mut entries = Vec::new();
    for step in 0..depth {
        let mut below = Vec::new();
        for folder in level {
            let Some(found) = tree::list(subject, snapshot, &folder)? else {
                if step == 0 {
                    return Ok(None);
                }
                continue;
            };
            for entry in found.entries {
                if entries.len() == limit {
                    return Ok(Some((entries, true)));
                }
                let mut path = folder.clone();
                if !path.is_empty() {
                    path.push(b'/');
                }
                path.extend_from_slice(&entry.name);
                let mtime = match &entry.item {
                    tree::Item::File { mtime, .. } => mtime.div_euclid(1000),
                    tree::Item::Link { .. } | tree::Item::Folder { .. } => 0,
                };
                entries.push(SnapshotEntry { path: told(&path), item: item(&entry.item), mtime });
                if matches!(entry.item, tree::Item::Folder { .. }) {
                    below.push(path);
                }
            }
        }
        level = below;
    }
    Ok(Some((entries, false)))
}
