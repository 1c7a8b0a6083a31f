//! Snapshots: the folded state of a stream at a version, kept so that a long stream need not be read again.
//!
//! Only a cache. A snapshot is found again only for the same type and the same schema of its state, and losing all of
//! them changes nothing but the time a load takes.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::envelope::StreamId;
use crate::journal::ReadError;

/// States kept in memory, and their bytes altogether.
pub const MAX_SNAPSHOTS: usize = 1024;
pub const MAX_SNAPSHOT_BYTES: usize = 64 * 1024 * 1024;

/// What a snapshot is of; the hash names the shape of the state, so that a new release does not read an old one's.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SnapshotKey {
    pub stream: StreamId,
    pub aggregate_type: String,
    pub schema_hash: [u8; 32],
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Snapshot {
    /// Version of the stream that the state was folded up to.
    pub version: u64,
    /// Private fields must be sealed or left out: this is stored.
    pub state: Arc<[u8]>,
}

/// A table of snapshots; one per stream and type, a newer version replaces an older one.
#[async_trait]
pub trait SnapshotTable: Send + Sync + 'static {
    async fn load(&self, key: &SnapshotKey) -> Result<Option<Snapshot>, ReadError>;
    async fn save(&self, key: &SnapshotKey, snapshot: &Snapshot) -> Result<(), ReadError>;
    async fn forget(&self, stream: &StreamId) -> Result<(), ReadError>;
}

/// The table with the recently used states in memory before it.
pub struct Snapshots {
    table: Arc<dyn SnapshotTable>,
    recent: Mutex<Recent>,
}

#[derive(Default)]
struct Recent {
    states: HashMap<SnapshotKey, (u64, Snapshot)>,
    /// Last use to key, the oldest first.
    order: BTreeMap<u64, SnapshotKey>,
    uses: u64,
    bytes: usize,
}

impl Snapshots {
    pub fn new(table: Arc<dyn SnapshotTable>) -> Self {
        Snapshots { table, recent: Mutex::default() }
    }

    /// A failing table is a miss: the caller folds the stream.
    pub async fn load(&self, key: &SnapshotKey) -> Option<Snapshot> {
        if let Some(found) = self.recent().get(key) {
            return Some(found);
        }
        match self.table.load(key).await {
            Ok(Some(found)) => {
                self.recent().put(key.clone(), found.clone());
                Some(found)
            }
            Ok(None) => None,
            Err(error) => {
                tracing::warn!(%error, stream = %key.stream, "a snapshot could not be read");
                None
            }
        }
    }

    /// Keeps a state in memory only.
    pub fn remember(&self, key: SnapshotKey, snapshot: Snapshot) {
        self.recent().put(key, snapshot);
    }

    /// Keeps a state in memory and in the table; a failing table is only a warning.
    pub async fn save(&self, key: SnapshotKey, snapshot: Snapshot) {
        self.recent().put(key.clone(), snapshot.clone());
        if let Err(error) = self.table.save(&key, &snapshot).await {
            tracing::warn!(%error, stream = %key.stream, "a snapshot could not be stored");
        }
    }

    /// Drops every state of a stream, e.g. after its private fields were forgotten.
    pub async fn forget(&self, stream: &StreamId) -> Result<(), ReadError> {
        self.recent().forget(stream);
        self.table.forget(stream).await
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recent {
    fn get(&mut self, key: &SnapshotKey) -> Option<Snapshot> {
        self.uses += 1;
        let (used, snapshot) = self.states.get_mut(key)?;
        self.order.remove(used);
        *used = self.uses;
        self.order.insert(self.uses, key.clone());
        Some(snapshot.clone())
    }

    fn put(&mut self, key: SnapshotKey, snapshot: Snapshot) {
        if self.states.get(&key).is_some_and(|(_, known)| known.version > snapshot.version) {
            return;
        }
        self.remove(&key);
        self.uses += 1;
        self.bytes += snapshot.state.len();
        self.order.insert(self.uses, key.clone());
        self.states.insert(key, (self.uses, snapshot));
        while self.states.len() > MAX_SNAPSHOTS || self.bytes > MAX_SNAPSHOT_BYTES {
            let Some((_, oldest)) = self.order.first_key_value() else { return };
            let oldest = oldest.clone();
            self.remove(&oldest);
        }
    }

    fn remove(&mut self, key: &SnapshotKey) {
        if let Some((used, snapshot)) = self.states.remove(key) {
            self.order.remove(&used);
            self.bytes -= snapshot.state.len();
        }
    }

    fn forget(&mut self, stream: &StreamId) {
        let gone: Vec<_> = self.states.keys().filter(|key| key.stream == *stream).cloned().collect();
        for key in gone {
            self.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests;
