//! Between the trees of `csi` and what the port tells.

use opensail_commands::ports::snapshots::{ChangeKind, Choice, FileConflict, Item, PathChange, SnapshotEntry, SnapshotError};
use opensail_csi::cas::{Address, CasError, SealError, Subject};
use opensail_csi::tree::{self, TreeError};

use super::Tried;

/// Names that are not UTF-8 are told with marks in place of what cannot be told.
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
        error @ TreeError::Unknown(_) => SnapshotError::Damaged(error.to_string()),
        error @ (TreeError::File(_) | TreeError::NotEmpty | TreeError::Restless) => SnapshotError::Files(error.to_string()),
    }
}

pub(super) fn choice(choice: Choice) -> tree::Choice {
    match choice {
        Choice::Keep => tree::Choice::Ours,
        Choice::Take => tree::Choice::Theirs,
        Choice::Marked => tree::Choice::Marked,
    }
}

pub(super) fn conflict(conflict: tree::Conflict) -> FileConflict {
    FileConflict {
        path: lossy(&conflict.path),
        ours: conflict.ours.is_some(),
        theirs: conflict.theirs.is_some(),
        marked: conflict.marked.map(|text| lossy(&text)),
    }
}

fn item(item: &tree::Item) -> Item {
    match item {
        tree::Item::File { mode, content, .. } => Item::File { mode: *mode, size: content.size },
        tree::Item::Link { target } => Item::Link { target: lossy(target) },
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
        tree::ChangeKind::Renamed { from } => (ChangeKind::Renamed, Some(lossy(&from))),
    };
    let (before, after) = (change.before.as_ref().map(item), change.after.as_ref().map(item));
    PathChange { path: lossy(&change.path), kind, from, before, after }
}

/// Breadth first, so that what is left out when there is too much lies deepest.
pub(super) fn tree(
    subject: &Subject,
    snapshot: &Address,
    path: &str,
    depth: u32,
    limit: usize,
) -> Tried<Option<(Vec<SnapshotEntry>, bool)>> {
    let mut level = vec![path.trim_matches('/').as_bytes().to_vec()];
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
                entries.push(SnapshotEntry { path: lossy(&path), item: item(&entry.item), mtime });
                if matches!(entry.item, tree::Item::Folder { .. }) {
                    below.push(path);
                }
            }
        }
        level = below;
    }
    Ok(Some((entries, false)))
}
