//! Passing over what did not change, where the file system says which inodes did: a folder whose inode is not among them holds the same
//! names, and a file the same bytes. Where rules of `.gitignore` changed, everything beneath is looked at.

use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::fs::{AtFlags, FileType, OFlags, Stat};
use rustix::io::Errno;

use super::index::{Known, KnownFolder, Stamp};
use super::walk::{Changed, Here, Walk, open_quietly};
use super::{TreeError, Why};
use crate::fileops::IgnoreRules;

const RULES: &[u8] = b".gitignore";
/// Rules that are no part of the project's own files.
const EXCLUDE: &[u8] = b".git/info/exclude";

/// Whether what is left out stays so as long as the folder around it does not change. A file that is too large may shrink, one that
/// may not be read may become readable.
pub(super) fn stays_left_out(why: Why) -> bool {
    match why {
        Why::Cache | Why::Ignored | Why::Special | Why::Mount | Why::TooDeep => true,
        Why::TooLarge | Why::Unreadable | Why::Unsteady => false,
    }
}

impl<'w> Walk<'w> {
    /// Lists the folder, or goes by what is known of it.
    pub(super) fn folder_or_known(
        &mut self,
        fd: OwnedFd,
        stat: &Stat,
        path: &mut Vec<u8>,
        old: Option<&Arc<KnownFolder>>,
        here: Here<'w>,
    ) -> Result<Arc<KnownFolder>, TreeError> {
        match (old, here.changed) {
            (Some(old), Some(changed)) if old.inode == stat.st_ino && !changed.contains(&old.inode) => {
                self.known(Some(fd), path, old, here)
            }
            _ => self.folder(fd, stat, path, old.map(Arc::as_ref), here).map(Arc::new),
        }
    }

    /// A folder that did not change itself; `fd` is opened when something in it did.
    fn known(
        &mut self,
        mut fd: Option<OwnedFd>,
        path: &mut Vec<u8>,
        old: &Arc<KnownFolder>,
        mut here: Here<'w>,
    ) -> Result<Arc<KnownFolder>, TreeError> {
        let Some(changed) = here.changed else { return Ok(Arc::clone(old)) };
        if self.rules.gitignore && !here.in_git && old.get(RULES).is_some() {
            let Some(open) = self.opened(&mut fd, path)? else { return Ok(Arc::clone(old)) };
            if !self.same_rules(open, Some(old), &here) {
                let stat = rustix::fs::fstat(open).map_err(|errno| TreeError::at(path, errno))?;
                here.changed = None;
                let Some(fd) = fd else { return Ok(Arc::clone(old)) };
                return self.folder(fd, &stat, path, Some(old), here).map(Arc::new);
            }
            here.ignore = IgnoreRules::with(here.ignore, open, path);
        }
        let above = path.len();
        for (name, why) in &old.left_out {
            step(path, name);
            self.leave_out(path, *why);
            path.truncate(above);
        }
        let mut found = Vec::new();
        for (at, (name, known)) in old.entries.iter().enumerate() {
            if at_rest(known, changed) {
                continue;
            }
            let again = match known {
                Known::Folder(folder) if folder.inode != 0 && !changed.contains(&folder.inode) => {
                    step(path, name);
                    let again = self.known(None, path, folder, here.beneath(name))?;
                    path.truncate(above);
                    if Arc::ptr_eq(&again, folder) {
                        continue;
                    }
                    Some(Known::Folder(again))
                }
                Known::File { .. } | Known::Link { .. } | Known::Folder(_) => {
                    let Some(open) = self.opened(&mut fd, path)? else { return Ok(Arc::clone(old)) };
                    let entry = CString::new(name.as_slice()).map_err(|_| TreeError::at(path, Errno::INVAL))?;
                    step(path, name);
                    let kind = if matches!(known, Known::Folder(_)) { FileType::Directory } else { FileType::RegularFile };
                    let again = self.entry(open, &entry, kind, path, Some(known), &here)?;
                    path.truncate(above);
                    again
                }
            };
            found.push((at, again));
        }
        Ok(if found.is_empty() { Arc::clone(old) } else { Arc::new(with(old, found)) })
    }

    /// `None`: the folder is no longer there, and all is looked at once more.
    fn opened<'f>(&mut self, fd: &'f mut Option<OwnedFd>, path: &[u8]) -> Result<Option<BorrowedFd<'f>>, TreeError> {
        if fd.is_none() {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW;
            match open_quietly(self.root, if path.is_empty() { b"." } else { path }, flags) {
                Ok(opened) => *fd = Some(opened),
                Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::ACCESS | Errno::PERM) => {
                    self.surprised = true;
                    return Ok(None);
                }
                Err(errno) => return Err(TreeError::at(path, errno)),
            }
        }
        Ok(fd.as_ref().map(AsFd::as_fd))
    }

    /// Whether the folder's own rules are those of the last look.
    pub(super) fn same_rules(&self, fd: BorrowedFd<'_>, old: Option<&KnownFolder>, here: &Here<'w>) -> bool {
        !self.rules.gitignore || here.in_git || old.is_some_and(|old| same(fd, RULES, old.get(RULES)))
    }

    pub(super) fn same_exclude(&self, old: Option<&Arc<KnownFolder>>) -> bool {
        !self.rules.gitignore || old.is_some_and(|old| same(self.root, EXCLUDE, old.find(EXCLUDE)))
    }
}

fn step(path: &mut Vec<u8>, name: &[u8]) {
    if !path.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name);
}

fn at_rest(known: &Known, changed: &Changed) -> bool {
    match known {
        Known::File { stamp, settled, .. } | Known::Link { stamp, settled, .. } => *settled && !changed.contains(&stamp.inode),
        Known::Folder(_) => false,
    }
}

/// Whether the same file stands there as was known, or none as before.
fn same(fd: BorrowedFd<'_>, path: &[u8], known: Option<&Known>) -> bool {
    match (known, rustix::fs::statat(fd, path, AtFlags::SYMLINK_NOFOLLOW)) {
        (Some(Known::File { stamp, settled: true, .. }), Ok(stat)) => Stamp::of(&stat) == *stamp,
        (None, Err(Errno::NOENT | Errno::NOTDIR)) => true,
        _ => false,
    }
}

/// The folder with some entries as they are now, or gone (by their index).
fn with(old: &KnownFolder, found: Vec<(usize, Option<Known>)>) -> KnownFolder {
    let mut found = found.into_iter().peekable();
    let entries = old.entries.iter().enumerate().filter_map(|(at, (name, known))| match found.next_if(|(there, _)| *there == at) {
        Some((_, again)) => again.map(|again| (name.clone(), again)),
        None => Some((name.clone(), known.clone())),
    });
    KnownFolder { entries: entries.collect(), object: None, left_out: old.left_out.clone(), ..*old }
}
