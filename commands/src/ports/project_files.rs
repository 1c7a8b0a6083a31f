//! The files of a project, beneath its root and never outside it.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// Lower-case hex SHA-256 of a file's bytes (or of a link's target); also its ETag.
pub type FileHash = String;

/// Largest file that is read or written through this port, in bytes (25 MiB, as the contract says for PUT).
pub const MAX_FILE_BYTES: usize = 25 * 1024 * 1024;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileData {
    pub bytes: Bytes,
    pub hash: FileHash,
    /// Permission bits, e.g. 0o644.
    pub mode: u32,
    /// Microseconds since 1970.
    pub mtime: i64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    File,
    Folder,
    Link,
    /// Devices, sockets, pipes: shown, never opened.
    Other,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TreeEntry {
    pub path: String,
    pub kind: EntryKind,
    pub size: u64,
    /// Microseconds since 1970.
    pub mtime: i64,
    pub link_target: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tree {
    pub entries: Vec<TreeEntry>,
    /// More entries lay there than the limit allowed.
    pub truncated: bool,
}

/// One exact change of one path; applying it twice is harmless.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileChange {
    pub path: String,
    /// Hash the file has before; `None`: it must not exist.
    pub before: Option<FileHash>,
    /// Content after; `None`: it is deleted.
    pub after: Option<Bytes>,
    /// Permission bits of a new content; `None` keeps the old ones (0644 for a new file).
    pub mode: Option<u32>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Applied {
    Done,
    /// The file already stood as the change would leave it.
    Already,
    /// The file is neither as before nor as after; nothing was changed.
    Conflict {
        actual: Option<FileHash>,
    },
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GrepQuery {
    pub pattern: String,
    /// File or folder to look in; empty: the whole project.
    pub path: String,
    /// Only files whose path matches this glob.
    pub glob: Option<String>,
    pub ignore_case: bool,
    pub multiline: bool,
    pub before: usize,
    pub after: usize,
    /// At most this many lines, counted over all files.
    pub limit: usize,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GrepLine {
    pub path: String,
    pub number: u64,
    pub text: String,
    /// False for a line of context.
    pub matched: bool,
}

#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum FileError {
    #[error("{0} does not exist")]
    NotFound(String),
    /// `..`, an absolute path, a link out of the project, a bad name.
    #[error("{path}: {why}")]
    Forbidden { path: String, why: String },
    #[error("{path}: {why}")]
    Invalid { path: String, why: String },
    #[error("{path} has {size} bytes; at most {limit} are served")]
    TooLarge { path: String, size: u64, limit: u64 },
    #[error("no room is left on the project's disk")]
    Full,
    #[error("{path}: {why}")]
    Failed { path: String, why: String },
}

#[async_trait]
pub trait ProjectFiles: Send + Sync + 'static {
    /// `None` when there is no such file. Folders and special files are `Invalid`.
    async fn read(&self, root: &Path, path: &str) -> Result<Option<FileData>, FileError>;
    /// Compare-and-set of one path: atomic for every reader, durable when it returns, parents made as needed.
    async fn apply(&self, root: &Path, change: FileChange) -> Result<Applied, FileError>;
    async fn tree(&self, root: &Path, path: &str, depth: u32, limit: usize, hidden: bool) -> Result<Tree, FileError>;
    /// Paths that match a glob, newest first, `.gitignore` respected; true when there were more than `limit`.
    async fn glob(&self, root: &Path, path: &str, pattern: &str, limit: usize, hidden: bool) -> Result<(Vec<String>, bool), FileError>;
    async fn grep(&self, root: &Path, query: GrepQuery) -> Result<(Vec<GrepLine>, bool), FileError>;
    /// An absolute, link-free form of a folder that a person named, if it may serve as a project root.
    async fn canonical_root(&self, folder: &Path) -> Result<PathBuf, FileError>;
    /// Makes an empty folder for a project the platform keeps, parents included.
    async fn create_root(&self, folder: &Path) -> Result<(), FileError>;
    /// Removes a folder the platform keeps, never following a link.
    async fn remove_root(&self, folder: &Path) -> Result<(), FileError>;
}
