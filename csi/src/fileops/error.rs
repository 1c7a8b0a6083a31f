//! What can go wrong, in words for the one who named the path.

use opensail_proto::fileops::v1::{Fault, FaultKind};
use rustix::io::Errno;

/// A refusal or failure; nothing was changed unless the text says so.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum FileError {
    #[error("{0} does not exist")]
    NotFound(String),
    /// `..`, an absolute path, a link out of the project, a guarded name.
    #[error("{path}: {why}")]
    Forbidden { path: String, why: String },
    #[error("{path}: {why}")]
    Invalid { path: String, why: String },
    /// Sizes in bytes.
    #[error("{path} has {size} bytes; at most {limit} are served")]
    TooLarge { path: String, size: u64, limit: u64 },
    #[error("no room is left on the project's disk")]
    Full,
    #[error("{path}: {why}")]
    Failed { path: String, why: String },
}

impl FileError {
    pub(super) fn forbidden(path: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Forbidden { path: path.into(), why: why.into() }
    }

    pub(super) fn invalid(path: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Invalid { path: path.into(), why: why.into() }
    }

    pub(super) fn failed(path: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Failed { path: path.into(), why: why.into() }
    }

    /// What an answer of the kernel about `path` means.
    pub(crate) fn from_errno(path: &str, errno: Errno) -> Self {
        match errno {
            Errno::NOENT => Self::NotFound(path.into()),
            Errno::XDEV => Self::forbidden(path, "leads out of the project; use a path inside it"),
            Errno::LOOP => Self::forbidden(path, "a symbolic link is in the way that may not be followed"),
            Errno::NOTDIR => Self::invalid(path, "a part of the path is not a folder"),
            Errno::ISDIR => Self::invalid(path, "is a folder"),
            Errno::NAMETOOLONG => Self::invalid(path, "the path is too long for this file system"),
            Errno::NOSPC | Errno::DQUOT => Self::Full,
            Errno::ACCESS | Errno::PERM => Self::failed(path, "permission denied; check owner and mode"),
            Errno::ROFS => Self::failed(path, "the file system is mounted read-only"),
            Errno::NOSYS => Self::failed(path, NO_OPENAT2),
            Errno::AGAIN => Self::failed(path, "folders were moved while the path was resolved; try again"),
            other => Self::failed(path, other.to_string()),
        }
    }
}

/// Said when the kernel or a filter in front of it has no `openat2`.
pub(super) const NO_OPENAT2: &str = "the kernel has no openat2, so paths cannot be kept inside the project; Linux 5.6 or newer is needed, and a container's seccomp filter must allow openat2";

impl From<FileError> for Fault {
    fn from(error: FileError) -> Self {
        let fault = |kind: FaultKind, path, why| Fault { kind: kind.into(), path, why, size: 0, limit: 0 };
        let text = error.to_string();
        match error {
            FileError::NotFound(path) => fault(FaultKind::NotFound, path, text),
            FileError::Forbidden { path, why } => fault(FaultKind::Forbidden, path, why),
            FileError::Invalid { path, why } => fault(FaultKind::Invalid, path, why),
            FileError::TooLarge { path, size, limit } => Fault { size, limit, ..fault(FaultKind::TooLarge, path, text) },
            FileError::Full => fault(FaultKind::Full, String::new(), text),
            FileError::Failed { path, why } => fault(FaultKind::Failed, path, why),
        }
    }
}

impl From<FileError> for tonic::Status {
    fn from(error: FileError) -> Self {
        Fault::from(error).into()
    }
}
