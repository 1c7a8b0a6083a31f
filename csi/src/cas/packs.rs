//! The packs of a local store: the folder `packs` in it, whose files never change once they bear their names.
//!
//! A pack is written whole under a passing name, synced, renamed and the folder synced; several that belong together get their names when all are
//! written ([`super::drafts`]). So no crash leaves a torn one; a disk
//! that loses its index or its end costs what lay there and nothing before it. Where every object lies is kept in memory
//! (about 70 bytes for each) and read from the packs' indexes when the store is opened. Several processes may write one
//! store: each writes packs of its own, and looks for new ones before it says that an object is missing. What another process's
//! sweep removed is noticed by the epoch, whenever the store is held.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use rustix::fs::{AtFlags, Dir, Mode, OFlags};
use rustix::io::Errno;

use super::local::{from_errno, open_folder};
use super::pack::{self, Slot};
use super::{Address, CasError, Epoch, drafts, hold};
use crate::temp_file::{self, sync_folder};

const FOLDER: &str = "packs";
pub(super) const SUFFIX: &str = ".pack";

#[derive(Debug)]
pub(super) struct Packs {
    folder: OwnedFd,
    known: RwLock<Known>,
    /// The pack that was read last.
    open: Mutex<Option<(Arc<str>, Arc<File>)>>,
    /// In which `known` was looked up: a later one means that another process removed packs.
    known_in: Mutex<Epoch>,
}

#[derive(Debug, Default)]
struct Known {
    places: HashMap<Address, Place>,
    packs: HashSet<Arc<str>>,
    /// Objects whose records turned out to be damaged: gone, until they are written again.
    damaged: HashSet<Address>,
}

#[derive(Debug, Clone)]
struct Place {
    pack: Arc<str>,
    offset: u64,
    length: u32,
}

impl Packs {
    pub(super) fn open(root: &OwnedFd) -> Result<Self, CasError> {
        match rustix::fs::mkdirat(root, FOLDER, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(from_errno(errno)),
        }
        let folder = open_folder(root, FOLDER).map_err(from_errno)?;
        temp_file::sweep(&folder);
        let packs = Self { folder, known: RwLock::default(), open: Mutex::default(), known_in: Mutex::new(Epoch(0)) };
        // Who finds others at work leaves it to the next sweep.
        if let Ok(_alone) = hold::exclusive(&packs.folder) {
            drafts::clear(&packs);
        }
        packs.spare_epoch();
        *packs.known_in() = packs.epoch()?;
        packs.refresh()?;
        Ok(packs)
    }

    pub(super) fn folder(&self) -> &OwnedFd {
        &self.folder
    }

    pub(super) fn has(&self, name: &Address) -> bool {
        self.known().places.contains_key(name)
    }

    pub(super) fn read(&self, name: &Address) -> Result<Vec<u8>, CasError> {
        // A pack may have been written, or replaced by a sweep, since we looked last.
        for last in [false, true] {
            let place = self.known().places.get(name).cloned();
            if let Some(place) = place {
                match self.read_at(&place.pack, &Slot { name: *name, offset: place.offset, length: place.length }) {
                    Err(CasError::Missing(_)) => {}
                    Err(CasError::Damaged(_)) => {
                        let mut known = self.known_mut();
                        known.places.remove(name);
                        known.damaged.insert(*name);
                        return Err(CasError::Damaged(*name));
                    }
                    outcome => return outcome,
                }
            }
            if !last {
                self.refresh()?;
            }
        }
        if self.known().damaged.contains(name) { Err(CasError::Damaged(*name)) } else { Err(CasError::Missing(*name)) }
    }

    /// `Missing` when the pack is gone or too short.
    pub(super) fn read_at(&self, pack: &Arc<str>, slot: &Slot) -> Result<Vec<u8>, CasError> {
        let file = match self.file(pack) {
            Ok(file) => file,
            Err(Errno::NOENT) => return Err(CasError::Missing(slot.name)),
            Err(errno) => return Err(from_errno(errno)),
        };
        match pack::read(&file, slot).map_err(unavailable)? {
            Some(outcome) => outcome,
            None => Err(CasError::Damaged(slot.name)),
        }
    }

