//! The folder a file is written in: opened beneath the root, made if it is missing, unmade if the write fails.

use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, Mode};
use rustix::io::Errno;

use super::error::FileError;
use super::git_guard;
use super::path::ProjectPath;
use super::root::{Links, Root};
use crate::temp_file::sync_folder;

/// An open parent folder and what had to be made for it.
pub(super) struct Parent {
    pub(super) dir: OwnedFd,
    made: Vec<(OwnedFd, Vec<u8>)>,
}

impl Parent {
    /// The folder of `path`, or `None` if it does not exist.
    pub(super) fn existing(root: &Root, path: &ProjectPath) -> Result<Option<Self>, FileError> {
        match root.open_folder(path.parent().for_kernel(), Links::Beneath) {
            Ok(dir) => Ok(Some(Self { dir, made: Vec::new() })),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(FileError::from_errno(path.as_str(), errno)),
        }
    }

    /// The folder of `path`, made with all above it (0755 less the umask), durable when this returns.
    pub(super) fn made(root: &Root, path: &ProjectPath, allow_git: bool) -> Result<Self, FileError> {
        let failed = |errno| FileError::from_errno(path.as_str(), errno);
        let dir = root.open_folder(b".", Links::Beneath).map_err(failed)?;
        let mut parent = Self { dir, made: Vec::new() };
        for folder in path.parent().prefixes() {
            match parent.step_into(root, &folder, path, allow_git) {
                Ok(()) => {}
                Err(error) => {
                    parent.unmake();
                    return Err(error);
                }
            }
        }
        Ok(parent)
    }

    fn step_into(&mut self, root: &Root, folder: &ProjectPath, path: &ProjectPath, allow_git: bool) -> Result<(), FileError> {
        let failed = |errno| FileError::from_errno(path.as_str(), errno);
        let open = || root.open_folder(folder.for_kernel(), Links::Beneath);
        match open() {
            Ok(dir) => {
                self.dir = dir;
                return Ok(());
            }
            Err(Errno::NOENT) => {}
            Err(errno) => return Err(failed(errno)),
        }
        if !allow_git {
            git_guard::refuse_within(root, &self.dir, path)?;
        }
        let name = folder.name();
        let mine = match rustix::fs::mkdirat(&self.dir, name, Mode::from_raw_mode(0o755)) {
            Ok(()) => true,
            Err(Errno::EXIST) => false,
            Err(errno) => return Err(failed(errno)),
        };
        if mine {
            let above = self.dir.try_clone().map_err(|_| failed(Errno::MFILE))?;
            self.made.push((above, name.to_owned()));
            sync_folder(&self.dir).map_err(failed)?;
        }
        self.dir = open().map_err(|errno| match errno {
            Errno::NOENT if !mine => FileError::forbidden(folder.as_str(), "is a symbolic link that leads nowhere"),
            errno => failed(errno),
        })?;
        Ok(())
    }

    /// Removes what was made, innermost first, as far as it is still empty.
    pub(super) fn unmake(&mut self) {
        while let Some((above, name)) = self.made.pop() {
            if rustix::fs::unlinkat(&above, name.as_slice(), AtFlags::REMOVEDIR).is_err() {
                break;
            }
        }
    }
}
