//! The roots themselves: finding the real path of one, and making one.

use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{CWD, Dir, Mode, OFlags};
use rustix::io::Errno;

use super::error::FileError;
use super::root::{Links, Root, open_beneath};
use crate::temp_file::sync_folder;

/// Folders of the kernel that hold no files of anybody.
const KERNEL_FOLDERS: [&str; 3] = ["/proc", "/sys", "/dev"];

/// The absolute, link-free form of a folder that a person named, if it may serve as a root. Who may use which folder is
/// for the caller to decide, on the path that this returns.
pub fn canonical_root(folder: &Path) -> Result<PathBuf, FileError> {
    let shown = folder.to_string_lossy();
    if !folder.is_absolute() {
        return Err(FileError::invalid(shown, "is not absolute; name the folder from `/` on"));
    }
    let real = std::fs::canonicalize(folder)
        .map_err(|error| FileError::from_errno(&shown, Errno::from_io_error(&error).unwrap_or(Errno::INVAL)))?;
    if real.to_str().is_none() {
        return Err(FileError::invalid(shown, "its path is not UTF-8 and cannot be recorded"));
    }
    refuse_system(&real)?;
    let root = Root::open(&real)?;
    root.open_folder(b".", Links::None).map_err(|errno| FileError::from_errno(&shown, errno))?;
    Ok(real)
}

/// Makes an empty folder (0700) for a project that the platform keeps, parents included, durable when it returns. One
/// that is there and empty is fine. Links on the way are refused.
pub fn create_root(folder: &Path) -> Result<(), FileError> {
    let shown = folder.to_string_lossy();
    let failed = |errno| FileError::from_errno(&shown, errno);
    refuse_system(folder)?;
    let mut dir = open_top().map_err(failed)?;
    for name in names_of(folder)? {
        let open = |dir: &OwnedFd| open_beneath(dir.as_fd(), name, OFlags::RDONLY | OFlags::DIRECTORY, Links::None);
        // A folder above may be searchable without being readable.
        let pass = |dir: &OwnedFd| open_beneath(dir.as_fd(), name, OFlags::PATH | OFlags::DIRECTORY, Links::None);
        dir = match open(&dir) {
            Err(Errno::ACCESS) => pass(&dir).map_err(failed)?,
            Err(Errno::NOENT) => {
                match rustix::fs::mkdirat(&dir, name, Mode::RWXU) {
                    Ok(()) => sync_if_readable(&dir).map_err(failed)?,
                    Err(Errno::EXIST) => {}
                    Err(errno) => return Err(failed(errno)),
                }
                open(&dir).map_err(failed)?
            }
            outcome => outcome.map_err(failed)?,
        };
    }
    let mut entries = Dir::read_from(&dir).map_err(failed)?;
    if entries.any(|entry| entry.is_ok_and(|entry| !matches!(entry.file_name().to_bytes(), b"." | b".."))) {
        return Err(FileError::invalid(shown, "is there already and not empty"));
    }
    Ok(())
}

pub(super) fn open_top() -> Result<OwnedFd, Errno> {
    rustix::fs::openat(CWD, "/", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

/// Not every folder above a root may be opened for reading; a change in such a one is as durable as the next sync.
pub(super) fn sync_if_readable(dir: &OwnedFd) -> Result<(), Errno> {
    match sync_folder(dir) {
        Err(Errno::BADF) => Ok(()),
        outcome => outcome,
    }
}

/// The names of an absolute path without `.` and `..`.
pub(super) fn names_of(folder: &Path) -> Result<Vec<&OsStr>, FileError> {
    let mut names = Vec::new();
    for component in folder.components() {
        match component {
            Component::RootDir => {}
            Component::Normal(name) => names.push(name),
            _ => return Err(FileError::invalid(folder.to_string_lossy(), "has `..` in it")),
        }
    }
    Ok(names)
}

/// `/` and the kernel's folders are nobody's project.
pub(super) fn refuse_system(folder: &Path) -> Result<(), FileError> {
    let shown = folder.to_string_lossy();
    if !folder.is_absolute() {
        return Err(FileError::invalid(shown, "is not absolute"));
    }
    if names_of(folder)?.is_empty() {
        return Err(FileError::forbidden(shown, "the root of the machine cannot be a project"));
    }
    if KERNEL_FOLDERS.iter().any(|kernel| folder.starts_with(kernel)) {
        return Err(FileError::forbidden(shown, "belongs to the kernel and cannot be a project"));
    }
    Ok(())
}
