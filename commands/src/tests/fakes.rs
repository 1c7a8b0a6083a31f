//! Ports in memory.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::BoxFuture;
use opensail_eventstore::sqlite::SqliteStore;
use opensail_eventstore::{
    Append, AppendError, Appended, CommandId, Fact, Filter, Head, Journal, Lease, LeaseError, Leases, Page, ReadError, Recorded, StreamId,
};
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::ports::blobs::{BlobError, BlobHash, Blobs};
use crate::ports::clock::{Clock, SystemClock};
use crate::ports::model::{Model, ModelError, ModelErrorKind, ModelRequest, ModelTurn, Price};
use crate::ports::passwords::{PasswordError, PasswordHasher};
use crate::ports::project_files::*;
use crate::ports::snapshots::{
    AskRoots, Blamed, Captured, Choices, Held, Merge, PathChange, PutBack, Sides, SnapshotEntry, SnapshotError, Snapshots, Swept, Total,
    WorkingCopy,
};
use opensail_domain::agent_session::event;
use opensail_domain::kernel::ProjectId;

/// Starts at the present, since the vault drops expired rows by the machine's clock.
pub(super) struct HandClock(AtomicI64);

impl Default for HandClock {
    fn default() -> Self {
        HandClock(AtomicI64::new(SystemClock.now()))
    }
}

