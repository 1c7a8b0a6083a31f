//! Unwrapped keys in memory: few, and not for long, so that a key destroyed by another process soon stops working here.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::DataKey;

/// Subjects remembered at once.
pub const CACHED_KEYS: usize = 4096;
/// How long a key is used from memory; a destroyed one is remembered as such until it is pushed out.
pub const CACHED_FOR: Duration = Duration::from_secs(60);

#[derive(Clone)]
pub(super) enum Cached {
    Key(DataKey),
    /// For ever: a tombstone is never taken away.
    Destroyed,
}

#[derive(Default)]
pub(super) struct Cache {
    entries: Mutex<HashMap<String, (Instant, Cached)>>,
}

impl Cache {
    pub(super) fn get(&self, subject: &str) -> Option<Cached> {
        let mut entries = self.lock();
        let (since, cached) = entries.get(subject)?;
        if matches!(cached, Cached::Key(_)) && since.elapsed() >= CACHED_FOR {
            entries.remove(subject);
            return None;
        }
        Some(cached.clone())
    }

    pub(super) fn put(&self, subject: &str, cached: Cached) {
        let mut entries = self.lock();
        // A key read just before its destruction must not come back.
        if matches!(entries.get(subject), Some((_, Cached::Destroyed))) {
            return;
        }
        entries.insert(subject.into(), (Instant::now(), cached));
        if entries.len() > CACHED_KEYS {
            // Rare and cheap enough: half of the entries go, the oldest first.
            let mut ages: Vec<Instant> = entries.values().map(|(since, _)| *since).collect();
            ages.sort_unstable();
            let middle = ages[ages.len() / 2];
            entries.retain(|_, (since, _)| *since > middle);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Instant, Cached)>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
