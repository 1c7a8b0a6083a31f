//! Puts one thing of a snapshot at a name in an open folder. Every name is the last part of a path, taken within its open
//! folder and never through a link.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;

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

/// Fills an open, empty file from the store, with holes where it has zeros, and gives it owner, mode and time.
pub(super) fn fill(subject: &Subject, file: &File, wanted: &Regular<'_>, path: &[u8]) -> Result<(), TreeError> {
    let mut sink = Sparse { file, at: 0, end: 0 };
    let copied = wanted.content.copy_to(subject, &mut sink)?.and_then(|()| sink.finish());
    copied.map_err(|error: io::Error| TreeError::at(path, Errno::from_io_error(&error).unwrap_or(Errno::IO)))
}

/// Blocks of zeros of this many bytes are left out: what file systems give at once.
const BLOCK: usize = 4096;
static ZEROS: [u8; BLOCK] = [0; BLOCK];

/// Writes one after the other into an empty file and leaves out blocks of zeros: there it has holes, which read as zeros.
struct Sparse<'f> {
    file: &'f File,
    at: u64,
    /// Where what was written ends.
    end: u64,
}

impl Sparse<'_> {
    fn put(&mut self, bytes: &[u8], at: u64) -> io::Result<()> {
        if !bytes.is_empty() {
            self.file.write_all_at(bytes, at)?;
            self.end = at + bytes.len() as u64;
        }
        Ok(())
    }

    /// Gives the file its size where it ends in a hole.
    fn finish(self) -> io::Result<()> {
        if self.end < self.at { self.file.set_len(self.at) } else { Ok(()) }
    }
}

impl Write for Sparse<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let begin = self.at;
        let (mut from, mut here) = (0, 0);
        while here < bytes.len() {
            let into = usize::try_from((begin + here as u64) % BLOCK as u64).unwrap_or_default();
            let next = bytes.len().min(here + BLOCK - into);
            // Nothing was there before, so zeros need not be written whatever lies beside them in their block.
            if bytes[here..next] == ZEROS[..next - here] {
                self.put(&bytes[from..here], begin + from as u64)?;
                from = next;
            }
            here = next;
        }
        self.put(&bytes[from..], begin + from as u64)?;
        self.at = begin + bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use proptest::prelude::*;

    use super::*;

    /// Pieces of zeros and of other bytes, some as long as blocks.
    fn pieces() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let lengths = prop_oneof![0..20_usize, Just(BLOCK), BLOCK - 2..BLOCK + 2, Just(3 * BLOCK + 1)];
        proptest::collection::vec((lengths, any::<bool>()).prop_map(|(length, zeros)| vec![u8::from(!zeros); length]), 0..8)
    }

    proptest! {
        #[test]
        fn a_file_with_holes_reads_as_what_was_written(pieces in pieces()) {
            let file = tempfile::tempfile().expect("a file");
            let mut sparse = Sparse { file: &file, at: 0, end: 0 };
            for piece in &pieces {
                sparse.write_all(piece).expect("written");
            }
            sparse.finish().expect("its size");
            let (mut read, whole) = (vec![0; pieces.concat().len()], pieces.concat());
            prop_assert_eq!(file.metadata().expect("metadata").size(), whole.len() as u64);
            file.read_exact_at(&mut read, 0).expect("read");
            prop_assert_eq!(read, whole);
        }
    }
}
