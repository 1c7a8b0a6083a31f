//! Brings a folder back to a snapshot, touching only what differs.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use rustix::io::Errno;

use super::entry::{Folder, Item};
use super::index::Stamp;
use super::load::folder;
use super::place::{self, Owner, Regular};
use super::walk::open_dir;
use super::{Refusal, Rules, Snapshot, Taken, Tracker, TreeError};
use crate::cas::{Address, Hold, Subject};
use crate::fileops::{Links, Root, open_beneath};
use crate::temp_file::sync_folder;

/// What a restore did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Restored {
    /// The folder as it was before: what goes back there is this.
    pub before: Taken,
    /// Paths that were written, made or removed.
    pub changed: Vec<Vec<u8>>,
    /// Paths that were left as they are because somebody changed them meanwhile, or because something stands there that
    /// snapshots leave out. Folders that could not be removed because of such are among them.
    pub spared: Vec<Vec<u8>>,
    /// Paths that the file system did not let us change, and why; what lies beneath a folder among them may be as it was too.
    pub refused: Vec<(Vec<u8>, Refusal)>,
}

/// Brings the folder back to a snapshot. First a snapshot of what is there is taken, so nothing that snapshots keep is lost;
/// what they leave out is not touched. A path that may not be changed keeps no other from it. Repeating it after a crash goes on where it stopped. Restored files are durable when
/// this returns.
pub fn restore(
    subject: &Subject,
    tracker: &mut Tracker,
    root: &Root,
    rules: &Rules,
    target: &Address,
    hold: &Hold,
) -> Result<Restored, TreeError> {
    let before = tracker.take(subject, root, rules, hold)?;
    bring(subject, tracker, root, before, target)
}

/// The same, where a snapshot of what is there, `before`, was the last that the tracker took: what was changed since is left as it is.
pub fn bring(subject: &Subject, tracker: &Tracker, root: &Root, before: Taken, target: &Address) -> Result<Restored, TreeError> {
    let wanted = Snapshot::load(subject, target)?.root;
    let failed = |errno| TreeError::at(b".", errno);
    let dir = open_dir(root.as_fd(), c".").map_err(failed)?;
    let owner = Owner::of(root.as_fd()).map_err(failed)?;
    let mut work = Work { subject, tracker, owner, changed: Vec::new(), spared: Vec::new(), refused: Vec::new() };
    if before.snapshot.root != wanted {
        let (have, wanted) = (folder(subject, &before.snapshot.root)?, folder(subject, &wanted)?);
        work.folder(&dir, &have, &wanted, &mut Vec::new())?;
    }
    let Work { changed, spared, refused, .. } = work;
    Ok(Restored { before, changed, spared, refused })
}

struct Work<'w> {
    subject: &'w Subject,
    tracker: &'w Tracker,
    owner: Owner,
    changed: Vec<Vec<u8>>,
    spared: Vec<Vec<u8>>,
    refused: Vec<(Vec<u8>, Refusal)>,
}

