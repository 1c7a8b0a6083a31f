//! The generated service trait over the operations: off the async threads, and stopped when the asker goes away.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use opensail_proto::fileops::v1 as wire;
use opensail_proto::fileops::v1::file_ops_server::FileOps;
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status};

use super::cancel::Cancel;
use super::error::FileError;
use super::root::Root;
use super::{Applied, Change, GlobQuery, GrepQuery, Kind, TreeQuery};

/// Walks (tree, glob, grep, removal of a root) that run at once; further ones wait.
const MAX_WALKS: usize = 4;

/// Serves the files of any root that a request names; who may name which is decided before, by the caller.
#[derive(Clone, Debug)]
pub struct FileOpsService {
    walks: Arc<Semaphore>,
}

impl Default for FileOpsService {
    fn default() -> Self {
        Self::new()
    }
}

impl FileOpsService {
    pub fn new() -> Self {
        Self { walks: Arc::new(Semaphore::new(MAX_WALKS)) }
    }

    /// Runs a walk on a blocking thread, a few at a time; it stops soon after the returned future is dropped.
    async fn walk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Cancel) -> Result<T, FileError> + Send + 'static,
    ) -> Result<Response<T>, Status> {
        let cancel = Cancel::default();
        let _stop = cancel.on_drop();
        let permit = Arc::clone(&self.walks).acquire_owned().await.map_err(|_| Status::unavailable("shutting down"))?;
        blocking(move || {
            let _permit = permit;
            work(&cancel)
        })
        .await
    }
}

/// Runs on a blocking thread, to its end even when nobody waits for it any more.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, FileError> + Send + 'static) -> Result<Response<T>, Status> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome.map(Response::new).map_err(Status::from),
        Err(error) => {
            tracing::error!(%error, "a file operation died");
            Err(FileError::failed("", "the file operation died; the log of the server says why").into())
        }
    }
}

fn folder(bytes: &Bytes) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

fn count(wanted: u64) -> usize {
    usize::try_from(wanted).unwrap_or(usize::MAX)
}

#[async_trait]
impl FileOps for FileOpsService {
    async fn read_file(&self, request: Request<wire::ReadFileRequest>) -> Result<Response<wire::ReadFileResponse>, Status> {
        let request = request.into_inner();
        blocking(move || {
            let found = super::read(&Root::open(folder(&request.root))?, &request.path)?;
            let file = found.map(|file| wire::FileData { content: file.bytes, hash: file.hash, mode: file.mode, mtime: file.mtime });
            Ok(wire::ReadFileResponse { file })
        })
        .await
    }

    async fn apply_change(&self, request: Request<wire::ApplyChangeRequest>) -> Result<Response<wire::ApplyChangeResponse>, Status> {
        let request = request.into_inner();
        blocking(move || {
            let root = Root::open(folder(&request.root))?;
            let change = Change {
                path: request.path,
                before: request.before,
                after: request.after,
                mode: request.mode,
                allow_git: request.allow_git,
            };
            let (outcome, actual) = match super::apply(&root, &change)? {
                Applied::Done => (wire::Outcome::Done, None),
                Applied::Already => (wire::Outcome::Already, None),
                Applied::Conflict { actual } => (wire::Outcome::Conflict, actual),
            };
            Ok(wire::ApplyChangeResponse { outcome: outcome.into(), actual })
        })
        .await
    }

    async fn list_tree(&self, request: Request<wire::ListTreeRequest>) -> Result<Response<wire::ListTreeResponse>, Status> {
        let request = request.into_inner();
        self.walk(move |cancel| {
            let root = Root::open(folder(&request.root))?;
            let query = TreeQuery { path: request.path, depth: request.depth, limit: count(request.limit), hidden: request.hidden };
            let tree = super::tree(&root, &query, cancel)?;
            let entries = tree.items.into_iter().map(|item| wire::TreeEntry {
                path: item.path,
                kind: wire::EntryKind::from(item.kind).into(),
                size: item.size,
                mtime: item.mtime,
                link_target: item.link_target,
            });
            Ok(wire::ListTreeResponse { entries: entries.collect(), truncated: tree.truncated })
        })
        .await
    }

    async fn glob(&self, request: Request<wire::GlobRequest>) -> Result<Response<wire::GlobResponse>, Status> {
        let request = request.into_inner();
        self.walk(move |cancel| {
            let root = Root::open(folder(&request.root))?;
            let query = GlobQuery { path: request.path, pattern: request.pattern, limit: count(request.limit), hidden: request.hidden };
            let found = super::glob(&root, &query, cancel)?;
            Ok(wire::GlobResponse { paths: found.paths, truncated: found.truncated })
        })
        .await
    }

    async fn grep(&self, request: Request<wire::GrepRequest>) -> Result<Response<wire::GrepResponse>, Status> {
        let request = request.into_inner();
        self.walk(move |cancel| {
            let root = Root::open(folder(&request.root))?;
            let query = GrepQuery {
                pattern: request.pattern,
                path: request.path,
                glob: request.glob,
                ignore_case: request.ignore_case,
                multiline: request.multiline,
                before: count(request.before),
                after: count(request.after),
                limit: count(request.limit),
            };
            let found = super::grep(&root, &query, cancel)?;
            let lines = found.lines.into_iter().map(|line| wire::GrepLine {
                path: line.path,
                number: line.number,
                text: line.text,
                matched: line.matched,
            });
            Ok(wire::GrepResponse { lines: lines.collect(), truncated: found.truncated })
        })
        .await
    }

    async fn canonical_root(&self, request: Request<wire::CanonicalRootRequest>) -> Result<Response<wire::CanonicalRootResponse>, Status> {
        let request = request.into_inner();
        blocking(move || {
            let root = super::canonical_root(folder(&request.folder))?;
            Ok(wire::CanonicalRootResponse { root: Bytes::from(root.into_os_string().into_encoded_bytes()) })
        })
        .await
    }

    async fn create_root(&self, request: Request<wire::CreateRootRequest>) -> Result<Response<wire::CreateRootResponse>, Status> {
        let request = request.into_inner();
        blocking(move || super::create_root(folder(&request.folder)).map(|()| wire::CreateRootResponse {})).await
    }

    async fn remove_root(&self, request: Request<wire::RemoveRootRequest>) -> Result<Response<wire::RemoveRootResponse>, Status> {
        let request = request.into_inner();
        self.walk(move |_| super::remove_root(folder(&request.folder)).map(|()| wire::RemoveRootResponse {})).await
    }
}

impl From<Kind> for wire::EntryKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::File => Self::File,
            Kind::Folder => Self::Folder,
            Kind::Link => Self::Link,
            Kind::Other => Self::Other,
        }
    }
}
