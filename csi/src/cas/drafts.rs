//! Packs that are on the disk and that nobody finds yet: they bear names of their own until all that belongs together is written.
//!
//! So nobody leans on what may still fail, and what failed is removed at once, without a lock and without asking who else names it. What a crash
//! left of them is removed when nobody holds the store: whoever writes drafts holds it.

use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::fs::{AtFlags, Dir};
use rustix::io::Errno;

use super::local::from_errno;
use super::pack::{Pack, Slot};
use super::packs::{Packs, SUFFIX};
use super::{Address, Batch, CasError};
use crate::temp_file::{TempFile, sync_folder};

/// Ends the name of a pack until it is published.
const DRAFT: &str = ".draft";

struct Draft {
    /// Without its end.
    name: String,
    slots: Vec<Slot>,
}

/// What is written together; removed when it is dropped before it was published.
pub(super) struct Drafts<'p> {
    packs: &'p Packs,
    written: Mutex<Vec<Draft>>,
}

impl<'p> Drafts<'p> {
    pub(super) fn new(packs: &'p Packs) -> Self {
        Self { packs, written: Mutex::default() }
    }

    fn written(&self) -> MutexGuard<'_, Vec<Draft>> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Batch for Drafts<'_> {
    fn write(&self, objects: &[(Address, Vec<u8>)]) -> Result<(), CasError> {
        if objects.is_empty() {
            return Ok(());
        }
        let pack = Pack::of(objects)?;
        let name = format!("{:032x}", rand::random::<u128>());
        let mut temp = TempFile::create(self.packs.folder().as_fd()).map_err(from_errno)?;
        temp.fill_with(&pack.pieces()).map_err(from_errno)?;
        temp.take_new(format!("{name}{DRAFT}").as_str()).map_err(from_errno)?;
        self.written().push(Draft { name, slots: pack.slots });
        Ok(())
    }

    fn publish(self: Box<Self>) -> Result<(), CasError> {
        let folder = self.packs.folder();
        let mut published = Vec::new();
        // In the order in which they were written: what names others comes after them, also where a crash breaks this off.
        self.written().reverse();
        // Those that were not reached when one fails are removed with the rest of the batch; whoever finds the others already may lean on them.
        while let Some(draft) = { self.written().pop() } {
            let (from, to) = (format!("{}{DRAFT}", draft.name), format!("{}{SUFFIX}", draft.name));
            if let Err(errno) = rustix::fs::renameat(folder, from.as_str(), folder, to.as_str()) {
                self.written().push(draft);
                return Err(from_errno(errno));
            }
            published.push((Arc::from(to), draft.slots));
        }
        if published.is_empty() {
            return Ok(());
        }
        sync_folder(folder).map_err(from_errno)?;
        self.packs.add(&published);
        Ok(())
    }
}

impl Drop for Drafts<'_> {
    fn drop(&mut self) {
        for draft in self.written().drain(..) {
            remove(self.packs, format!("{}{DRAFT}", draft.name).as_str());
        }
    }
}

fn remove(packs: &Packs, name: impl rustix::path::Arg) {
    match rustix::fs::unlinkat(packs.folder(), name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(errno) => tracing::warn!(%errno, "a draft of a pack could not be removed; it is removed later"),
    }
}

/// Removes what crashed writers left; asked by who keeps all writers away. Best effort: it is in nobody's way.
pub(super) fn clear(packs: &Packs) {
    let Ok(entries) = Dir::read_from(packs.folder()) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_bytes().ends_with(DRAFT.as_bytes()) {
            remove(packs, entry.file_name());
        }
    }
}
