//! What a sweep is asked for, what it is told to keep, and what it says.

use std::collections::HashSet;
use std::time::Duration;

use super::Address;

/// What is younger than this is never removed by the platform: blobs are stored a moment before the event that names them,
/// without holding the store.
pub const USUAL_GRACE: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sweep {
    /// Age below which a pack or a blob stays whatever marks say, by the time of its file.
    pub grace: Duration,
    /// Only say what would go.
    pub dry_run: bool,
}

impl Default for Sweep {
    fn default() -> Self {
        Self { grace: USUAL_GRACE, dry_run: true }
    }
}

/// Names that must stay.
#[derive(Debug, Default)]
pub struct Live {
    names: HashSet<Address>,
    perhaps: HashSet<Address>,
}

impl Live {
    /// True if it was not marked yet.
    pub fn add(&mut self, name: Address) -> bool {
        self.names.insert(name)
    }

    /// For what may be the name of something: it stays if it is stored, and is not missed otherwise.
    pub fn add_if_stored(&mut self, name: Address) {
        self.perhaps.insert(name);
    }

    pub fn contains(&self, name: &Address) -> bool {
        self.names.contains(name) || self.perhaps.contains(name)
    }

    /// What must be stored.
    pub(super) fn names(&self) -> impl Iterator<Item = &Address> {
        self.names.iter()
    }
}

/// A number of objects and their stored bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Total {
    pub objects: u64,
    pub bytes: u64,
}

impl Total {
    pub(super) fn count(&mut self, bytes: u64) {
        self.objects += 1;
        self.bytes += bytes;
    }
}

/// What a sweep found and did. Packs go as a whole or are written anew; one of which little is dead stays as it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Swept {
    /// Reached from a root.
    pub live: Total,
    /// Reached from none, but young.
    pub young: Total,
    /// Reached from none, in packs that are mostly live: they go when more of their pack is dead.
    pub later: Total,
    /// Removed, or to be removed when it was a dry run.
    pub removed: Total,
    /// Live objects that were, or would be, written into new packs.
    pub moved: Total,
    /// Objects of packs that could not be read in whole, which therefore stay.
    pub unreadable: Total,
    /// Roots that are live but not stored: blobs or objects that `mark` named and nobody has.
    pub missing: u64,
}
