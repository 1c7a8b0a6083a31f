//! Snapshots of working copies: taken, compared, merged, laid out, put back and swept. They belong to a project and are sealed under its key.
//!
//! What is returned with a [`Held`] names objects that no event names yet: whoever has it keeps it until the event is durable, so that no
//! sweep removes them in between.
//!
//! Paths and the targets of links are text: bytes that are no UTF-8 stand in it as `\xff`, and backslashes that would be taken for the beginning
//! of such a byte are doubled. Paths are asked for in the same way.

use std::any::Any;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::BoxFuture;
use opensail_domain::agent_session::event::{Refused, Tree};
use opensail_domain::kernel::ProjectId;

/// Paths of a change that are told one by one.
pub const MAX_TOLD_PATHS: usize = 100;
/// Largest file that is compared or shown from a snapshot, in bytes (25 MiB, as for files of projects).
pub const MAX_SNAPSHOT_FILE_BYTES: u64 = 25 * 1024 * 1024;

/// Keeps sweeps away until it is dropped.
pub struct Held(#[expect(dead_code, reason = "it works by being dropped")] Box<dyn Any + Send + Sync>);

impl Held {
    pub fn new(lock: impl Any + Send + Sync) -> Self {
        Self(Box::new(lock))
    }
}

pub struct Captured {
    pub tree: Tree,
    /// Paths that differ from the snapshot that was named as the one before.
    pub changed: Option<u64>,
    /// The first [`MAX_TOLD_PATHS`] of them.
    pub paths: Vec<String>,
    pub held: Held,
}

/// The three sides of a merge.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sides {
    pub base: String,
    /// What is there.
    pub ours: String,
    /// What comes.
    pub theirs: String,
}

/// What becomes of a conflict.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
    /// What is there stays.
    Keep,
    /// What comes is taken.
    Take,
    /// Both, between markers; of texts alone.
    Marked,
    /// Neither: nothing stands there.
    Neither,
}

/// What was decided of conflicts: per path, else for all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Choices {
    pub paths: BTreeMap<String, Choice>,
    pub rest: Option<Choice>,
}

/// A path that both sides changed, each in its own way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileConflict {
    pub path: String,
    /// Whether something stands there, and there in what comes.
    pub ours: bool,
    pub theirs: bool,
    /// Of a text file, both sides between markers.
    pub marked: Option<String>,
}

pub struct Merge {
    pub snapshot: String,
    pub conflicts: Vec<FileConflict>,
    /// Paths of conflicts that a choice decided.
    pub decided: Vec<String>,
    pub held: Held,
}

/// Files were changed to a goal.
pub struct PutBack {
    /// What is there now.
    pub after: Captured,
    pub changed: u64,
    /// Left as they are: changed by somebody meanwhile, left out of snapshots, or refused.
    pub spared: Vec<String>,
    /// Those that the file system did not let us change.
    pub refused: Vec<Refused>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChangeKind {
    Added,
    Removed,
    Modified,
    Mode,
    Type,
    Renamed,
}

/// One side of a changed path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Item {
    File { mode: u32, size: u64 },
    Link { target: String },
    Folder { mode: u32 },
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PathChange {
    pub path: String,
    pub kind: ChangeKind,
    /// The old path of a file that was renamed.
    pub from: Option<String>,
    pub before: Option<Item>,
    pub after: Option<Item>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SnapshotEntry {
    pub path: String,
    pub item: Item,
    /// Microseconds since 1970; 0 for what has no time in a snapshot.
    pub mtime: i64,
}

/// Paths that are told of what a snapshot left out.
pub const MAX_TOLD_LEFT_OUT: usize = 100;

/// Why something is not in a snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhyLeftOut {
    /// A folder of a name that caches have (`node_modules`, `target` …).
    Cache,
    /// A folder that `.gitignore` names.
    Ignored,
    TooLarge,
    /// A socket, pipe or device.
    Special,
    /// Something else is mounted there.
    Mount,
    /// The server may not read it.
    Unreadable,
    TooDeep,
    /// It came and went while it was looked at.
    Unsteady,
}

/// What a snapshot left out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LeftOut {
    /// The first [`MAX_TOLD_LEFT_OUT`].
    pub paths: Vec<(String, WhyLeftOut)>,
    pub total: u64,
}

/// Whose the lines of a path are, or why it has none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Blamed {
    Lines(Vec<BlamedLine>),
    /// Neither a file nor anything else stands there.
    Nothing,
    Link,
    Folder,
}

/// A line, and the index of the snapshot in which it came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BlamedLine {
    pub text: String,
    pub snapshot: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Total {
    pub objects: u64,
    pub bytes: u64,
}

