//! Keeps writes away from `.git`: hooks and configuration in it run commands on behalf of whoever calls git next.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::error::FileError;
use super::path::ProjectPath;
use super::root::{Identity, Links, Root, open_beneath};

/// More levels than a path of 4095 bytes can have, with room for links; beyond it the folder is being moved about.
const MAX_LEVELS: usize = 4096;

/// Whether a name is `.git`, in any case: some file systems take no heed of it.
pub(crate) fn is_git(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b".git")
}

/// Refuses a path that names `.git` or something beneath one.
pub(super) fn refuse_named(path: &ProjectPath) -> Result<(), FileError> {
    if path.names().any(is_git) { Err(refusal(path)) } else { Ok(()) }
}

/// Refuses a folder that was reached through links and lies in a `.git` after all, or outside the root: climbs from it
/// to the root and compares, at each level, with what `.git` is there.
pub(super) fn refuse_within(root: &Root, folder: &OwnedFd, path: &ProjectPath) -> Result<(), FileError> {
    let failed = |errno| FileError::from_errno(path.as_str(), errno);
    let mut here = Identity::of_fd(folder).map_err(failed)?;
    let mut climbed: Option<OwnedFd> = None;
    for _ in 0..MAX_LEVELS {
        if here == root.identity() {
            return Ok(());
        }
        let below = climbed.as_ref().unwrap_or(folder);
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let above = rustix::fs::openat(below, "..", flags, rustix::fs::Mode::empty()).map_err(failed)?;
        let up = Identity::of_fd(&above).map_err(failed)?;
        if up == here {
            break;
        }
        // Through a link too: `.git` may be one, and its goal is as dangerous.
        match open_beneath(above.as_fd(), ".git", OFlags::PATH, Links::Beneath) {
            Ok(git) if Identity::of_fd(&git).map_err(failed)? == here => return Err(refusal(path)),
            Ok(_) | Err(Errno::NOENT | Errno::XDEV | Errno::LOOP | Errno::NOTDIR | Errno::ACCESS) => {}
            Err(errno) => return Err(failed(errno)),
        }
        here = up;
        climbed = Some(above);
    }
    Err(FileError::forbidden(path.as_str(), "its folder was moved out of the project meanwhile"))
}

fn refusal(path: &ProjectPath) -> FileError {
    FileError::forbidden(path.as_str(), "lies in .git, which can run commands; use git itself to change it")
}
