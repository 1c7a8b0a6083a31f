//! Compare-and-set of one path: atomic for every reader, durable when it returns, harmless when repeated.

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::os::fd::AsFd;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use rustix::fs::{AtFlags, Mode, StatxFlags};
use rustix::io::Errno;

use super::current::Current;
use super::error::FileError;
use super::parent::Parent;
use super::path::ProjectPath;
use super::read::hash_of;
use super::root::{Identity, Root};
use super::{MAX_FILE_BYTES, git_guard};
use crate::temp_file::{self, TempFile, sync_folder};

/// How often a file that changes under our hands is looked at again before giving up.
const MAX_ATTEMPTS: usize = 16;

/// Permission bits of a new file when none are given.
const NEW_FILE_MODE: u32 = 0o644;

/// One exact change of one path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    pub path: String,
    /// Hash the file has before; `None`: it must not exist.
    pub before: Option<String>,
    /// Content after; `None`: it is deleted.
    pub after: Option<Bytes>,
    /// Permission bits (0o777); `None` keeps the old ones, 0644 for a new file.
    pub mode: Option<u32>,
    /// Lets the change touch `.git`; never for an agent.
    pub allow_git: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Applied {
    Done,
    /// The file already stood as the change would leave it.
    Already,
    /// The file is neither as before nor as after; nothing was changed.
    Conflict {
        actual: Option<String>,
    },
}

/// Applies a change; see [`super`] for what is promised about links, crashes and other writers.
pub fn apply(root: &Root, change: &Change) -> Result<Applied, FileError> {
    let path = ProjectPath::file(&change.path)?;
    if !change.allow_git {
        git_guard::refuse_named(&path)?;
    }
    if path.names().any(temp_file::is_passing_name) {
        return Err(FileError::forbidden(path.as_str(), "this name is kept for files that are being written"));
    }
    let size = change.after.as_ref().map_or(0, |bytes| bytes.len() as u64);
    if size > MAX_FILE_BYTES {
        return Err(FileError::TooLarge { path: path.as_str().into(), size, limit: MAX_FILE_BYTES });
    }
    let after = change.after.as_ref().map(|bytes| After { bytes, hash: hash_of(bytes) });
    for _ in 0..MAX_ATTEMPTS {
        if let Some(applied) = attempt(root, &path, change, after.as_ref())? {
            return Ok(applied);
        }
    }
    Err(FileError::failed(path.as_str(), "is changed by another program all the time; try again"))
}

struct After<'c> {
    bytes: &'c Bytes,
    hash: String,
}

/// One try; `None` if the file changed under our hands.
fn attempt(root: &Root, path: &ProjectPath, change: &Change, after: Option<&After<'_>>) -> Result<Option<Applied>, FileError> {
    let mut parent = match (Parent::existing(root, path)?, after, &change.before) {
        (Some(parent), ..) => parent,
        (None, None, _) => return Ok(Some(Applied::Already)),
        (None, Some(_), Some(_)) => return Ok(Some(Applied::Conflict { actual: None })),
        (None, Some(_), None) => Parent::made(root, path, change.allow_git)?,
    };
    let outcome = attempt_in(root, &parent, path, change, after);
    if !matches!(outcome, Ok(Some(Applied::Done))) {
        parent.unmake();
    }
    outcome
}

fn attempt_in(
    root: &Root,
    parent: &Parent,
    path: &ProjectPath,
    change: &Change,
    after: Option<&After<'_>>,
) -> Result<Option<Applied>, FileError> {
    let failed = |errno| FileError::from_errno(path.as_str(), errno);
    let folder = Identity::of_fd(&parent.dir).map_err(failed)?;
    let _turn = turn_of(folder, path.name());
    if !change.allow_git {
        git_guard::refuse_within(root, &parent.dir, path)?;
    }
    let Some(current) = Current::look(&parent.dir, path)? else { return Ok(None) };
    if after.is_some() && matches!(current, Current::Link { .. }) {
        let why = "is a symbolic link, and writes never go through a link; write to the file it leads to";
        return Err(FileError::forbidden(path.as_str(), why));
    }
    let as_before = current.hash() == change.before.as_deref();
    let as_after = current.hash() == after.map(|after| after.hash.as_str());
    if as_after && has_mode(&current, change.mode) {
        // Who did it may have died before it was durable, and our caller relies on that.
        current.sync().and_then(|()| sync_folder(&parent.dir)).map_err(failed)?;
        return Ok(Some(Applied::Already));
    }
    if !as_before && !as_after {
        return Ok(Some(Applied::Conflict { actual: current.hash().map(str::to_owned) }));
    }
    let changed = match after {
        Some(after) => write(parent, folder, path, &current, after.bytes, change.mode),
        None => delete(parent, path, &current),
    };
    match changed {
        Ok(true) => Ok(Some(Applied::Done)),
        Ok(false) => Ok(None),
        Err(errno) => Err(failed(errno)),
    }
}