/// What a sweep found and did, or would do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Swept {
    pub live: Total,
    /// Named by nothing, but too young to go.
    pub young: Total,
    /// Named by nothing, in packs that are mostly live.
    pub later: Total,
    pub removed: Total,
    /// Live, and written into new packs.
    pub moved: Total,
    pub unreadable: Total,
    /// Named by an event, or by a snapshot that one names, and not stored.
    pub missing: u64,
}

/// A working copy that the platform made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WorkingCopy {
    /// Name of its folder; of one that is half made, what it was to be called.
    pub name: String,
    pub root: PathBuf,
}

/// What must stay.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Roots {
    /// Snapshots with everything in them.
    pub snapshots: Vec<(ProjectId, String)>,
    /// Names of blobs.
    pub blobs: Vec<String>,
    /// What could be the name of a blob: kept where it is one, and no loss where it is not.
    pub perhaps: Vec<String>,
}

/// Asks for the roots; called twice in a sweep.
pub type AskRoots = Arc<dyn Fn() -> BoxFuture<'static, Result<Roots, String>> + Send + Sync>;

#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum SnapshotError {
    #[error("the snapshot is not kept any more")]
    Missing,
    /// The project's key was destroyed.
    #[error("the snapshot was forgotten")]
    Forgotten,
    #[error("the snapshot is damaged: {0}")]
    Damaged(String),
    #[error("no room is left in the store")]
    Full,
    #[error("the store is being written to; try again later")]
    Busy,
    #[error("{size} bytes are too large; at most {limit} are served")]
    TooLarge { size: u64, limit: u64 },
    /// Lines were asked for of what has none.
    #[error("the file is no text: it has bytes of zero near its beginning")]
    NotText,
    #[error("{0}")]
    Files(String),
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
}

#[async_trait]
pub trait Snapshots: Send + Sync + 'static {
    /// Records what is in a folder. `before`: the snapshot that changes are told against.
    async fn capture(&self, project: ProjectId, root: &Path, before: Option<&str>) -> Result<Captured, SnapshotError>;
    /// Three-way merge; `lines`: texts that both changed are merged by line.
    async fn merge(&self, project: ProjectId, sides: &Sides, lines: bool, choices: &Choices) -> Result<Merge, SnapshotError>;
    /// Changes a folder that was as `before` says to be as `goal` says; what somebody changed meanwhile stays. Repeating it after a crash goes on.
    /// A path that the file system refuses to change is told and keeps no other from it.
    async fn put_back(&self, project: ProjectId, root: &Path, before: &str, goal: &str) -> Result<PutBack, SnapshotError>;
    /// Makes `into` a working copy, whole or not at all; true if it was not there. `near`: a folder whose blocks may be shared.
    async fn lay_out(&self, project: ProjectId, snapshot: &str, near: &Path, into: &Path) -> Result<bool, SnapshotError>;
    /// Removes a working copy that the platform made.
    async fn discard(&self, root: &Path) -> Result<(), SnapshotError>;
    /// The working copies in a folder, also those that a crash left half made; none where the folder is not there.
    async fn copies(&self, beneath: &Path) -> Result<Vec<WorkingCopy>, SnapshotError>;
    /// Files beneath a folder and their bytes; what shares its blocks with others is counted whole.
    async fn copy_size(&self, root: &Path) -> Result<Total, SnapshotError>;
    async fn changes(&self, project: ProjectId, before: &str, after: &str) -> Result<Vec<PathChange>, SnapshotError>;
    /// The bytes of a regular file; `None` if none stands there. Links are not followed.
    async fn read(&self, project: ProjectId, snapshot: &str, path: &str, limit: u64) -> Result<Option<Bytes>, SnapshotError>;
    /// Entries beneath a folder, `depth` levels deep, and whether there were more than `limit`; `None` if no folder stands there.
    async fn tree(
        &self,
        project: ProjectId,
        snapshot: &str,
        path: &str,
        depth: u32,
        limit: usize,
    ) -> Result<Option<(Vec<SnapshotEntry>, bool)>, SnapshotError>;
    /// What is not in a snapshot, and why.
    async fn left_out(&self, project: ProjectId, snapshot: &str) -> Result<LeftOut, SnapshotError>;
    /// Who wrote each line of a text in the last of the snapshots (oldest first).
    async fn blame(&self, project: ProjectId, snapshots: &[String], path: &str) -> Result<Blamed, SnapshotError>;
    /// Removes what no root reaches and what is not young; only says so when `dry_run`.
    async fn sweep(&self, roots: AskRoots, dry_run: bool) -> Result<Swept, SnapshotError>;
}
