//! The changes between two snapshots, as a diff tells them.

use axum::body::Bytes;
use opensail_commands::ports::snapshots::{ChangeKind, Item, PathChange, SnapshotError};
use opensail_domain::kernel::ProjectId;
use sha2::{Digest, Sha256};

use super::files_at::FilesAt;
use super::get_diff::FileDiff;
use super::unified_diff::{MAX_DIFF_BYTES, Told, compare};
use crate::problem::Problem;
use crate::router::Api;

/// Files of one diff that are compared by line; of the others only the paths are told.
const MAX_COMPARED: usize = 1000;

impl Api {
    pub(super) async fn snapshot_diff(&self, from: &FilesAt, to: &FilesAt) -> Result<Vec<FileDiff>, Problem> {
        let (project, before, after) = (from.project, from.snapshot.as_str(), to.snapshot.as_str());
        let named = if from.position.is_none() { from } else { to };
        let changes = self.commands().snapshots().changes(project, before, after).await.map_err(|error| named.problem(error))?;
        let mut told = Vec::new();
        for (at, change) in changes.into_iter().enumerate() {
            let (old, new) = if at < MAX_COMPARED {
                let old_path = change.from.as_deref().unwrap_or(&change.path);
                let old = self.side_of(project, before, old_path, change.before.as_ref()).await?;
                (old, self.side_of(project, after, &change.path, change.after.as_ref()).await?)
            } else {
                (Side::Unread("too_many"), Side::Unread("too_many"))
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
            Some(Item::File { size, .. }) if *size > MAX_DIFF_BYTES as u64 => Ok(Side::Unread("too_large")),
            Some(Item::File { .. }) => match self.commands().snapshots().read(project, snapshot, path, MAX_DIFF_BYTES as u64).await {
                Ok(Some(bytes)) => Ok(Side::Bytes(bytes)),
                Ok(None) => Ok(Side::Unread("not_kept")),
                Err(SnapshotError::TooLarge { .. }) => Ok(Side::Unread("too_large")),
                Err(error) => Err(Problem::from_snapshot(error)),
            },
        }
    }
}

enum Side {
    Absent,
    Folder,
    Bytes(Bytes),
    /// It was not looked at, and why.
    Unread(&'static str),
}

impl Side {
    fn bytes(&self) -> Option<&[u8]> {
        match self {
            Side::Bytes(bytes) => Some(bytes),
            Side::Absent | Side::Folder | Side::Unread(_) => None,
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
        _ if matches!(change.kind, ChangeKind::Mode | ChangeKind::Renamed) => Told::not("same"),
        (Side::Unread(why), _) | (_, Side::Unread(why)) => Told::not(why),
        (Side::Folder, _) | (_, Side::Folder) => Told::not("folder"),
        (old, new) => compare(&change.path, old.bytes(), new.bytes()).into(),
    };
    let Told { binary, diff, no_diff, lines_added, lines_removed } = compared;
    let mode = |item: &Option<Item>| match item {
        Some(Item::File { mode, .. } | Item::Folder { mode }) => Some(format!("{mode:o}")),
        _ => None,
    };
    let (mode_before, mode_after) = (mode(&change.before), mode(&change.after));
    let what = |item: &Option<Item>| match item {
        Some(Item::File { .. }) => Some("file"),
        Some(Item::Link { .. }) => Some("link"),
        Some(Item::Folder { .. }) => Some("folder"),
        None => None,
    };
    let of_type = |item: &Option<Item>| what(item).filter(|_| change.kind == ChangeKind::Type);
    let (kind_before, kind_after) = (of_type(&change.before), of_type(&change.after));
    FileDiff {
        path: change.path,
        change: kind,
        from_path: change.from,
        before: old.hash(),
        after: new.hash(),
        mode_before,
        mode_after,
        kind_before,
        kind_after,
        binary,
        diff,
        no_diff,
        lines_added,
        lines_removed,
    }
}
