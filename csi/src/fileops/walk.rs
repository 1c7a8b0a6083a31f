//! Walks the entries beneath a folder, level by level, each folder sorted by name, never through a link.
//!
//! Every folder is opened from the start folder with `openat2`, links refused, so a folder that is swapped for a link
//! during the walk is passed over, not followed.

use std::collections::VecDeque;
use std::ffi::CString;
use std::ops::ControlFlow;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::fs::{AtFlags, Dir, FileType, OFlags, Stat};
use rustix::io::Errno;

use super::cancel::Cancel;
use super::error::FileError;
use super::git_guard::is_git;
use super::ignore_rules::Rules;
use super::path::ProjectPath;
use super::root::{Links, Root, open_beneath};
use crate::names::told;
use crate::temp_file::is_passing_name;

/// Most entries that one walk looks at, ignored and hidden ones included; a bigger tree is shown truncated.
pub(super) const MAX_ENTRIES: usize = 500_000;

/// What an entry is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    File,
    Folder,
    Link,
    /// Devices, sockets, pipes: shown, never opened.
    Other,
}

impl From<FileType> for Kind {
    fn from(kind: FileType) -> Self {
        match kind {
            FileType::RegularFile => Self::File,
            FileType::Directory => Self::Folder,
            FileType::Symlink => Self::Link,
            _ => Self::Other,
        }
    }
}

/// An entry as the visitor sees it.
pub(super) struct Entry<'w> {
    /// Relative to the start of the walk.
    pub(super) beneath: &'w [u8],
    pub(super) kind: Kind,
    pub(super) folder: BorrowedFd<'w>,
    pub(super) name: &'w CString,
}

impl Entry<'_> {
    /// Its state, the link's own for a link.
    pub(super) fn stat(&self) -> Result<Stat, Errno> {
        rustix::fs::statat(self.folder, self.name, AtFlags::SYMLINK_NOFOLLOW)
    }
}

pub(super) struct Options {
    /// Also names that begin with a dot.
    pub(super) hidden: bool,
    /// Levels below the start; 1: its own entries.
    pub(super) depth: u32,
    /// Leave out what `.gitignore` files and `.git/info/exclude` of the project name.
    pub(super) ignores: bool,
    /// Show `.git` itself, but not what lies in it (a walk that starts within it sees everything).
    pub(super) show_git: bool,
}

struct Level {
    /// Relative to the start; empty for the start itself.
    path: Vec<u8>,
    depth: u32,
    rules: Option<Arc<Rules>>,
}

/// A walk that was prepared: the start is open.
pub(super) struct Walk<'r> {
    root: &'r Root,
    start_path: ProjectPath,
    start: OwnedFd,
}

impl<'r> Walk<'r> {
    /// Opens the start, links beneath the root followed. Absent: `NotFound`; a file: `Ok(None)`.
    pub(super) fn from(root: &'r Root, start: &ProjectPath) -> Result<Option<Self>, FileError> {
        match root.open_folder(start.for_kernel(), Links::Beneath) {
            Ok(fd) => Ok(Some(Self { root, start_path: start.clone(), start: fd })),
            Err(Errno::NOTDIR) => Ok(None),
            Err(errno) => Err(FileError::from_errno(start.as_str(), errno)),
        }
    }

    /// Visits until the visitor breaks; true if everything was seen.
    pub(super) fn run(
        &self,
        options: &Options,
        cancel: &Cancel,
        mut visit: impl FnMut(&Entry<'_>) -> ControlFlow<()>,
    ) -> Result<bool, FileError> {
        let mut seen = 0_usize;
        let rules = options.ignores.then(|| Rules::above(self.root, &self.start_path)).flatten();
        let mut levels = VecDeque::from([Level { path: Vec::new(), depth: 1, rules }]);
        while let Some(level) = levels.pop_front() {
            let Some(folder) = self.open(&level.path)? else { continue };
            let at = self.in_project(&level.path);
            let rules = if options.ignores { Rules::with(level.rules, folder.as_fd(), &at) } else { None };
            let (names, complete) = entries_of(&folder, MAX_ENTRIES - seen);
            seen += names.len();
            for (name, kind) in names {
                if cancel.wished() {
                    return Ok(false);
                }
                if left_out(&name, options) {
                    continue;
                }
                let beneath = join(&level.path, name.as_bytes());
                let is_folder = kind == Kind::Folder;
                if rules.as_ref().is_some_and(|rules| rules.ignore(&self.in_project(&beneath), is_folder)) {
                    continue;
                }
                let entry = Entry { beneath: &beneath, kind, folder: folder.as_fd(), name: &name };
                if visit(&entry).is_break() {
                    return Ok(false);
                }
                if is_folder && level.depth < options.depth && !is_git(name.as_bytes()) {
                    levels.push_back(Level { path: beneath, depth: level.depth + 1, rules: rules.clone() });
                }
            }
            if !complete {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// `None` for a folder that went away, became a link or may not be read: a walk shows what it can.
    fn open(&self, beneath: &[u8]) -> Result<Option<OwnedFd>, FileError> {
        let path: &[u8] = if beneath.is_empty() { b"." } else { beneath };
        match open_beneath(self.start.as_fd(), path, OFlags::RDONLY | OFlags::DIRECTORY, Links::None) {
            Ok(fd) => Ok(Some(fd)),
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::ACCESS | Errno::NAMETOOLONG) => Ok(None),
            Err(errno) => Err(FileError::from_errno(&self.shown(beneath), errno)),
        }
    }

    /// The path of an entry in the project, as raw bytes.
    pub(super) fn in_project(&self, beneath: &[u8]) -> Vec<u8> {
        join(self.start_path.raw(), beneath)
    }

    /// The path of an entry in the project, as people are told it.
    pub(super) fn shown(&self, beneath: &[u8]) -> String {
        told(&self.in_project(beneath))
    }
}

fn left_out(name: &CString, options: &Options) -> bool {
    let bytes = name.as_bytes();
    is_passing_name(bytes) || (!options.hidden && bytes.starts_with(b".")) || (!options.show_git && is_git(bytes))
}

fn join(above: &[u8], name: &[u8]) -> Vec<u8> {
    match (above.is_empty(), name.is_empty()) {
        (true, _) => name.to_vec(),
        (_, true) => above.to_vec(),
        _ => [above, b"/", name].concat(),
    }
}

/// Names and kinds in a folder, sorted; false if there are more than `room` or reading broke off.
fn entries_of(folder: &OwnedFd, room: usize) -> (Vec<(CString, Kind)>, bool) {
    let Ok(dir) = Dir::read_from(folder) else { return (Vec::new(), false) };
    let mut found = Vec::new();
    let mut complete = true;
    for entry in dir {
        let Ok(entry) = entry else {
            complete = false;
            break;
        };
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        if found.len() >= room {
            complete = false;
            break;
        }
        let kind = match entry.file_type() {
            // Some file systems do not say it with the name.
            FileType::Unknown => match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => FileType::from_raw_mode(stat.st_mode),
                Err(_) => continue,
            },
            known => known,
        };
        found.push((name.to_owned(), Kind::from(kind)));
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    (found, complete)
}
