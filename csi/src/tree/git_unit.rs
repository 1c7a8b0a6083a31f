//! What lies beneath a `.git` is one thing in a merge: it is kept whole or taken whole, and never marked. A repository half of one side
//! and half of the other names commits that are not there.
//!
//! Its stores of objects are no part of what is compared, and what is taken keeps those of what was there: objects are named by what they
//! hold and may be needed by a reference, a reflog or a person who looks for them. So they are added and never removed, unless the whole
//! repository goes. A `.git` that is a file (of a worktree or a submodule) names a folder, and is one thing anyway.

use super::TreeError;
use super::entry::{Folder, Item};
use super::load::folder;
use super::merge::{Work, is_folder, names, same};
use crate::cas::{Address, Kind};

/// Where a folder lies in a repository.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// `.git` itself, or the repository of a submodule.
    Repository,
    /// Holds repositories of submodules, whose names may have slashes.
    Modules,
    Lfs,
    /// A store of objects, or a folder in one.
    Objects,
    Elsewhere,
}

impl Work<'_> {
    /// What becomes of the `.git` at `path`.
    pub(super) fn unit(
        &mut self,
        base: Option<&Item>,
        ours: Option<&Item>,
        theirs: Option<&Item>,
        path: &[u8],
    ) -> Result<Option<Item>, TreeError> {
        if self.alike(ours, theirs, Place::Repository)? || self.alike(theirs, base, Place::Repository)? {
            return Ok(ours.cloned());
        }
        if self.alike(ours, base, Place::Repository)? || (self.wish.resumes && self.on_the_way(base, ours, theirs, Place::Repository)?) {
            return self.taken(theirs, ours);
        }
        match self.conflict(base, ours, theirs, None, path)? {
            Some(item) if same(Some(&item), theirs) => self.taken(theirs, ours),
            decided => Ok(decided),
        }
    }

    fn beneath(&self, place: Place, name: &[u8], item: Option<&Item>) -> Result<Place, TreeError> {
        Ok(match (place, name) {
            (Place::Objects, _) | (Place::Repository | Place::Lfs, b"objects") => Place::Objects,
            (Place::Repository, b"lfs") => Place::Lfs,
            (Place::Repository, b"modules") => Place::Modules,
            (Place::Modules, _) if self.read(item)?.get(b"HEAD").is_some() => Place::Repository,
            (Place::Modules, _) => Place::Modules,
            (Place::Repository | Place::Lfs | Place::Elsewhere, _) => Place::Elsewhere,
        })
    }

    fn read(&self, item: Option<&Item>) -> Result<Folder, TreeError> {
        match item {
            Some(Item::Folder { name, .. }) => folder(self.subject, name),
            _ => Ok(Folder::default()),
        }
    }

    /// Whether two sides are the same but for times and stores of objects.
    fn alike(&self, one: Option<&Item>, other: Option<&Item>, place: Place) -> Result<bool, TreeError> {
        if place == Place::Objects || same(one, other) {
            return Ok(true);
        }
        let (Some(Item::Folder { mode, .. }), Some(Item::Folder { mode: other_mode, .. })) = (one, other) else { return Ok(false) };
        if mode != other_mode {
            return Ok(false);
        }
        let (one, other) = (self.read(one)?, self.read(other)?);
        for name in names([&one, &other]) {
            let (here, there) = (one.get(name), other.get(name));
            let place = self.beneath(place, name, here.or(there))?;
            if !self.alike(here, there, place)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether each part of ours is that of the base or that of theirs: going from the one to the other was broken off.
    fn on_the_way(&self, base: Option<&Item>, ours: Option<&Item>, theirs: Option<&Item>, place: Place) -> Result<bool, TreeError> {
        if place == Place::Objects || same(ours, base) || same(ours, theirs) {
            return Ok(true);
        }
        if !is_folder(ours) {
            // A file that gives way to a folder, or the other way round, is gone for a moment.
            return Ok(ours.is_none() && is_folder(base) != is_folder(theirs));
        }
        let (in_base, in_ours, in_theirs) = (self.read(base)?, self.read(ours)?, self.read(theirs)?);
        for name in names([&in_base, &in_ours, &in_theirs]) {
            let (base, ours, theirs) = (in_base.get(name), in_ours.get(name), in_theirs.get(name));
            let place = self.beneath(place, name, ours.or(theirs).or(base))?;
            if !self.on_the_way(base, ours, theirs, place)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Theirs, with the objects that ours has besides.
    fn taken(&self, theirs: Option<&Item>, ours: Option<&Item>) -> Result<Option<Item>, TreeError> {
        let (Some(Item::Folder { mode, .. }), Some(Item::Folder { .. })) = (theirs, ours) else { return Ok(theirs.cloned()) };
        let name = self.with_objects(self.read(theirs)?, &self.read(ours)?, Place::Repository)?;
        Ok(Some(Item::Folder { mode: *mode, name }))
    }

    fn with_objects(&self, mut taken: Folder, ours: &Folder, place: Place) -> Result<Address, TreeError> {
        for entry in &ours.entries {
            let place = self.beneath(place, &entry.name, Some(&entry.item))?;
            match taken.entries.binary_search_by(|known| known.name.cmp(&entry.name)) {
                Err(at) if place == Place::Objects => taken.entries.insert(at, entry.clone()),
                Ok(at) if place != Place::Elsewhere && is_folder(Some(&entry.item)) => {
                    if let Item::Folder { mode, .. } = taken.entries[at].item {
                        let within = self.read(Some(&taken.entries[at].item))?;
                        let name = self.with_objects(within, &self.read(Some(&entry.item))?, place)?;
                        taken.entries[at].item = Item::Folder { mode, name };
                    }
                }
                Ok(_) | Err(_) => {}
            }
        }
        Ok(self.writer.put(Kind::Folder, &taken.encode())?)
    }
}
