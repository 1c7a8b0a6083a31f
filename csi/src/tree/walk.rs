//! Looks at every entry beneath a root, without reading files, and compares with what was known.

use std::collections::HashSet;
use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::fs::{AtFlags, Dir, FileType, OFlags, Stat};
use rustix::io::Errno;

use super::index::{Known, KnownFolder, Stamp};
use super::rules::{is_git, is_ours};
use super::snapshot::LeftOut;
use super::unchanged::{RULES, keeps_times};
use super::{Rules, TreeError, Why};
use crate::fileops::{IgnoreRules, Links, open_beneath};
use crate::side_by_side::side_by_side;
use crate::temp_file::sweep;

/// Levels of folders that are entered: one open handle each.
const MAX_DEPTH: usize = 256;
/// How folders are opened.
pub(super) const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW);
/// Longest path in bytes that the kernel takes.
const MAX_PATH: usize = 4095;

/// Inodes that changed since the last look, where the file system says so.
pub(super) type Changed = HashSet<u64>;

pub(super) struct Walk<'w> {
    pub(super) root: BorrowedFd<'w>,
    pub(super) rules: &'w Rules,
    device: u64,
    /// Time of the walk's beginning, in nanoseconds since 1970.
    now: i64,
    /// Files that must be read, and that are not in the result.
    pub(super) to_read: Vec<Vec<u8>>,
    pub(super) left_out: Vec<LeftOut>,
    /// Folders with their times when they were entered.
    pub(super) folders: Vec<(Vec<u8>, Stamp)>,
    /// Folders whose names were read.
    pub(super) listed: u64,
    /// Something went away between being listed and being looked at.
    pub(super) surprised: bool,
}

/// What applies in a folder.
#[derive(Clone)]
pub(super) struct Here<'w> {
    depth: usize,
    pub(super) in_git: bool,
    pub(super) ignore: Option<Arc<IgnoreRules>>,
    /// `None`: everything beneath is looked at.
    pub(super) changed: Option<&'w Changed>,
    /// A folder whose times are those of the last look is not listed again.
    pub(super) remembers: bool,
    /// Several threads are at it already.
    divided: bool,
}

/// An entry of a folder to be looked at: its name, what the folder says that it is, and what was known of it.
pub(super) type Candidate<'c> = (&'c [u8], FileType, Option<&'c Known>);

/// What an entry turned out to be.
pub(super) enum Seen {
    Known(Known),
    LeftOut(Why),
    /// A file that changed.
    ToRead,
    Gone,
}

impl<'w> Here<'w> {
    /// What applies in a folder of this one.
    pub(super) fn beneath(&self, name: &[u8]) -> Here<'w> {
        Here { depth: self.depth + 1, in_git: self.in_git || is_git(name), ..self.clone() }
    }
}