impl Work<'_> {
    fn folder(&mut self, dir: &OwnedFd, have: &Folder, wanted: &Folder, path: &mut Vec<u8>) -> Result<(), TreeError> {
        let before = self.changed.len();
        let above = path.len();
        let mut names: Vec<&[u8]> = have.entries.iter().chain(&wanted.entries).map(|entry| entry.name.as_slice()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let (is, shall) = (have.get(name), wanted.get(name));
            if let (Some(is), Some(shall)) = (is, shall)
                && is.same(shall)
            {
                continue;
            }
            if above > 0 {
                path.push(b'/');
            }
            path.extend_from_slice(name);
            let length = path.len();
            match self.entry(dir, name, is, shall, path) {
                Err(TreeError::Refused { why, .. }) => self.refused.push((path[..length].to_vec(), why)),
                outcome => outcome?,
            }
            path.truncate(above);
        }
        if self.changed.len() > before {
            sync_folder(dir).map_err(|errno| TreeError::at(path, errno))?;
        }
        Ok(())
    }

    fn entry(&mut self, dir: &OwnedFd, name: &[u8], is: Option<&Item>, shall: Option<&Item>, path: &mut Vec<u8>) -> Result<(), TreeError> {
        match (is, shall) {
            (Some(Item::Folder { .. }), Some(Item::Folder { mode, name: wanted })) => {
                let wanted = folder(self.subject, wanted)?;
                self.subfolder(dir, name, is, &wanted, Some(*mode), path)
            }
            (Some(Item::File { content: old, .. }), Some(Item::File { content, mode, .. })) if old == content => {
                self.mode_of_file(dir, name, *mode, path)
            }
            (Some(Item::File { .. } | Item::Link { .. }), Some(Item::File { .. })) => self.write(dir, name, true, shall, path),
            (Some(Item::File { .. } | Item::Link { .. }), None) => self.remove(dir, name, path).map(drop),
            (Some(Item::File { .. } | Item::Link { .. }), Some(_)) => {
                if self.remove(dir, name, path)? {
                    return self.write(dir, name, false, shall, path);
                }
                Ok(())
            }
            (Some(Item::Folder { .. }), _) => {
                self.subfolder(dir, name, is, &Folder::default(), None, path)?;
                match rustix::fs::unlinkat(dir, name, AtFlags::REMOVEDIR) {
                    Ok(()) => self.changed.push(path.clone()),
                    Err(Errno::NOENT) => {}
                    // What is left out of snapshots lies in it, or somebody made something new.
                    Err(Errno::NOTEMPTY | Errno::EXIST | Errno::NOTDIR | Errno::BUSY) => {
                        self.spared.push(path.clone());
                        return Ok(());
                    }
                    Err(errno) => return Err(TreeError::at(path, errno)),
                }
                if shall.is_some() { self.write(dir, name, false, shall, path) } else { Ok(()) }
            }
            (None, Some(_)) => self.write(dir, name, false, shall, path),
            (None, None) => Ok(()),
        }
    }

    /// Goes into a folder that stands there, if it still is one. `mode`: what it is to have in the end.
    fn subfolder(
        &mut self,
        dir: &OwnedFd,
        name: &[u8],
        is: Option<&Item>,
        wanted: &Folder,
        mode: Option<u32>,
        path: &mut Vec<u8>,
    ) -> Result<(), TreeError> {
        let failed = |errno| TreeError::at(path, errno);
        let c_name = std::ffi::CString::new(name).map_err(|_| failed(Errno::INVAL))?;
        let opened = match open_dir(dir.as_fd(), &c_name) {
            Ok(opened) => opened,
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => {
                self.spared.push(path.clone());
                return Ok(());
            }
            Err(errno) => return Err(failed(errno)),
        };
        let has = rustix::fs::fstat(&opened).map_err(failed)?.st_mode & 0o3777;
        let have = match is {
            Some(Item::Folder { name, .. }) => folder(self.subject, name)?,
            _ => Folder::default(),
        };
        if has & 0o300 != 0o300 {
            rustix::fs::fchmod(&opened, Mode::from_raw_mode(has | 0o700)).map_err(failed)?;
        }
        let done = self.folder(&opened, &have, wanted, path);
        let end = mode.unwrap_or(has);
        if end != has || has & 0o300 != 0o300 {
            place::finish_folder(&opened, end).map_err(|errno| TreeError::at(path, errno))?;
        }
        if end != has {
            self.changed.push(path.clone());
        }
        done
    }

    /// Whether what stands at a name is what the snapshot of a moment ago found there.
    fn unchanged(&self, dir: BorrowedFd<'_>, name: &[u8], path: &[u8]) -> bool {
        let stamp = self.tracker.stamp_at(path);
        stamp.is_some() && rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW).ok().map(|stat| Stamp::of(&stat)) == stamp
    }

    fn mode_of_file(&mut self, dir: &OwnedFd, name: &[u8], mode: u32, path: &[u8]) -> Result<(), TreeError> {
        if !self.unchanged(dir.as_fd(), name, path) {
            self.spared.push(path.to_vec());
            return Ok(());
        }
        let failed = |errno| TreeError::at(path, errno);
        // Through a handle, so that no link put in its place is followed.
        let handle = open_beneath(dir.as_fd(), name, OFlags::PATH | OFlags::NOFOLLOW, Links::None).map_err(failed)?;
        let through = format!("/proc/self/fd/{}", handle.as_raw_fd());
        rustix::fs::chmodat(CWD, through.as_str(), Mode::from_raw_mode(mode & 0o1777), AtFlags::empty()).map_err(failed)?;
        self.changed.push(path.to_vec());
        Ok(())
    }

    /// True if it is gone.
    fn remove(&mut self, dir: &OwnedFd, name: &[u8], path: &[u8]) -> Result<bool, TreeError> {
        if !self.unchanged(dir.as_fd(), name, path) {
            self.spared.push(path.to_vec());
            return Ok(false);
        }
        match rustix::fs::unlinkat(dir, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(errno) => return Err(TreeError::at(path, errno)),
        }
        self.changed.push(path.to_vec());
        Ok(true)
    }

    /// Puts an item where a known file or link (`over`) or nothing stands.
    fn write(&mut self, dir: &OwnedFd, name: &[u8], over: bool, shall: Option<&Item>, path: &mut Vec<u8>) -> Result<(), TreeError> {
        let failed = |errno| TreeError::at(path, errno);
        let done = match shall {
            Some(Item::File { mode, content, .. }) => {
                let wanted = Regular { content, mode: *mode, mtime: None };
                place::replace(self.subject, dir.as_fd(), &wanted, self.owner, path, |temp| {
                    if !over {
                        return taken(temp.take_new(name));
                    }
                    // The last look before the rename; the moment between is as short as can be made.
                    if self.unchanged(dir.as_fd(), name, path) { temp.replace(name).map(|()| true) } else { Ok(false) }
                })?
            }
            Some(Item::Link { target }) => taken(place::link(dir.as_fd(), name, target, self.owner)).map_err(failed)?,
            Some(Item::Folder { mode, name: wanted }) => return self.make_folder(dir, name, *mode, wanted, path),
            None => return Ok(()),
        };
        let list = if done { &mut self.changed } else { &mut self.spared };
        list.push(path.clone());
        Ok(())
    }

    fn make_folder(&mut self, dir: &OwnedFd, name: &[u8], mode: u32, wanted: &Address, path: &mut Vec<u8>) -> Result<(), TreeError> {
        let wanted = folder(self.subject, wanted)?;
        match place::folder(dir.as_fd(), name, self.owner) {
            Ok(made) => {
                self.changed.push(path.clone());
                self.folder(&made, &Folder::default(), &wanted, path)?;
                place::finish_folder(&made, mode).map_err(|errno| TreeError::at(path, errno))
            }
            // A folder that snapshots leave out now and did not then: what lies in it stays, what is missing is added.
            Err(Errno::EXIST) => self.subfolder(dir, name, None, &wanted, None, path),
            Err(errno) => Err(TreeError::at(path, errno)),
        }
    }
}

/// False when somebody else has the name.
fn taken(outcome: Result<(), Errno>) -> Result<bool, Errno> {
    match outcome {
        Ok(()) => Ok(true),
        Err(Errno::EXIST) => Ok(false),
        Err(errno) => Err(errno),
    }
}
