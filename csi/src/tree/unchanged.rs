//! Passing over what did not change. Where the file system says which inodes did, a folder whose inode is not among them holds the same
//! names, and a file the same bytes. Elsewhere a folder whose times are those of the last look holds the same names, and each is looked at: that
//! spares the listing, which takes a third of a walk. Where rules of `.gitignore` changed, everything beneath is looked at.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::fs::{AtFlags, Stat};
use rustix::io::Errno;

use super::index::{Known, KnownFolder, Stamp};
use super::walk::{Candidate, Changed, FOLDER, Here, Seen, Walk, open_quietly, step};
use super::{TreeError, Why};
use crate::fileops::IgnoreRules;

pub(super) const RULES: &[u8] = b".gitignore";
/// Rules that are no part of the project's own files.
const EXCLUDE: &[u8] = b".git/info/exclude";
/// `statfs` types of file systems of this machine that change a folder's times with every name that comes or goes: ext2 to ext4, xfs, btrfs, f2fs,
/// tmpfs. Others (of the network, of programs) may not, and are listed.
const KEEP_TIMES: [u64; 5] = [0xEF53, 0x5846_5342, 0x9123_683E, 0xF2F5_2010, 0x0102_1994];

pub(super) fn keeps_times(folder: impl AsFd) -> bool {
    rustix::fs::fstatfs(folder).is_ok_and(|found| KEEP_TIMES.contains(&found.f_type.cast_unsigned()))
}

/// Whether what is left out stays so as long as the folder around it does not change. A file that is too large may shrink, one that
/// may not be read may become readable.
pub(super) fn stays_left_out(why: Why) -> bool {
    match why {
        Why::Cache | Why::Ignored | Why::Special | Why::Mount | Why::TooDeep => true,
        Why::TooLarge | Why::Unreadable | Why::Unsteady => false,
    }
}

/// Whether an entry that was left out for this is left out again as long as its folder holds the same names. All others, and what is
/// mounted there, may come back without a sign.
pub(super) fn named_alike(why: Why) -> bool {
    match why {
        Why::Cache | Why::Ignored | Why::Special => true,
        Why::Mount | Why::TooDeep | Why::TooLarge | Why::Unreadable | Why::Unsteady => false,
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
            (Some(old), None) if here.remembers && old.listed == Some(Stamp::of(stat)) => self.remembered(fd, stat, path, old, here),
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
                (here.changed, here.remembers) = (None, false);
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
                    step(path, name);
                    let again = self.entry(open, name, known.kind(), path, Some(known), &here)?;
                    path.truncate(above);
                    again
                }
            };
            found.push((at, again));
        }
        Ok(if found.is_empty() { Arc::clone(old) } else { Arc::new(with(old, found)) })
    }

    /// A folder that holds the names it held at the last look: they are looked at, one by one.
    fn remembered(
        &mut self,
        fd: OwnedFd,
        stat: &Stat,
        path: &mut Vec<u8>,
        old: &Arc<KnownFolder>,
        mut here: Here<'w>,
    ) -> Result<Arc<KnownFolder>, TreeError> {
        if self.rules.gitignore && !here.in_git && old.get(RULES).is_some() {
            if !self.same_rules(fd.as_fd(), Some(old), &here) {
                here.remembers = false;
                return self.folder(fd, stat, path, Some(old), here).map(Arc::new);
            }
            here.ignore = IgnoreRules::with(here.ignore, fd.as_fd(), path);
        }
        self.folders.push((path.clone(), Stamp::of(stat)));
        let above = path.len();
        for (name, why) in &old.left_out {
            step(path, name);
            self.leave_out(path, *why);
            path.truncate(above);
        }
        let candidates: Vec<Candidate<'_>> = old.entries.iter().map(|(name, known)| (name.as_slice(), known.kind(), Some(known))).collect();
        let seen = self.entries(fd.as_fd(), &candidates, path, &here)?;
        if seen.iter().zip(&old.entries).all(|(seen, (_, known))| matches!(seen, Seen::Known(again) if again.is(known))) {
            return Ok(Arc::clone(old));
        }
        let (inode, mode, listed, left_out) = (old.inode, old.mode, old.listed, old.left_out.clone());
        let mut found = KnownFolder { inode, mode, listed, left_out, ..KnownFolder::default() };
        found.fill(old.entries.iter().map(|(name, _)| name.clone()).zip(seen));
        Ok(Arc::new(found))
    }

    /// `None`: the folder is no longer there, and all is looked at once more.
    fn opened<'f>(&mut self, fd: &'f mut Option<OwnedFd>, path: &[u8]) -> Result<Option<BorrowedFd<'f>>, TreeError> {
        if fd.is_none() {
            match open_quietly(self.root, if path.is_empty() { b"." } else { path }, FOLDER) {
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