impl<'w> Walk<'w> {
    pub(super) fn run(
        root: BorrowedFd<'w>,
        rules: &'w Rules,
        now: i64,
        old: Option<&Arc<KnownFolder>>,
        (changed, remembers): (Option<&'w Changed>, bool),
    ) -> Result<(Arc<KnownFolder>, Walk<'w>), TreeError> {
        let failed = |errno| TreeError::at(b".", errno);
        let fd = open_dir(root, c".").map_err(failed)?;
        let stat = rustix::fs::fstat(&fd).map_err(failed)?;
        let ignore = if rules.gitignore { IgnoreRules::exclude(root) } else { None };
        let mut walk = Self::new(root, rules, stat.st_dev, now);
        let same = walk.same_exclude(old);
        let remembers = remembers && same && keeps_times(&fd);
        let here = Here { depth: 0, in_git: false, ignore, changed: changed.filter(|_| same), remembers, divided: false };
        let found = walk.folder_or_known(fd, &stat, &mut Vec::new(), old, here)?;
        Ok((found, walk))
    }

    fn new(root: BorrowedFd<'w>, rules: &'w Rules, device: u64, now: i64) -> Self {
        let (to_read, left_out, folders) = (Vec::new(), Vec::new(), Vec::new());
        Self { root, rules, device, now, to_read, left_out, folders, listed: 0, surprised: false }
    }

    /// Lists the folder and looks at all that is in it.
    pub(super) fn folder(
        &mut self,
        fd: OwnedFd,
        stat: &Stat,
        path: &mut Vec<u8>,
        old: Option<&KnownFolder>,
        mut here: Here<'w>,
    ) -> Result<KnownFolder, TreeError> {
        let stamp = Stamp::of(stat);
        self.folders.push((path.clone(), stamp));
        self.listed += 1;
        let mut dir = Dir::new(fd).map_err(|errno| TreeError::at(path, errno))?;
        let mut names = Vec::new();
        let mut leftover = false;
        for entry in &mut dir {
            let entry = entry.map_err(|errno| TreeError::at(path, errno))?;
            let bytes = entry.file_name().to_bytes();
            leftover |= is_ours(bytes);
            if !matches!(bytes, b"." | b"..") && !is_ours(bytes) {
                names.push((bytes.to_vec(), entry.file_type()));
            }
        }
        names.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let fd = dir.fd().map_err(|errno| TreeError::at(path, errno))?;
        if leftover {
            // Of a writer that was killed. Those of the living are locked and stay.
            sweep(fd);
        }
        let has_rules = names.binary_search_by(|(known, _)| known.as_slice().cmp(RULES)).is_ok();
        if self.rules.gitignore && !here.in_git && has_rules {
            here.ignore = IgnoreRules::with(here.ignore, fd, path);
        }
        let same = self.same_rules(fd, old, &here);
        here.changed = here.changed.filter(|_| same);
        here.remembers &= same;
        let candidates: Vec<Candidate<'_>> =
            names.iter().map(|(name, kind)| (name.as_slice(), *kind, old.and_then(|old| old.get(name)))).collect();
        let seen = self.entries(fd, &candidates, path, &here)?;
        // What is being written under a passing name, or was just now removed, is looked for again.
        let listed = (stamp.settled(self.now) && !leftover).then_some(stamp);
        let mut found = KnownFolder { inode: stat.st_ino, mode: stat.st_mode & 0o3777, listed, ..KnownFolder::default() };
        found.fill(names.into_iter().map(|(name, _)| name).zip(seen));
        Ok(found)
    }

    /// Looks at entries of one folder; those of the first with several folders on as many threads as there are cores.
    pub(super) fn entries(
        &mut self,
        fd: BorrowedFd<'_>,
        candidates: &[Candidate<'_>],
        path: &mut Vec<u8>,
        here: &Here<'w>,
    ) -> Result<Vec<Seen>, TreeError> {
        let folders = || candidates.iter().filter(|(_, kind, _)| *kind == FileType::Directory).count();
        if here.changed.is_some() || here.divided || folders() < 2 {
            return candidates.iter().map(|candidate| self.seen(fd, *candidate, path, here)).collect();
        }
        let here = Here { divided: true, ..here.clone() };
        let (root, rules, device, now) = (self.root, self.rules, self.device, self.now);
        let parts = side_by_side(candidates, |candidate| {
            let mut part = Walk::new(root, rules, device, now);
            let seen = part.seen(fd, *candidate, &mut path.clone(), &here)?;
            Ok::<_, TreeError>((part, seen))
        })?;
        let take_in = |(part, seen): (Walk<'w>, Seen)| {
            self.to_read.extend(part.to_read);
            self.left_out.extend(part.left_out);
            self.folders.extend(part.folders);
            self.listed += part.listed;
            self.surprised |= part.surprised;
            seen
        };
        Ok(parts.into_iter().map(take_in).collect())
    }

    fn seen(
        &mut self,
        fd: BorrowedFd<'_>,
        (name, kind, old): Candidate<'_>,
        path: &mut Vec<u8>,
        here: &Here<'w>,
    ) -> Result<Seen, TreeError> {
        let (above, left_out, to_read) = (path.len(), self.left_out.len(), self.to_read.len());
        step(path, name);
        let known = self.entry(fd, name, kind, path, old, here)?;
        path.truncate(above);
        Ok(match (known, self.left_out.get(left_out)) {
            (Some(known), _) => Seen::Known(known),
            (None, Some(left_out)) => Seen::LeftOut(left_out.why),
            (None, None) if self.to_read.len() > to_read => Seen::ToRead,
            (None, None) => Seen::Gone,
        })
    }

    pub(super) fn entry(
        &mut self,
        fd: BorrowedFd<'_>,
        name: &[u8],
        kind: FileType,
        path: &mut Vec<u8>,
        old: Option<&Known>,
        here: &Here<'w>,
    ) -> Result<Option<Known>, TreeError> {
        if path.len() > MAX_PATH {
            return Ok(self.leave_out(path, Why::TooDeep));
        }
        if kind == FileType::Directory && !here.in_git && !is_git(name) {
            if self.rules.is_cache(name) {
                return Ok(self.leave_out(path, Why::Cache));
            }
            if here.ignore.as_ref().is_some_and(|ignore| ignore.ignore(path, true)) {
                return Ok(self.leave_out(path, Why::Ignored));
            }
        }
        if kind == FileType::Directory {
            // What it is shows when it is opened.
            return self.subfolder(fd, name, path, old, here);
        }
        let stat = match rustix::fs::statat(fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => {
                self.surprised = true;
                return Ok(None);
            }
            Err(Errno::ACCESS) => return Ok(self.leave_out(path, Why::Unreadable)),
            Err(errno) => return Err(TreeError::at(path, errno)),
        };
        if stat.st_dev != self.device {
            return Ok(self.leave_out(path, Why::Mount));
        }
        let stamp = Stamp::of(&stat);
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Ok(self.file(stamp, path, old)),
            FileType::Symlink => self.link(fd, name, stamp, path, old),
            FileType::Directory => self.subfolder(fd, name, path, old, here),
            _ => Ok(self.leave_out(path, Why::Special)),
        }
    }

    fn file(&mut self, stamp: Stamp, path: &[u8], old: Option<&Known>) -> Option<Known> {
        if stamp.size > self.rules.max_file_bytes {
            return self.leave_out(path, Why::TooLarge);
        }
        match old {
            Some(Known::File { stamp: known, settled: true, content }) if *known == stamp => {
                Some(Known::File { stamp, settled: true, content: *content })
            }
            _ => {
                self.to_read.push(path.to_vec());
                None
            }
        }
    }

    fn link(
        &mut self,
        fd: BorrowedFd<'_>,
        name: &[u8],
        stamp: Stamp,
        path: &[u8],
        old: Option<&Known>,
    ) -> Result<Option<Known>, TreeError> {
        if let Some(known @ Known::Link { stamp: before, settled: true, .. }) = old
            && *before == stamp
        {
            return Ok(Some(known.clone()));
        }
        match rustix::fs::readlinkat(fd, name, Vec::new()) {
            Ok(target) => Ok(Some(Known::Link { stamp, settled: stamp.settled(self.now), target: target.into_bytes() })),
            Err(Errno::NOENT | Errno::INVAL) => {
                self.surprised = true;
                Ok(None)
            }
            Err(errno) => Err(TreeError::at(path, errno)),
        }
    }

    fn subfolder(
        &mut self,
        fd: BorrowedFd<'_>,
        name: &[u8],
        path: &mut Vec<u8>,
        old: Option<&Known>,
        here: &Here<'w>,
    ) -> Result<Option<Known>, TreeError> {
        if here.depth >= MAX_DEPTH {
            return Ok(self.leave_out(path, Why::TooDeep));
        }
        let fd = match open_quietly(fd, name, FOLDER) {
            Ok(fd) => fd,
            Err(Errno::ACCESS | Errno::PERM) => {
                let stat = rustix::fs::statat(fd, name, AtFlags::SYMLINK_NOFOLLOW);
                let mounted = stat.is_ok_and(|stat| stat.st_dev != self.device);
                return Ok(self.leave_out(path, if mounted { Why::Mount } else { Why::Unreadable }));
            }
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => {
                self.surprised = true;
                return Ok(None);
            }
            Err(errno) => return Err(TreeError::at(path, errno)),
        };
        let stat = rustix::fs::fstat(&fd).map_err(|errno| TreeError::at(path, errno))?;
        if stat.st_dev != self.device {
            return Ok(self.leave_out(path, Why::Mount));
        }
        let old = old.and_then(|old| if let Known::Folder(folder) = old { Some(folder) } else { None });
        let found = self.folder_or_known(fd, &stat, path, old, here.beneath(name))?;
        Ok(Some(Known::Folder(found)))
    }

    pub(super) fn leave_out(&mut self, path: &[u8], why: Why) -> Option<Known> {
        self.left_out.push(LeftOut { path: path.to_vec(), why });
        None
    }
}

/// Opens a folder without leaving a trace of having been there, where that is allowed.
pub(super) fn open_dir(dir: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd, Errno> {
    open_quietly(dir, name, FOLDER)
}

/// Reading would change the time of access, and that is a write to the file system, which then counts as changed.
pub(super) fn open_quietly(dir: BorrowedFd<'_>, path: impl rustix::path::Arg + Copy, flags: OFlags) -> Result<OwnedFd, Errno> {
    match open_beneath(dir.as_fd(), path, flags | OFlags::NOATIME, Links::None) {
        Err(Errno::PERM) => open_beneath(dir.as_fd(), path, flags, Links::None),
        outcome => outcome,
    }
}

/// To an entry of the folder at `path`.
pub(super) fn step(path: &mut Vec<u8>, name: &[u8]) {
    if !path.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name);
}
