//! Looks at every entry beneath a root, without reading files, and compares with what was known.

use std::collections::HashSet;
use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::fs::{AtFlags, Dir, FileType, OFlags, Stat};
use rustix::io::Errno;

use super::index::{Known, KnownFolder, Stamp};
use super::rules::{is_git, is_ours};
use super::snapshot::LeftOut;
use super::{Rules, TreeError, Why};
use crate::fileops::{IgnoreRules, Links, open_beneath};
use crate::temp_file::sweep;

/// Levels of folders that are entered: one open handle each.
const MAX_DEPTH: usize = 256;
/// Threads of one walk.
const MAX_THREADS: usize = 4;
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
    /// Folders with their times when they were listed.
    pub(super) folders: Vec<(Vec<u8>, Stamp)>,
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
        changed: Option<&'w Changed>,
    ) -> Result<(Arc<KnownFolder>, Walk<'w>), TreeError> {
        let failed = |errno| TreeError::at(b".", errno);
        let fd = open_dir(root, c".").map_err(failed)?;
        let stat = rustix::fs::fstat(&fd).map_err(failed)?;
        let ignore = if rules.gitignore { IgnoreRules::exclude(root) } else { None };
        let mut walk = Self {
            root,
            rules,
            device: stat.st_dev,
            now,
            to_read: Vec::new(),
            left_out: Vec::new(),
            folders: Vec::new(),
            surprised: false,
        };
        let changed = changed.filter(|_| walk.same_exclude(old));
        let here = Here { depth: 0, in_git: false, ignore, changed };
        let found = walk.folder_or_known(fd, &stat, &mut Vec::new(), old, here)?;
        Ok((found, walk))
    }

    pub(super) fn folder(
        &mut self,
        fd: OwnedFd,
        stat: &Stat,
        path: &mut Vec<u8>,
        old: Option<&KnownFolder>,
        mut here: Here<'w>,
    ) -> Result<KnownFolder, TreeError> {
        self.folders.push((path.clone(), Stamp::of(stat)));
        let mut dir = Dir::new(fd).map_err(|errno| TreeError::at(path, errno))?;
        let mut names = Vec::new();
        let mut leftover = false;
        for entry in &mut dir {
            let entry = entry.map_err(|errno| TreeError::at(path, errno))?;
            let bytes = entry.file_name().to_bytes();
            leftover |= is_ours(bytes);
            if !matches!(bytes, b"." | b"..") && !is_ours(bytes) {
                names.push((entry.file_name().to_owned(), entry.file_type()));
            }
        }
        names.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let fd = dir.fd().map_err(|errno| TreeError::at(path, errno))?;
        if leftover {
            // Of a writer that was killed. Those of the living are locked and stay.
            sweep(fd);
        }
        let has_rules = |name: &CStr| names.binary_search_by(|(known, _)| known.as_c_str().cmp(name)).is_ok();
        if self.rules.gitignore && !here.in_git && has_rules(c".gitignore") {
            here.ignore = IgnoreRules::with(here.ignore, fd, path);
        }
        here.changed = here.changed.filter(|_| self.same_rules(fd, old, &here));
        let mut found = KnownFolder { inode: stat.st_ino, mode: stat.st_mode & 0o3777, ..KnownFolder::default() };
        if here.changed.is_none() && here.depth == 0 && names.iter().filter(|(_, kind)| *kind == FileType::Directory).count() > 1 {
            return self.side_by_side(fd, &names, old, &here, found);
        }
        let above = path.len();
        for (name, kind) in &names {
            if above > 0 {
                path.push(b'/');
            }
            path.extend_from_slice(name.to_bytes());
            let known = old.and_then(|old| old.get(name.to_bytes()));
            let left_out = self.left_out.len();
            if let Some(known) = self.entry(fd, name, *kind, path, known, &here)? {
                found.entries.push((name.to_bytes().to_vec(), known));
            } else if let Some(left_out) = self.left_out.get(left_out) {
                found.left_out.push((name.to_bytes().to_vec(), left_out.why));
            }
            path.truncate(above);
        }
        Ok(found)
    }

    /// The entries of the root, on as many threads as there are cores.
    fn side_by_side(
        &mut self,
        fd: BorrowedFd<'_>,
        names: &[(CString, FileType)],
        old: Option<&KnownFolder>,
        here: &Here<'w>,
        found: KnownFolder,
    ) -> Result<KnownFolder, TreeError> {
        let next = AtomicUsize::new(0);
        let (root, rules, device, now) = (self.root, self.rules, self.device, self.now);
        let work = || {
            let mut part =
                Walk { root, rules, device, now, to_read: Vec::new(), left_out: Vec::new(), folders: Vec::new(), surprised: false };
            let (mut entries, mut left_out) = (Vec::new(), Vec::new());
            while let Some((name, kind)) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
                let bytes = name.to_bytes();
                let known = old.and_then(|old| old.get(bytes));
                let before = part.left_out.len();
                if let Some(known) = part.entry(fd, name, *kind, &mut bytes.to_vec(), known, here)? {
                    entries.push((bytes.to_vec(), known));
                } else if let Some(own) = part.left_out.get(before) {
                    left_out.push((bytes.to_vec(), own.why));
                }
            }
            Ok::<_, TreeError>((part, entries, left_out))
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
        let (mut entries, mut left_out) = (Vec::with_capacity(names.len()), Vec::new());
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            for thread in threads {
                let (part, some, own) = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
                entries.extend(some);
                left_out.extend(own);
                self.to_read.extend(part.to_read);
                self.left_out.extend(part.left_out);
                self.folders.extend(part.folders);
                self.surprised |= part.surprised;
            }
            Ok::<_, TreeError>(())
        })?;
        entries.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Ok(KnownFolder { entries, left_out, ..found })
    }

    pub(super) fn entry(
        &mut self,
        fd: BorrowedFd<'_>,
        name: &CStr,
        kind: FileType,
        path: &mut Vec<u8>,
        old: Option<&Known>,
        here: &Here<'w>,
    ) -> Result<Option<Known>, TreeError> {
        if path.len() > MAX_PATH {
            return Ok(self.leave_out(path, Why::TooDeep));
        }
        if kind == FileType::Directory && !here.in_git && !is_git(name.to_bytes()) {
            if self.rules.is_cache(name.to_bytes()) {
                return Ok(self.leave_out(path, Why::Cache));
            }
            if here.ignore.as_ref().is_some_and(|ignore| ignore.ignore(path, true)) {
                return Ok(self.leave_out(path, Why::Ignored));
            }
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
        name: &CStr,
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
        name: &CStr,
        path: &mut Vec<u8>,
        old: Option<&Known>,
        here: &Here<'w>,
    ) -> Result<Option<Known>, TreeError> {
        if here.depth >= MAX_DEPTH {
            return Ok(self.leave_out(path, Why::TooDeep));
        }
        let fd = match open_dir(fd, name) {
            Ok(fd) => fd,
            Err(Errno::ACCESS | Errno::PERM) => return Ok(self.leave_out(path, Why::Unreadable)),
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => {
                self.surprised = true;
                return Ok(None);
            }
            Err(errno) => return Err(TreeError::at(path, errno)),
        };
        let stat = rustix::fs::fstat(&fd).map_err(|errno| TreeError::at(path, errno))?;
        let old = old.and_then(|old| if let Known::Folder(folder) = old { Some(folder) } else { None });
        let found = self.folder_or_known(fd, &stat, path, old, here.beneath(name.to_bytes()))?;
        Ok(Some(Known::Folder(found)))
    }

    pub(super) fn leave_out(&mut self, path: &[u8], why: Why) -> Option<Known> {
        self.left_out.push(LeftOut { path: path.to_vec(), why });
        None
    }
}

/// Opens a folder without leaving a trace of having been there, where that is allowed.
pub(super) fn open_dir(dir: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd, Errno> {
    open_quietly(dir, name, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW)
}

/// Reading would change the time of access, and that is a write to the file system, which then counts as changed.
pub(super) fn open_quietly(dir: BorrowedFd<'_>, path: impl rustix::path::Arg + Copy, flags: OFlags) -> Result<OwnedFd, Errno> {
    match open_beneath(dir.as_fd(), path, flags | OFlags::NOATIME, Links::None) {
        Err(Errno::PERM) => open_beneath(dir.as_fd(), path, flags, Links::None),
        outcome => outcome,
    }
}
