//! Puts one thing of a snapshot at a name in an open folder. Every name is the last part of a path, taken within its open
//! folder and never through a link.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Gid, Mode, OFlags, RawMode, Timespec, Timestamps, Uid};
use rustix::io::Errno;

use super::TreeError;
use super::walk::open_dir;
use crate::cas::{Content, Subject};
use crate::temp_file::TempFile;

/// Whom new files are given to: the owner of the root, where we are root and it is somebody else.
#[derive(Clone, Copy)]
pub(super) struct Owner(Option<(Uid, Gid)>);

impl Owner {
    pub(super) fn of(root: BorrowedFd<'_>) -> Result<Self, Errno> {
        let stat = rustix::fs::fstat(root)?;
        let give = rustix::process::geteuid().is_root() && (stat.st_uid, stat.st_gid) != (0, 0);
        Ok(Self(give.then(|| (Uid::from_raw(stat.st_uid), Gid::from_raw(stat.st_gid)))))
    }

    fn give(self, file: impl AsFd) -> Result<(), Errno> {
        match self.0 {
            Some((user, group)) => rustix::fs::fchown(file, Some(user), Some(group)),
            None => Ok(()),
        }
    }
}

/// What a file is to be.
pub(super) struct Regular<'c> {
    pub(super) content: &'c Content,
    pub(super) mode: u32,
    /// Nanoseconds since 1970; the present if none.
    pub(super) mtime: Option<i64>,
}

/// Fills an open, empty file from the store and gives it owner, mode and time.
pub(super) fn fill(subject: &Subject, file: &File, wanted: &Regular<'_>, path: &[u8]) -> Result<(), TreeError> {
    let mut sink: &File = file;
    let copied = wanted.content.copy_to(subject, &mut sink)?.and_then(|()| sink.flush());
    copied.map_err(|error: io::Error| TreeError::at(path, Errno::from_io_error(&error).unwrap_or(Errno::IO)))
}

/// Owner first, because giving a file away takes bits of its mode.
pub(super) fn dress(file: &File, wanted: &Regular<'_>, owner: Owner) -> Result<(), Errno> {
    owner.give(file)?;
    rustix::fs::fchmod(file, Mode::from_raw_mode(wanted.mode & 0o1777))?;
    if let Some(mtime) = wanted.mtime {
        let time = Timespec { tv_sec: mtime.div_euclid(1_000_000_000), tv_nsec: mtime.rem_euclid(1_000_000_000) as _ };
        let now = Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW };
        rustix::fs::futimens(file, &Timestamps { last_access: now, last_modification: time })?;
    }
    Ok(())
}

/// A new file where nothing stands; `EXIST` otherwise.
pub(super) fn create(dir: BorrowedFd<'_>, name: &[u8]) -> Result<File, Errno> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(dir, name, flags, Mode::RUSR | Mode::WUSR).map(File::from)
}

/// A file that takes the place of whatever file or link stands there, durable but for the folder.
pub(super) fn replace(
    subject: &Subject,
    dir: BorrowedFd<'_>,
    wanted: &Regular<'_>,
    owner: Owner,
    path: &[u8],
    take: impl FnOnce(TempFile<'_>) -> Result<bool, Errno>,
) -> Result<bool, TreeError> {
    let failed = |errno| TreeError::at(path, errno);
    let temp = TempFile::create(dir).map_err(failed)?;
    fill(subject, temp.file(), wanted, path)?;
    dress(temp.file(), wanted, owner).map_err(failed)?;
    rustix::fs::fsync(temp.file()).map_err(failed)?;
    take(temp).map_err(failed)
}

/// A link where nothing stands.
pub(super) fn link(dir: BorrowedFd<'_>, name: &[u8], target: &[u8], owner: Owner) -> Result<(), Errno> {
    rustix::fs::symlinkat(target, dir, name)?;
    match owner.0 {
        Some((user, group)) => rustix::fs::chownat(dir, name, Some(user), Some(group), AtFlags::SYMLINK_NOFOLLOW),
        None => Ok(()),
    }
}

/// A folder where nothing stands, open, with all rights for us until [`finish_folder`].
pub(super) fn folder(dir: BorrowedFd<'_>, name: &[u8], owner: Owner) -> Result<OwnedFd, Errno> {
    rustix::fs::mkdirat(dir, name, Mode::RWXU)?;
    let name = std::ffi::CString::new(name).map_err(|_| Errno::INVAL)?;
    let made = open_dir(dir, &name)?;
    owner.give(&made)?;
    Ok(made)
}

pub(super) fn finish_folder(folder: &OwnedFd, mode: u32) -> Result<(), Errno> {
    rustix::fs::fchmod(folder, Mode::from_raw_mode((mode & 0o3777) as RawMode))
}