fn has_mode(current: &Current, wanted: Option<u32>) -> bool {
    match (current, wanted) {
        (Current::File { stat, .. }, Some(mode)) => stat.st_mode & 0o777 == mode & 0o777,
        _ => true,
    }
}

/// False if the file changed under our hands.
fn write(parent: &Parent, folder: Identity, path: &ProjectPath, current: &Current, bytes: &[u8], mode: Option<u32>) -> Result<bool, Errno> {
    sweep_once(parent, folder);
    let mut temp = TempFile::create(parent.dir.as_fd())?;
    let old = match current {
        Current::File { stat, .. } => Some(stat),
        _ => None,
    };
    if let Some(old) = old {
        // Only root may give files away; for everybody else the file is theirs already or becomes theirs.
        let _ = rustix::fs::fchown(temp.file(), Some(rustix::fs::Uid::from_raw(old.st_uid)), Some(rustix::fs::Gid::from_raw(old.st_gid)));
    }
    let mode = mode.or(old.map(|stat| stat.st_mode)).unwrap_or(NEW_FILE_MODE) & 0o777;
    rustix::fs::fchmod(temp.file(), Mode::from_raw_mode(mode))?;
    temp.fill(bytes)?;
    if !current.still_stands(&parent.dir, path) {
        return Ok(false);
    }
    if old.is_some() {
        temp.replace(path.name())?;
    } else {
        match temp.take_new(path.name()) {
            Err(Errno::EXIST) => return Ok(false),
            outcome => outcome?,
        }
    }
    sync_folder(&parent.dir)?;
    Ok(true)
}

/// False if the file changed under our hands.
fn delete(parent: &Parent, path: &ProjectPath, current: &Current) -> Result<bool, Errno> {
    if !current.still_stands(&parent.dir, path) {
        return Ok(false);
    }
    match rustix::fs::unlinkat(&parent.dir, path.name(), AtFlags::empty()) {
        Ok(()) => sync_folder(&parent.dir).map(|()| true),
        Err(Errno::NOENT) => Ok(false),
        Err(errno) => Err(errno),
    }
}

/// Changes of the same file take turns in this process; different files may share a turnstile, which only costs time.
fn turn_of(folder: Identity, name: &[u8]) -> MutexGuard<'static, ()> {
    static TURNS: [Mutex<()>; 64] = [const { Mutex::new(()) }; 64];
    let mut hasher = DefaultHasher::new();
    (folder, name).hash(&mut hasher);
    let at = usize::try_from(hasher.finish() % TURNS.len() as u64).unwrap_or_default();
    TURNS[at].lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes what a crashed server left in this folder, at the first write to it: later leftovers are not ours, because
/// this process removes its own.
fn sweep_once(parent: &Parent, folder: Identity) {
    /// Folders remembered; when there are more, all are forgotten and swept again, which is only slower.
    const MAX_REMEMBERED: usize = 10_000;
    /// A folder, and when it was born (seconds and nanoseconds) where the file system says it.
    type Remembered = (Identity, Option<(i64, u32)>);
    static SWEPT: Mutex<Option<HashSet<Remembered>>> = Mutex::new(None);
    // The number of a folder that is gone is given to another, which was born later.
    let born = rustix::fs::statx(&parent.dir, c"", AtFlags::EMPTY_PATH, StatxFlags::BTIME).ok();
    let born =
        born.filter(|stat| stat.stx_mask & StatxFlags::BTIME.bits() != 0).map(|stat| (stat.stx_btime.tv_sec, stat.stx_btime.tv_nsec));
    let mut remembered = SWEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let swept = remembered.get_or_insert_with(HashSet::new);
    if swept.len() >= MAX_REMEMBERED {
        swept.clear();
    }
    let first = swept.insert((folder, born));
    drop(remembered);
    if first {
        temp_file::sweep(&parent.dir);
    }
}
