//! Folders that snapshots are taken of: what is known of each, and how a working copy is made and removed.

use std::collections::HashMap;
use std::ffi::{CString, OsStr};
use std::fs::{DirBuilder, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opensail_commands::ports::snapshots::{SnapshotError, Total, WorkingCopy};
use opensail_csi::cas::{Address, Hold, Subject};
use opensail_csi::fileops::{Root, remove_root};
use opensail_csi::tree::{self, Near, Rules, Tracker};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Tried;
use super::translate::failed;
use crate::crash::crash_point;

/// Folders whose index is kept in memory; some 200 bytes for each of its files.
const REMEMBERED: usize = 32;
/// Files that the next start may have to read again because an index is not written after each look: writing it takes longer than a
/// capture of one changed file.
const UNSAVED: u64 = 256;
/// What a working copy is called while it is made, before its id and an id of the attempt.
const DRAFT: &str = ".making-";
/// What a half-made one is called while it is removed, before an id. Nobody makes anything under such a name, so whoever finds one may remove it.
const RUBBISH: &str = ".removing-";

/// One folder's index, which one capture at a time uses.
type Known = Arc<Mutex<Option<Tracker>>>;

pub(super) struct Folders {
    indexes: PathBuf,
    known: Mutex<HashMap<PathBuf, (Known, u64)>>,
}

impl Folders {
    pub(super) fn new(indexes: PathBuf) -> Self {
        Self { indexes, known: Mutex::default() }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<PathBuf, (Known, u64)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works with what is known of a folder, alone.
    pub(super) fn with<T>(&self, subject: &Subject, root: &Path, work: impl FnOnce(&mut Tracker) -> Tried<T>) -> Tried<T> {
        let known = self.entry(root);
        let mut slot = known.lock().unwrap_or_else(PoisonError::into_inner);
        let file = self.index_of(root);
        let tracker = slot.get_or_insert_with(|| Tracker::load(subject, &file));
        let done = work(tracker)?;
        if tracker.unsaved() >= UNSAVED {
            let (known, subject, indexes) = (Arc::clone(&known), subject.clone(), self.indexes.clone());
            // Whoever asked need not wait for it. What it waits for is this look's end.
            tokio::task::spawn_blocking(move || save(&known, &subject, &indexes, &file));
        }
        Ok(done)
    }

    fn entry(&self, root: &Path) -> Known {
        let mut known = self.known();
        let turn = known.values().map(|(_, turn)| *turn).max().unwrap_or(0) + 1;
        if let Some((entry, last)) = known.get_mut(root) {
            *last = turn;
            return entry.clone();
        }
        if known.len() >= REMEMBERED
            && let Some(oldest) = known.iter().min_by_key(|(_, (_, turn))| *turn).map(|(root, _)| root.clone())
        {
            known.remove(&oldest);
        }
        let entry = Known::default();
        known.insert(root.to_path_buf(), (entry.clone(), turn));
        entry
    }

    pub(super) fn forget(&self, root: &Path) {
        let known = self.known().remove(root).map(|(known, _)| known);
        let mut slot = known.as_ref().map(|known| known.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(slot) = &mut slot {
            **slot = None;
        }
        // It may never have been there.
        let _ = std::fs::remove_file(self.index_of(root));
    }

    fn index_of(&self, root: &Path) -> PathBuf {
        let digest = Sha256::digest(root.as_os_str().as_bytes());
        self.indexes.join(digest[..16].iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    }
}

/// Keeps a folder's index, unless it was kept or forgotten meanwhile. A cache: without it the next start reads the folder anew.
fn save(known: &Mutex<Option<Tracker>>, subject: &Subject, indexes: &Path, file: &Path) {
    let mut slot = known.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(tracker) = slot.as_mut().filter(|tracker| tracker.unsaved() >= UNSAVED) else { return };
    let made = DirBuilder::new().recursive(true).mode(0o700).create(indexes).map_err(|error| error.to_string());
    if let Err(error) = made.and_then(|()| tracker.save(subject, file).map_err(|error| error.to_string())) {
        tracing::warn!(error, "the index of a folder could not be kept");
    }
}

/// Removes what killed processes left half made in a folder of working copies. Nobody waits for it who makes one meanwhile.
pub(super) fn clear_drafts(copies: &Path) {
    set_drafts_aside(copies);
    for rubbish in named(copies, RUBBISH) {
        match remove(&rubbish) {
            Ok(()) => tracing::info!("removed a working copy that was half made"),
            Err(error) => tracing::warn!(%error, "a half-made working copy remains"),
        }
    }
}

/// Who makes a copy holds the folder's lock shared, so whoever has it alone knows that nobody is at one; else this is left for the next time.
/// Whoever would make one waits for the lock, so it is held for renames alone, and not while what may be a large tree is removed.
fn set_drafts_aside(copies: &Path) {
    let Ok(folder) = File::open(copies) else { return };
    if folder.try_lock().is_err() {
        return;
    }
    for draft in named(copies, DRAFT) {
        let rubbish = copies.join(format!("{RUBBISH}{}", Uuid::now_v7()));
        if let Err(error) = std::fs::rename(&draft, rubbish) {
            tracing::warn!(%error, "a half-made working copy remains");
        }
    }
}

fn named(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_name().as_bytes().starts_with(prefix.as_bytes())).map(|entry| entry.path()).collect()
}

/// Makes `into` whole under a passing name and renames it; false if it was there, or somebody else was quicker. What crashes left of
/// earlier tries is removed first.
pub(super) fn lay_out(
    folders: &Folders,
    subject: &Subject,
    rules: &Rules,
    snapshot: &Address,
    (near, into): (&Path, &Path),
    hold: &Hold,
) -> Result<bool, SnapshotError> {
    let io = |error: std::io::Error| SnapshotError::Files(format!("{}: {error}", into.display()));
    if into.symlink_metadata().is_ok() {
        return Ok(false);
    }
    let (Some(parent), Some(name)) = (into.parent(), into.file_name().and_then(OsStr::to_str)) else {
        return Err(SnapshotError::Files(format!("{} is no place for a working copy", into.display())));
    };
    DirBuilder::new().recursive(true).mode(0o700).create(parent).map_err(io)?;
    clear_drafts(parent);
    let making = File::open(parent).map_err(io)?;
    match making.lock_shared() {
        Ok(()) => {}
        // Where folders cannot be locked nobody clears either.
        Err(error) => tracing::debug!(%error, "the folder of working copies cannot be locked"),
    }
    // Of this attempt alone: somebody else may be making the same copy.
    let draft = format!("{DRAFT}{name}-{}", Uuid::now_v7());
    let made = parent.join(&draft);
    crash_point!("before_lay_out");
    let draft_name = CString::new(draft).map_err(|error| SnapshotError::Files(error.to_string()))?;
    let fork = |near: Option<Near<'_>>| tree::fork(subject, near, rules, snapshot, (parent, &draft_name), hold);
    let forked = match Root::open(near) {
        Ok(source) => folders.with(subject, near, |tracker| fork(Some(Near { root: &source, tracker }))),
        Err(error) => {
            // All that it could spare us is the writing.
            tracing::debug!(%error, "no folder nearby to share files with");
            fork(None)
        }
    };
    let named = forked.map_err(failed).and_then(|_| {
        crash_point!("before_copy_named");
        match std::fs::rename(&made, into) {
            Ok(()) => Ok(true),
            Err(_) if into.symlink_metadata().is_ok() => Ok(false),
            Err(error) => Err(io(error)),
        }
    });
    if !matches!(named, Ok(true)) {
        remove(&made)?;
        return named;
    }
    making.sync_all().map_err(io)?;
    crash_point!("after_copy_named");
    Ok(true)
}

/// Names that are no text are nobody's copies.
pub(super) fn copies(beneath: &Path) -> Result<Vec<WorkingCopy>, SnapshotError> {
    let io = |error: std::io::Error| SnapshotError::Files(format!("{}: {error}", beneath.display()));
    let entries = match std::fs::read_dir(beneath) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(io)?,
    };
    let mut copies = Vec::new();
    for entry in entries {
        let entry = entry.map_err(io)?;
        if let Some(name) = entry.file_name().to_str() {
            copies.push(WorkingCopy { name: name.to_owned(), root: entry.path() });
        }
    }
    Ok(copies)
}

/// Links are counted and not followed.
pub(super) fn size(root: &Path) -> Result<Total, SnapshotError> {
    let io = |error: std::io::Error| SnapshotError::Files(format!("{}: {error}", root.display()));
    let (mut total, mut folders) = (Total::default(), vec![root.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        let Ok(found) = folder.symlink_metadata() else { continue };
        if !found.is_dir() {
            total = Total { objects: total.objects + 1, bytes: total.bytes + found.len() };
            continue;
        }
        for entry in std::fs::read_dir(&folder).map_err(io)? {
            folders.push(entry.map_err(io)?.path());
        }
    }
    Ok(total)
}

/// Removes a working copy, a subvolume or a plain folder; never through a link.
pub(super) fn remove(copy: &Path) -> Result<(), SnapshotError> {
    let Ok(found) = copy.symlink_metadata() else { return Ok(()) };
    if !found.is_dir() {
        // A link that somebody put there goes, and what it names stays.
        return std::fs::remove_file(copy).map_err(|error| SnapshotError::Files(format!("{}: {error}", copy.display())));
    }
    if let Ok(root) = Root::open(copy)
        && tree::subvolume(&root).ok().flatten().is_some()
    {
        let (Some(parent), Some(name)) = (copy.parent(), copy.file_name()) else { return Ok(()) };
        let name = CString::new(name.as_bytes()).map_err(|error| SnapshotError::Files(error.to_string()))?;
        let parent = Root::open(parent).map_err(|error| failed(error.into()))?;
        drop(root);
        match tree::delete_subvolume(&parent, &name) {
            Ok(()) => return Ok(()),
            // Without the right to, it is emptied like any folder.
            Err(error) => tracing::debug!(%error, "a subvolume could not be deleted at once"),
        }
    }
    remove_root(copy).map_err(|error| failed(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_made_copies_are_set_aside_under_the_lock_and_removed_without_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let copies = folder.path();
        for half in [".making-one/in", ".making-two", ".removing-before-a-crash/in", "living"] {
            std::fs::create_dir_all(copies.join(half)).expect("folders");
        }
        set_drafts_aside(copies);
        // What there is to remove is all there still, and the next one who makes a copy waits for nobody.
        assert_eq!((named(copies, DRAFT).len(), named(copies, RUBBISH).len()), (0, 3));
        File::open(copies).expect("open").try_lock().expect("nobody holds it");
        clear_drafts(copies);
        assert_eq!(named(copies, "").iter().map(|left| left.file_name()).collect::<Vec<_>>(), [Some(OsStr::new("living"))]);
    }
}