    fn file(&self, pack: &Arc<str>) -> Result<Arc<File>, Errno> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((name, file)) = open.as_ref()
            && name == pack
        {
            return Ok(Arc::clone(file));
        }
        let file = Arc::new(self.open_pack(pack)?);
        *open = Some((Arc::clone(pack), Arc::clone(&file)));
        Ok(file)
    }

    fn open_pack(&self, name: &str) -> Result<File, Errno> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        rustix::fs::openat(&self.folder, name, flags, Mode::empty()).map(File::from)
    }

    /// Takes note of packs that were published, durably.
    pub(super) fn add(&self, packs: &[(Arc<str>, Vec<Slot>)]) {
        let mut known = self.known_mut();
        for (name, slots) in packs {
            known.add(name, slots);
        }
    }

    /// Forgets what another process has removed since we looked; asked by who holds the store, so that nothing goes afterwards.
    pub(super) fn follow_sweeps(&self) -> Result<(), CasError> {
        let mut known_in = self.known_in();
        let now = self.epoch()?;
        if *known_in != now {
            self.refresh()?;
            *known_in = now;
        }
        Ok(())
    }

    fn known_in(&self) -> MutexGuard<'_, Epoch> {
        self.known_in.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of packs that came and went.
    pub(super) fn refresh(&self) -> Result<(), CasError> {
        let there = self.list()?;
        let (new, gone): (Vec<_>, bool) = {
            let known = self.known();
            let new = there.iter().filter(|name| !known.packs.contains(name.as_ref())).cloned().collect();
            (new, known.packs.iter().any(|name| !there.contains(name)))
        };
        if gone {
            let mut known = self.known_mut();
            known.packs.retain(|name| there.contains(name));
            known.places.retain(|_, place| there.contains(&place.pack));
        }
        for name in new {
            match self.slots(&name) {
                Ok(slots) => self.known_mut().add(&name, &slots),
                Err(CasError::Missing(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Names of all packs that lie in the folder now.
    pub(super) fn list(&self) -> Result<HashSet<Arc<str>>, CasError> {
        let mut names = HashSet::new();
        for entry in Dir::read_from(&self.folder).map_err(from_errno)? {
            let entry = entry.map_err(from_errno)?;
            if let Ok(name) = entry.file_name().to_str()
                && name.ends_with(SUFFIX)
            {
                names.insert(name.into());
            }
        }
        Ok(names)
    }

    /// What lies in a pack, as its index says.
    pub(super) fn slots(&self, name: &str) -> Result<Vec<Slot>, CasError> {
        let file = match self.open_pack(name) {
            Ok(file) => file,
            Err(Errno::NOENT) => return Err(CasError::Missing(Address::from_bytes([0; 32]))),
            Err(errno) => return Err(from_errno(errno)),
        };
        let (slots, whole) = pack::load(&file).map_err(unavailable)?;
        if !whole {
            tracing::warn!(pack = name, found = slots.len(), "a pack's index is damaged; its records were read instead");
        }
        Ok(slots)
    }

    /// Removes packs; the caller knows that nothing in them is needed, or that it lies elsewhere too.
    pub(super) fn remove(&self, packs: &[Arc<str>]) -> Result<(), CasError> {
        for name in packs {
            match rustix::fs::unlinkat(&self.folder, name.as_ref(), AtFlags::empty()) {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(errno) => return Err(from_errno(errno)),
            }
        }
        sync_folder(&self.folder).map_err(from_errno)?;
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = None;
        *self.known_mut() = Known::default();
        self.refresh()
    }

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn known_mut(&self) -> RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn add(&mut self, name: &Arc<str>, slots: &[Slot]) {
        self.packs.insert(Arc::clone(name));
        for slot in slots {
            self.damaged.remove(&slot.name);
            self.places.insert(slot.name, Place { pack: Arc::clone(name), offset: slot.offset, length: slot.length });
        }
    }
}

fn unavailable(error: std::io::Error) -> CasError {
    from_errno(Errno::from_io_error(&error).unwrap_or(Errno::IO))
}
