//! Lays a snapshot out in an empty folder.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{Dir, OFlags};
use rustix::io::Errno;

use super::entry::{Folder, Item};
use super::index::Stamp;
use super::load::folder;
use super::place::{self, Owner, Regular};
use super::walk::{open_dir, open_quietly};
use super::{Snapshot, Tracker, TreeError};
use crate::cas::{Address, Content, Subject};
use crate::fileops::Root;

/// A folder whose files may be shared instead of being written once more, where the file system can (btrfs, XFS).
#[derive(Clone, Copy)]
pub struct Near<'n> {
    pub root: &'n Root,
    /// What its files hold.
    pub tracker: &'n Tracker,
}

/// What was laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Laid {
    /// Files and links.
    pub files: u64,
    /// Bytes of the files.
    pub bytes: u64,
    /// Files whose blocks are shared with the folder nearby.
    pub cloned: u64,
}

/// Lays a snapshot out in an empty folder and returns when it is on the disk. After an error or a crash the folder is half
/// full; nobody should have been told of it.
pub fn checkout(subject: &Subject, snapshot: &Address, into: &Root, near: Option<Near<'_>>) -> Result<Laid, TreeError> {
    let failed = |errno| TreeError::at(b".", errno);
    let top = Snapshot::load(subject, snapshot)?.root;
    let dir = open_dir(into.as_fd(), c".").map_err(failed)?;
    for entry in Dir::read_from(&dir).map_err(failed)? {
        if !matches!(entry.map_err(failed)?.file_name().to_bytes(), b"." | b"..") {
            return Err(TreeError::NotEmpty);
        }
    }
    let owner = Owner::of(into.as_fd()).map_err(failed)?;
    let mut layer = Layer { subject, owner, near, laid: Laid::default() };
    layer.folder(dir.as_fd(), &top, &mut Vec::new())?;
    rustix::fs::syncfs(&dir).map_err(failed)?;
    Ok(layer.laid)
}

struct Layer<'l> {
    subject: &'l Subject,
    owner: Owner,
    /// None as soon as the file system has refused to share.
    near: Option<Near<'l>>,
    laid: Laid,
}

impl Layer<'_> {
    fn folder(&mut self, dir: BorrowedFd<'_>, name: &Address, path: &mut Vec<u8>) -> Result<(), TreeError> {
        let Folder { entries } = folder(self.subject, name)?;
        let above = path.len();
        for entry in entries {
            if above > 0 {
                path.push(b'/');
            }
            path.extend_from_slice(&entry.name);
            let failed = |errno| TreeError::at(path, errno);
            match &entry.item {
                Item::File { mode, mtime, content } => {
                    self.file(dir, &entry.name, &Regular { content, mode: *mode, mtime: Some(*mtime) }, path)?;
                }
                Item::Link { target } => {
                    place::link(dir, &entry.name, target, self.owner).map_err(failed)?;
                    self.laid.files += 1;
                }
                Item::Folder { mode, name } => {
                    let made = place::folder(dir, &entry.name, self.owner).map_err(failed)?;
                    self.folder(made.as_fd(), name, path)?;
                    place::finish_folder(&made, *mode).map_err(|errno| TreeError::at(path, errno))?;
                }
            }
            path.truncate(above);
        }
        Ok(())
    }

    fn file(&mut self, dir: BorrowedFd<'_>, name: &[u8], wanted: &Regular<'_>, path: &[u8]) -> Result<(), TreeError> {
        let failed = |errno| TreeError::at(path, errno);
        let file = place::create(dir, name).map_err(failed)?;
        if self.cloned(&file, wanted.content, path) {
            self.laid.cloned += 1;
        } else {
            rustix::fs::ftruncate(&file, 0).map_err(failed)?;
            place::fill(self.subject, &file, wanted, path)?;
        }
        place::dress(&file, wanted, self.owner).map_err(failed)?;
        self.laid.files += 1;
        self.laid.bytes += wanted.content.size;
        Ok(())
    }

    /// Shares the blocks of the file at the same path nearby, if it holds the same and does so before and after.
    fn cloned(&mut self, file: &File, content: &Content, path: &[u8]) -> bool {
        let Some(near) = self.near.filter(|_| content.size > 0) else { return false };
        let Some((stamp, _)) = near.tracker.settled_file(path).filter(|(_, known)| known == content) else { return false };
        let Ok(source) = open_quietly(near.root.as_fd(), path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW) else { return false };
        let unchanged = || rustix::fs::fstat(&source).is_ok_and(|stat| Stamp::of(&stat) == stamp);
        if !unchanged() {
            return false;
        }
        match rustix::fs::ioctl_ficlone(file, &source) {
            Ok(()) => unchanged(),
            Err(Errno::NOTSUP | Errno::NOTTY | Errno::XDEV | Errno::NOSYS | Errno::INVAL) => {
                self.near = None;
                false
            }
            Err(_) => false,
        }
    }
}
