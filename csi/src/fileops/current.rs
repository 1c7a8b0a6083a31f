//! What stands at a path right now, and whether it still does a moment later.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, FileType, Stat};
use rustix::io::Errno;

use super::error::FileError;
use super::path::ProjectPath;
use super::read::{Regular, hash_of, not_a_file, open_regular, slurp};
use super::root::Links;

/// Longest link target in bytes.
const MAX_TARGET_BYTES: usize = 4096;

pub(super) enum Current {
    Absent,
    File {
        hash: String,
        stat: Stat,
        file: File,
    },
    /// The hash is that of the target's text; nobody looks where it leads.
    Link {
        hash: String,
        stat: Stat,
    },
}

impl Current {
    /// Looks at `path`, whose folder is `dir`. `None` if it changed while it was looked at. Folders and special files
    /// are `Invalid`.
    pub(super) fn look(dir: &OwnedFd, path: &ProjectPath) -> Result<Option<Self>, FileError> {
        let failed = |errno| FileError::from_errno(path.as_str(), errno);
        let stat = match stat_of(dir.as_fd(), path.name()) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => return Ok(Some(Self::Absent)),
            Err(errno) => return Err(failed(errno)),
        };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => {}
            FileType::Symlink => {
                return match rustix::fs::readlinkat(dir, path.name(), Vec::with_capacity(MAX_TARGET_BYTES)) {
                    Ok(target) => Ok(Some(Self::Link { hash: hash_of(target.as_bytes()), stat })),
                    Err(Errno::NOENT | Errno::INVAL) => Ok(None),
                    Err(errno) => Err(failed(errno)),
                };
            }
            other => return Err(not_a_file(path.as_str(), other)),
        }
        match open_regular(dir.as_fd(), path.name(), Links::None) {
            Ok(Regular::Open(file, opened)) if same(&stat, &opened) => {
                let bytes = slurp(path.as_str(), &file, &opened)?;
                Ok(Some(Self::File { hash: hash_of(&bytes), stat: opened, file }))
            }
            Ok(_) | Err(Errno::NOENT | Errno::LOOP) => Ok(None),
            Err(errno) => Err(failed(errno)),
        }
    }

    pub(super) fn hash(&self) -> Option<&str> {
        match self {
            Self::Absent => None,
            Self::File { hash, .. } | Self::Link { hash, .. } => Some(hash),
        }
    }

    /// Waits until the file's content is on the disk.
    pub(super) fn sync(&self) -> Result<(), Errno> {
        match self {
            Self::File { file, .. } => rustix::fs::fsync(file),
            Self::Absent | Self::Link { .. } => Ok(()),
        }
    }

    /// Whether the name still bears the same inode, unwritten since. Another program can slip in after this and before
    /// the rename; the moment is as short as can be made.
    pub(super) fn still_stands(&self, dir: &OwnedFd, path: &ProjectPath) -> bool {
        match (self, stat_of(dir.as_fd(), path.name())) {
            (Self::Absent, Err(Errno::NOENT)) => true,
            (Self::File { stat, .. } | Self::Link { stat, .. }, Ok(now)) => same(stat, &now),
            _ => false,
        }
    }
}

fn stat_of(dir: BorrowedFd<'_>, name: &[u8]) -> Result<Stat, Errno> {
    rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW)
}

fn same(a: &Stat, b: &Stat) -> bool {
    let key = |s: &Stat| (s.st_dev, s.st_ino, s.st_size, s.st_mtime, s.st_mtime_nsec, s.st_ctime, s.st_ctime_nsec, s.st_mode);
    key(a) == key(b)
}
