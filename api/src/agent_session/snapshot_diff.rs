//! The changes between two snapshots, as a diff tells them.

use axum::body::Bytes;
use opensail_commands::ports::snapshots::{ChangeKind, Item, PathChange, SnapshotError};
use opensail_domain::kernel::ProjectId;
use sha2::{Digest, Sha256};

use super::get_diff::FileDiff;
use super::unified_diff::{Compared, MAX_DIFF_BYTES, compare};
use crate::problem::Problem;
use crate::router::Api;

/// Files of one diff that are compared by line; of the others only the paths are told.
const MAX_COMPARED: usize = 1000;

impl Api {
    pub(super) async fn snapshot_diff(&self, project: ProjectId, before: &str, after: &str) -> Result<Vec<FileDiff>, Problem> {
        let changes = self.commands().snapshots().changes(project, before, after).await.map_err(Problem::from_snapshot)?;
        let mut told = Vec::new();
        for (at, change) in changes.into_iter().enumerate() {
            let (old, new) = if at < MAX_COMPARED {
                let old_path = change.from.as_deref().unwrap_or(&change.path);
                let old = self.side_of(project, before, old_path, change.before.as_ref()).await?;
                (old, self.side_of(project, after, &change.path, change.after.as_ref()).await?)
            } else {
                (Side::Unread, Side::Unread)
            };
            // Comparing may take half a second of processor time.
            let told_one = tokio::task::spawn_blocking(move || file_diff(change, &old, &new)).await.map_err(|_| Problem::internal())?;
            told.push(told_one);
        }
        Ok(told)
    }

    async fn side_of(&self, project: ProjectId, snapshot: &str, path: &str, item: Option<&Item>) -> Result<Side, Problem> {
        match item {
            None => Ok(Side::Absent),
            Some(Item::Link { target }) => Ok(Side::Bytes(Bytes::from(target.clone()))),
            Some(Item::Folder { .. }) => Ok(Side::Folder),
            Some(Item::File { size, .. }) if *size > MAX_DIFF_BYTES as u64 => Ok(Side::Unread),
            Some(Item::File { .. }) => {
                match self.commands().snapshots().read(project, snapshot, path, MAX_DIFF_BYTES as u64).await {
                    Ok(Some(bytes)) => Ok(Side::Bytes(bytes)),
                    // A name that is not UTF-8 is told and cannot be asked for.
                    Ok(None) | Err(SnapshotError::TooLarge { .. }) => Ok(Side::Unread),
                    Err(error) => Err(Problem::from_snapshot(error)),
                }
            }
        }
    }
}

enum Side {
    Absent,
    Folder,
    Bytes(Bytes),
    /// Too large to be looked at.
    Unread,
}

impl Side {
    fn bytes(&self) -> Option<&[u8]> {
        match self {
            Side::Bytes(bytes) => Some(bytes),
            Side::Absent | Side::Folder | Side::Unread => None,
        }
    }
    fn hash(&self) -> Option<String> {
        self.bytes().map(|bytes| Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

fn file_diff(change: PathChange, old: &Side, new: &Side) -> FileDiff {
    let kind = match change.kind {
        ChangeKind::Added => "added",
        ChangeKind::Removed => "deleted",
        ChangeKind::Modified => "modified",
        ChangeKind::Mode => "mode",
        ChangeKind::Type => "type",
        ChangeKind::Renamed => "renamed",
    };
    let compared = match (old, new) {
        (Side::Unread, _) | (_, Side::Unread) => None,
        (Side::Folder, _) | (_, Side::Folder) => None,
        _ if matches!(change.kind, ChangeKind::Mode | ChangeKind::Renamed) => None,
        (old, new) => Some(compare(&change.path, old.bytes(), new.bytes())),
    };
    let (binary, diff, lines_added, lines_removed) = match compared {
        Some(Compared::Text { diff, added, removed }) => (false, Some(diff), added, removed),
        Some(Compared::Binary) => (true, None, 0, 0),
        Some(Compared::TooLarge) | None => (false, None, 0, 0),
    };
    let mode = |item: &Option<Item>| match item {
        Some(Item::File { mode, .. } | Item::Folder { mode }) => Some(format!("{mode:o}")),
        _ => None,
    };
    let (mode_before, mode_after) = (mode(&change.before), mode(&change.after));
    FileDiff {
        path: change.path,
        change: kind,
        from_path: change.from,
        before: old.hash(),
        after: new.hash(),
        mode_before,
        mode_after,
        binary,
        diff,
        lines_added,
        lines_removed,
    }
}
