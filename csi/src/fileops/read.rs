//! Reads one file whole.

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd};

use bytes::Bytes;
use rustix::fs::{FileType, OFlags, Stat};
use rustix::io::Errno;
use sha2::{Digest, Sha256};

use super::MAX_FILE_BYTES;
use super::error::FileError;
use super::path::ProjectPath;
use super::root::{Links, Root, open_beneath};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileContent {
    pub bytes: Bytes,
    /// Lower-case hex SHA-256 of the bytes.
    pub hash: String,
    /// Permission bits, e.g. 0o644.
    pub mode: u32,
    /// Microseconds since 1970.
    pub mtime: i64,
}

/// The file at `path`, links beneath the root followed; `None` when there is none (also when a link leads nowhere or a
/// part of the path is a file).
pub fn read(root: &Root, path: &str) -> Result<Option<FileContent>, FileError> {
    let path = ProjectPath::file(path)?;
    let (file, stat) = match open_regular(root.as_fd(), path.raw(), Links::Beneath) {
        Ok(Regular::Open(file, stat)) => (file, stat),
        Ok(Regular::Not(kind)) => return Err(not_a_file(path.as_str(), kind)),
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
        Err(errno) => return Err(FileError::from_errno(path.as_str(), errno)),
    };
    let bytes = slurp(path.as_str(), &file, &stat)?;
    Ok(Some(FileContent { hash: hash_of(&bytes), bytes: bytes.into(), mode: stat.st_mode & 0o777, mtime: mtime_of(&stat) }))
}

/// What stood at a path that was to be a regular file.
pub(super) enum Regular {
    Open(File, Stat),
    Not(FileType),
}

/// Opens a regular file for reading. Anything else is looked at through an `O_PATH` handle only, which opens nothing,
/// so a pipe does not hang and a device does not move; if it is swapped for one just then, `O_NONBLOCK` keeps us going.
pub(super) fn open_regular(dir: BorrowedFd<'_>, path: impl rustix::path::Arg + Copy, links: Links) -> Result<Regular, Errno> {
    // `O_PATH` with `O_NOFOLLOW` would open a link itself, and a walk wants to hear that it is one.
    let nofollow = if links == Links::None { OFlags::NOFOLLOW } else { OFlags::empty() };
    let handle = open_beneath(dir, path, OFlags::PATH | nofollow, links)?;
    let kind = FileType::from_raw_mode(rustix::fs::fstat(&handle)?.st_mode);
    if kind != FileType::RegularFile {
        return Ok(Regular::Not(kind));
    }
    let file = File::from(open_beneath(dir, path, OFlags::RDONLY | OFlags::NONBLOCK | nofollow, links)?);
    let stat = rustix::fs::fstat(&file)?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Ok(Regular::Open(file, stat)),
        other => Ok(Regular::Not(other)),
    }
}

/// All bytes of a file; refuses more than [`MAX_FILE_BYTES`], also when it grows meanwhile.
pub(super) fn slurp(path: &str, file: &File, stat: &Stat) -> Result<Vec<u8>, FileError> {
    let size = u64::try_from(stat.st_size).unwrap_or_default();
    let too_large = |size| FileError::TooLarge { path: path.into(), size, limit: MAX_FILE_BYTES };
    if size > MAX_FILE_BYTES {
        return Err(too_large(size));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    file.take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| FileError::from_errno(path, Errno::from_io_error(&error).unwrap_or(Errno::IO)))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(too_large(bytes.len() as u64));
    }
    Ok(bytes)
}

pub(super) fn not_a_file(path: &str, kind: FileType) -> FileError {
    FileError::invalid(
        path,
        match kind {
            FileType::Directory => "is a folder, not a file",
            FileType::Symlink => "is a symbolic link",
            _ => "is a device, pipe or socket; such things are never opened",
        },
    )
}

/// Lower-case hex SHA-256.
pub(super) fn hash_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Microseconds since 1970.
pub(super) fn mtime_of(stat: &Stat) -> i64 {
    let nanos = i64::try_from(stat.st_mtime_nsec).unwrap_or_default();
    stat.st_mtime.saturating_mul(1_000_000).saturating_add(nanos / 1_000)
}
