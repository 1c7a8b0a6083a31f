//! What can go wrong with a tree.

use rustix::io::Errno;

use crate::cas::{Address, CasError};
use crate::fileops::FileError;

#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum TreeError {
    #[error(transparent)]
    Store(#[from] CasError),
    #[error(transparent)]
    File(#[from] FileError),
    /// An object is sealed and named rightly and still is no folder or snapshot of a form that is known here.
    #[error("object {0} is of a form that this version does not know")]
    Unknown(Address),
    /// The folder to lay out into has something in it.
    #[error("the folder is not empty")]
    NotEmpty,
    #[error("the folder changed again and again while it was looked at; try again when it rests")]
    Restless,
}

impl TreeError {
    /// `path`: raw bytes, relative to the root.
    pub(super) fn at(path: &[u8], errno: Errno) -> Self {
        Self::File(FileError::from_errno(&String::from_utf8_lossy(path), errno))
    }
}
