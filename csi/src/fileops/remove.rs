//! Removes a root with all that is in it, however deep, without recursion and without following a link.
//!
//! Nesting has no bound (a program can make folders deeper than any path may be long), so the tree is made flat while
//! it is removed: a folder's own folders are moved up to the root under passing names, and then it is empty. Two open
//! folders are enough for any depth, and after a crash the next call goes on where this one stopped.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::error::FileError;
use super::folders::{names_of, open_top, refuse_system, sync_if_readable};
use super::root::{Links, open_beneath, same_mount};

/// Removes a folder that the platform keeps. One that is gone is fine; a link, or a link on the way, is refused; a
/// mount inside stops it. A subvolume of btrfs may be removed like this too, by whoever may empty it.
pub fn remove_root(folder: &Path) -> Result<(), FileError> {
    let shown = folder.to_string_lossy();
    let failed = |errno| match errno {
        Errno::XDEV | Errno::BUSY => FileError::failed(&*shown, "another file system is mounted in it; unmount it first"),
        errno => FileError::from_errno(&shown, errno),
    };
    refuse_system(folder)?;
    let names = names_of(folder)?;
    let Some((name, above)) = names.split_last() else { return Ok(()) };
    let mut parent = open_top().map_err(failed)?;
    for step in above {
        parent = match open_beneath(parent.as_fd(), *step, OFlags::RDONLY | OFlags::DIRECTORY, Links::None) {
            Ok(dir) => dir,
            Err(Errno::ACCESS) => open_beneath(parent.as_fd(), *step, OFlags::PATH | OFlags::DIRECTORY, Links::None).map_err(failed)?,
            Err(Errno::NOENT) => return Ok(()),
            Err(errno) => return Err(failed(errno)),
        };
    }
    let name = CString::new(name.as_encoded_bytes()).map_err(|_| FileError::invalid(&*shown, "has a NUL in it"))?;
    let root = match open_writable(&parent, &name, true) {
        Ok(root) => root,
        Err(Errno::NOENT) => return Ok(()),
        Err(Errno::LOOP | Errno::NOTDIR) => return Err(FileError::forbidden(&*shown, "is not a folder")),
        Err(errno) => return Err(failed(errno)),
    };
    empty(&root).map_err(failed)?;
    match rustix::fs::unlinkat(&parent, name.as_c_str(), AtFlags::REMOVEDIR) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(Errno::NOTEMPTY) => return Err(FileError::failed(&*shown, "something still writes into it; stop that and try again")),
        Err(errno) => return Err(failed(errno)),
    }
    sync_if_readable(&parent).map_err(failed)
}

/// Empties a root. Every round removes the folders that lie directly in it; what lay in them comes up for the next.
fn empty(root: &OwnedFd) -> Result<(), Errno> {
    let mut moved = 0_u64;
    loop {
        let folders = clear(root, |_| Ok(()))?;
        if folders.is_empty() {
            return Ok(());
        }
        for name in folders {
            let dir = match open_writable(root, &name, false) {
                Ok(dir) => dir,
                Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => continue,
                Err(errno) => return Err(errno),
            };
            clear(&dir, |inner| {
                // A folder that may not be written cannot change its parent.
                drop(open_writable(&dir, inner, false)?);
                moved += 1;
                let up = format!(".opensail-removed-{:016x}-{moved}", rand::random::<u64>());
                rustix::fs::renameat(&dir, inner, root, up.as_str())
            })?;
            match rustix::fs::unlinkat(root, name.as_c_str(), AtFlags::REMOVEDIR) {
                Ok(()) | Err(Errno::NOENT | Errno::NOTEMPTY) => {}
                Err(errno) => return Err(errno),
            }
        }
    }
}

/// Unlinks all that is not a folder and hands each folder to `with_folder`; returns their names.
fn clear(dir: &OwnedFd, mut with_folder: impl FnMut(&CStr) -> Result<(), Errno>) -> Result<Vec<CString>, Errno> {
    let mut names = Vec::new();
    for entry in Dir::read_from(dir)? {
        let name = entry?.file_name().to_owned();
        if !matches!(name.as_bytes(), b"." | b"..") {
            names.push(name);
        }
    }
    let mut folders = Vec::new();
    for name in names {
        match rustix::fs::unlinkat(dir, name.as_c_str(), AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(Errno::ISDIR | Errno::PERM) if is_folder(dir, &name) => {
                with_folder(&name)?;
                folders.push(name);
            }
            Err(errno) => return Err(errno),
        }
    }
    Ok(folders)
}

fn is_folder(dir: &OwnedFd, name: &CStr) -> bool {
    rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory)
}

/// Opens a folder, giving its owner all rights first where they were taken away (caches are often made read-only). The
/// mode is changed through the open handle, so no link can be put in its place. `subvolume`: whether it may be one.
fn open_writable(dir: &OwnedFd, name: &CStr, subvolume: bool) -> Result<OwnedFd, Errno> {
    let handle = open_beneath(dir.as_fd(), name, OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW, Links::None)?;
    if rustix::fs::fstat(&handle)?.st_dev != rustix::fs::fstat(dir)?.st_dev && !(subvolume && same_mount(dir.as_fd(), name)?) {
        return Err(Errno::XDEV);
    }
    if rustix::fs::fstat(&handle)?.st_mode & 0o700 != 0o700 {
        let through = format!("/proc/self/fd/{}", handle.as_raw_fd());
        rustix::fs::chmodat(CWD, through.as_str(), Mode::RWXU, AtFlags::empty())?;
    }
    open_beneath(dir.as_fd(), name, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW, Links::None)
}
