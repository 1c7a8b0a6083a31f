//! Ports in memory.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use async_trait::async_trait;
use axum::body::Bytes;
use opensail_commands::ports::blobs::{BlobError, BlobHash, Blobs};
use opensail_commands::ports::model::{Model, ModelError, ModelErrorKind, ModelRequest, ModelTurn, Price};
use opensail_commands::ports::passwords::{PasswordError, PasswordHasher};
use opensail_commands::ports::project_files::*;
use opensail_commands::ports::snapshots::{
    AskRoots, Blamed, Captured, Choices, Merge, PathChange, PutBack, Sides, SnapshotEntry, SnapshotError, Snapshots, Swept, Total,
    WorkingCopy,
};
use opensail_domain::kernel::ProjectId;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub(super) struct Passwords;

#[async_trait]
impl PasswordHasher for Passwords {
    async fn hash(&self, password: String) -> Result<String, PasswordError> {
        Ok(format!("hash of {password}"))
    }
    async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, PasswordError> {
        Ok(hash.is_some_and(|hash| hash == format!("hash of {password}")))
    }
}

/// Blobs by subject and hash, not encrypted.
#[derive(Default)]
pub(super) struct HeldBlobs(Mutex<HashMap<(String, String), Bytes>>);

#[async_trait]
impl Blobs for HeldBlobs {
    async fn put(&self, subject: &str, bytes: Bytes) -> Result<BlobHash, BlobError> {
        let hash = sha256(&bytes);
        self.0.lock().expect("lock").insert((subject.into(), hash.clone()), bytes);
        Ok(BlobHash(hash))
    }
    async fn get(&self, subject: &str, hash: &BlobHash) -> Result<Bytes, BlobError> {
        let held = self.0.lock().expect("lock");
        held.get(&(subject.to_owned(), hash.0.clone())).cloned().ok_or_else(|| BlobError::Missing(hash.0.clone()))
    }
}

pub(super) struct NoModel;

#[async_trait]
impl Model for NoModel {
    async fn turn(&self, _: ModelRequest, _: mpsc::Sender<String>, _: CancellationToken) -> Result<ModelTurn, ModelError> {
        Err(ModelError { kind: ModelErrorKind::NotConfigured, detail: "none".into(), retry_after: None })
    }
    fn price(&self, _: &str) -> Option<Price> {
        None
    }
    fn default_model(&self) -> String {
        "scripted".into()
    }
}

#[derive(Default)]
pub(super) struct Files(Mutex<HashMap<PathBuf, Bytes>>);

pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[async_trait]
impl ProjectFiles for Files {
    async fn read(&self, root: &Path, path: &str) -> Result<Option<FileData>, FileError> {
        if path.contains("..") {
            return Err(FileError::Forbidden { path: path.into(), why: "it leaves the project".into() });
        }
        let held = self.0.lock().expect("lock");
        Ok(held.get(&root.join(path)).map(|bytes| FileData { bytes: bytes.clone(), hash: sha256(bytes), mode: 0o644, mtime: 0 }))
    }
    async fn apply(&self, root: &Path, change: FileChange) -> Result<Applied, FileError> {
        let mut held = self.0.lock().expect("lock");
        let path = root.join(&change.path);
        match change.after {
            Some(bytes) => held.insert(path, bytes),
            None => held.remove(&path),
        };
        Ok(Applied::Done)
    }
    async fn tree(&self, root: &Path, _: &str, _: u32, _: usize, _: bool) -> Result<Tree, FileError> {
        let held = self.0.lock().expect("lock");
        let entries = held.iter().filter_map(|(path, bytes)| {
            let path = path.strip_prefix(root).ok()?.display().to_string();
            Some(TreeEntry { path, kind: EntryKind::File, size: bytes.len() as u64, mtime: 0, link_target: None })
        });
        Ok(Tree { entries: entries.collect(), truncated: false })
    }
    async fn glob(&self, _: &Path, _: &str, _: &str, _: usize, _: bool) -> Result<(Vec<String>, bool), FileError> {
        Ok((vec![], false))
    }
    async fn grep(&self, _: &Path, _: GrepQuery) -> Result<(Vec<GrepLine>, bool), FileError> {
        Ok((vec![], false))
    }
    async fn canonical_root(&self, folder: &Path) -> Result<PathBuf, FileError> {
        folder.canonicalize().map_err(|_| FileError::NotFound(folder.display().to_string()))
    }
    async fn create_root(&self, _: &Path) -> Result<(), FileError> {
        Ok(())
    }
    async fn remove_root(&self, _: &Path) -> Result<(), FileError> {
        Ok(())
    }
}

pub(super) struct NoSnapshots;

#[async_trait]
impl Snapshots for NoSnapshots {
    async fn capture(&self, _: ProjectId, _: &Path, _: Option<&str>) -> Result<Captured, SnapshotError> {
        Err(SnapshotError::Full)
    }
    async fn merge(&self, _: ProjectId, _: &Sides, _: bool, _: &Choices) -> Result<Merge, SnapshotError> {
        Err(SnapshotError::Missing)
    }
    async fn put_back(&self, _: ProjectId, _: &Path, _: &str, _: &str) -> Result<PutBack, SnapshotError> {
        Err(SnapshotError::Missing)
    }
    async fn lay_out(&self, _: ProjectId, _: &str, _: &Path, _: &Path) -> Result<bool, SnapshotError> {
        Err(SnapshotError::Missing)
    }
    async fn discard(&self, _: &Path) -> Result<(), SnapshotError> {
        Ok(())
    }
    async fn copies(&self, _: &Path) -> Result<Vec<WorkingCopy>, SnapshotError> {
        Ok(Vec::new())
    }
    async fn copy_size(&self, _: &Path) -> Result<Total, SnapshotError> {
        Ok(Total::default())
    }
    async fn changes(&self, _: ProjectId, _: &str, _: &str) -> Result<Vec<PathChange>, SnapshotError> {
        Err(SnapshotError::Missing)
    }
    async fn read(&self, _: ProjectId, _: &str, _: &str, _: u64) -> Result<Option<Bytes>, SnapshotError> {
        Err(SnapshotError::Missing)
    }
    async fn tree(&self, _: ProjectId, _: &str, _: &str, _: u32, _: usize) -> Result<Option<(Vec<SnapshotEntry>, bool)>, SnapshotError> {
        Err(SnapshotError::Missing)
    }
    async fn left_out(&self, _: ProjectId, _: &str) -> Result<opensail_commands::ports::snapshots::LeftOut, SnapshotError> {
        Err(SnapshotError::Missing)
    }
    async fn blame(&self, _: ProjectId, _: &[String], _: &str) -> Result<Blamed, SnapshotError> {
        Err(SnapshotError::Missing)
    }
    async fn sweep(&self, _: AskRoots, _: bool) -> Result<Swept, SnapshotError> {
        Err(SnapshotError::Busy)
    }
}