impl HandClock {
    pub(super) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

#[derive(Default)]
pub(super) struct Passwords {
    pub(super) verified: AtomicU64,
}

#[async_trait]
impl PasswordHasher for Passwords {
    async fn hash(&self, password: String) -> Result<String, PasswordError> {
        Ok(format!("hash of {password}"))
    }
    async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, PasswordError> {
        self.verified.fetch_add(1, Ordering::SeqCst);
        Ok(hash.is_some_and(|hash| hash == format!("hash of {password}")))
    }
}

pub(super) struct NoBlobs;

#[async_trait]
impl Blobs for NoBlobs {
    async fn put(&self, _: &str, _: Bytes) -> Result<BlobHash, BlobError> {
        Err(BlobError::Full)
    }
    async fn get(&self, _: &str, hash: &BlobHash) -> Result<Bytes, BlobError> {
        Err(BlobError::Missing(hash.0.clone()))
    }
}

pub(super) struct NoModel;

#[async_trait]
impl Model for NoModel {
    async fn turn(&self, _: ModelRequest, _: mpsc::Sender<String>, _: CancellationToken) -> Result<ModelTurn, ModelError> {
        Err(ModelError { kind: ModelErrorKind::NotConfigured, detail: "none".into(), retry_after: None })
    }
    fn price(&self, model: &str) -> Option<Price> {
        (model == "priced").then_some(Price { input: 1, output: 1, cached: 1 })
    }
    fn default_model(&self) -> String {
        "scripted".into()
    }
}

pub(super) type Hook = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;

/// Files by full path.
#[derive(Default)]
pub(super) struct Files {
    pub(super) held: Mutex<HashMap<PathBuf, Bytes>>,
    /// Runs once, after the next look.
    pub(super) after_read: Mutex<Option<Hook>>,
    /// Runs once, after the next change.
    pub(super) after_apply: Mutex<Option<Hook>>,
}

fn hash(bytes: &Bytes) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[async_trait]
impl ProjectFiles for Files {
    async fn read(&self, root: &Path, path: &str) -> Result<Option<FileData>, FileError> {
        let found = {
            let held = self.held.lock().expect("lock");
            held.get(&root.join(path)).map(|bytes| FileData { bytes: bytes.clone(), hash: hash(bytes), mode: 0o644, mtime: 0 })
        };
        let hook = self.after_read.lock().expect("lock").take();
        if let Some(hook) = hook {
            hook().await;
        }
        Ok(found)
    }
    async fn apply(&self, root: &Path, change: FileChange) -> Result<Applied, FileError> {
        {
            let mut held = self.held.lock().expect("lock");
            let path = root.join(&change.path);
            let actual = held.get(&path).map(hash);
            if actual == change.after.as_ref().map(hash) {
                return Ok(Applied::Already);
            }
            if actual != change.before {
                return Ok(Applied::Conflict { actual });
            }
            match change.after {
                Some(bytes) => held.insert(path, bytes),
                None => held.remove(&path),
            };
        }
        let hook = self.after_apply.lock().expect("lock").take();
        if let Some(hook) = hook {
            hook().await;
        }
        Ok(Applied::Done)
    }
    async fn tree(&self, _: &Path, _: &str, _: u32, _: usize, _: bool) -> Result<Tree, FileError> {
        Ok(Tree { entries: vec![], truncated: false })
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
    async fn remove_root(&self, folder: &Path) -> Result<(), FileError> {
        self.held.lock().expect("lock").retain(|path, _| !path.starts_with(folder));
        Ok(())
    }
}

/// A journal whose connection breaks after the next append was written.
pub(super) struct Breaking {
    pub(super) inner: Arc<dyn Journal>,
    pub(super) breaks: AtomicU64,
}

#[async_trait]
impl Journal for Breaking {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let id = append.command_id;
        let outcome = self.inner.append(append).await;
        let breaks = self.breaks.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if breaks.is_ok() { Err(AppendError::Unknown(id)) } else { outcome }
    }
    fn set_back(&self) -> watch::Receiver<Option<String>> {
        self.inner.set_back()
    }
    fn waiting(&self) -> usize {
        self.inner.waiting()
    }
    async fn command(&self, id: CommandId) -> Result<Option<(Appended, Option<[u8; 32]>)>, ReadError> {
        self.inner.command(id).await
    }
    async fn read_stream(&self, stream: &StreamId, after: u64, limit: usize) -> Result<Vec<Recorded>, ReadError> {
        self.inner.read_stream(stream, after, limit).await
    }
    async fn read_facts(&self, stream: &StreamId, after: u64, limit: usize) -> Result<Vec<Fact>, ReadError> {
        self.inner.read_facts(stream, after, limit).await
    }
    async fn stream_version(&self, stream: &StreamId) -> Result<u64, ReadError> {
        self.inner.stream_version(stream).await
    }
    async fn read_all(&self, after: u64, limit: usize, filter: &Filter) -> Result<Page, ReadError> {
        self.inner.read_all(after, limit, filter).await
    }
    async fn read_at(&self, positions: &[u64]) -> Result<Vec<Recorded>, ReadError> {
        self.inner.read_at(positions).await
    }
    async fn position_at(&self, time: i64) -> Result<u64, ReadError> {
        self.inner.position_at(time).await
    }
    async fn head(&self) -> Result<Head, ReadError> {
        self.inner.head().await
    }
    async fn check_epoch(&self, epoch: opensail_eventstore::Epoch) -> Result<(), ReadError> {
        self.inner.check_epoch(epoch).await
    }
    fn watch(&self) -> watch::Receiver<u64> {
        self.inner.watch()
    }
}

/// A store without room, or one that keeps a capture's name and nothing of it.
#[derive(Default)]
pub(super) struct SmallStore {
    pub(super) room: AtomicBool,
    /// It does not answer.
    pub(super) away: AtomicBool,
    /// Working copies that are there.
    pub(super) copies: Mutex<Vec<WorkingCopy>>,
}

#[async_trait]
impl Snapshots for SmallStore {
    async fn capture(&self, _: ProjectId, _: &Path, _: Option<&str>) -> Result<Captured, SnapshotError> {
        if self.away.load(Ordering::SeqCst) {
            return Err(SnapshotError::Unavailable("away".into()));
        }
        if !self.room.load(Ordering::SeqCst) {
            return Err(SnapshotError::Full);
        }
        let tree = event::Tree { snapshot: "e".repeat(64), files: 1, bytes: 1, left_out: 0 };
        Ok(Captured { tree, changed: None, paths: Vec::new(), held: Held::new(()) })
    }
    async fn merge(&self, _: ProjectId, _: &Sides, _: bool, _: &Choices) -> Result<Merge, SnapshotError> {
        Err(SnapshotError::Missing)
    }
    async fn put_back(&self, project: ProjectId, root: &Path, _: &str, _: &str) -> Result<PutBack, SnapshotError> {
        let after = self.capture(project, root, None).await?;
        Ok(PutBack { after, changed: 1, spared: vec!["mine.txt".into()], refused: Vec::new() })
    }
    async fn lay_out(&self, _: ProjectId, _: &str, _: &Path, _: &Path) -> Result<bool, SnapshotError> {
        if self.room.load(Ordering::SeqCst) { Ok(true) } else { Err(SnapshotError::Full) }
    }
    async fn discard(&self, _: &Path) -> Result<(), SnapshotError> {
        Ok(())
    }
    async fn copies(&self, _: &Path) -> Result<Vec<WorkingCopy>, SnapshotError> {
        Ok(self.copies.lock().expect("lock").clone())
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
    async fn left_out(&self, _: ProjectId, _: &str) -> Result<crate::ports::snapshots::LeftOut, SnapshotError> {
        Err(SnapshotError::Missing)
    }
    async fn blame(&self, _: ProjectId, _: &[String], _: &str) -> Result<Blamed, SnapshotError> {
        Err(SnapshotError::Missing)
    }
    async fn sweep(&self, _: AskRoots, _: bool) -> Result<Swept, SnapshotError> {
        Err(SnapshotError::Busy)
    }
}

/// The store's leases.
pub(super) struct Doors {
    pub(super) store: SqliteStore,
    /// Runs once, before the next lease is taken.
    pub(super) before_acquire: Mutex<Option<Hook>>,
}

#[async_trait]
impl Leases for Doors {
    async fn acquire(&self, resource: &str, holder: &str, ttl: Duration) -> Result<Lease, LeaseError> {
        let hook = self.before_acquire.lock().expect("lock").take();
        if let Some(hook) = hook {
            hook().await;
        }
        self.store.acquire(resource, holder, ttl).await
    }
    async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<Lease, LeaseError> {
        self.store.renew(lease, ttl).await
    }
    async fn release(&self, lease: &Lease) -> Result<(), LeaseError> {
        self.store.release(lease).await
    }
    async fn void_others(&self, holder: &str) -> Result<(), LeaseError> {
        Leases::void_others(&self.store, holder).await
    }
}
