//! What can go wrong with a tree.

use rustix::io::Errno;

use crate::cas::{Address, CasError};
use crate::fileops::FileError;
use crate::names::told;

#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum TreeError {
    #[error(transparent)]
    Store(#[from] CasError),
    #[error(transparent)]
    File(#[from] FileError),
    /// An object is sealed and named rightly and still is no folder or snapshot of a form that is known here.
    #[error("object {0} is of a form that this version does not know")]
    Unknown(Address),
    /// Lines were asked for of a file that is no text.
    #[error("the file is no text")]
    NotText,
    /// The folder to lay out into has something in it.
    #[error("the folder is not empty")]
    NotEmpty,
    /// The file system lets nobody, or not us, change this one path; others can be changed.
    #[error("{error}")]
    Refused { why: Refusal, error: FileError },
    #[error("the folder changed again and again while it was looked at; try again when it rests")]
    Restless,
}

/// Why a path could not be changed, where trying again changes nothing until somebody acts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Refusal {
    /// Owner and mode, or a flag like `chattr +i`, forbid it.
    NotPermitted,
    /// What it lies on is mounted read-only.
    ReadOnly,
    /// It is a place where something is mounted, or a program that runs.
    Busy,
    /// Its name or path is longer than the file system takes.
    NameTooLong,
    /// Something that is no folder stands where one is needed.
    NotAFolder,
    /// A symbolic link stands in the way.
    Link,
}

impl Refusal {
    fn of(errno: Errno) -> Option<Self> {
        match errno {
            Errno::PERM | Errno::ACCESS => Some(Self::NotPermitted),
            Errno::ROFS => Some(Self::ReadOnly),
            Errno::BUSY | Errno::TXTBSY => Some(Self::Busy),
            Errno::NAMETOOLONG => Some(Self::NameTooLong),
            Errno::NOTDIR => Some(Self::NotAFolder),
            Errno::LOOP => Some(Self::Link),
            _ => None,
        }
    }
}

impl TreeError {
    /// `path`: raw bytes, relative to the root.
    pub(super) fn at(path: &[u8], errno: Errno) -> Self {
        let error = FileError::from_errno(&told(path), errno);
        match Refusal::of(errno) {
            Some(why) => Self::Refused { why, error },
            None => Self::File(error),
        }
    }
}
