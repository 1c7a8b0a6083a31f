//! Loaded aggregates by stream and version, so that an ordinary command is one round trip: the append.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opensail_eventstore::StreamId;

/// Streams whose state is kept. A state is a few hundred bytes to a few tens of kilobytes.
pub(crate) const CACHED_STREAMS: usize = 4096;

#[derive(Default)]
pub(crate) struct Cache {
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    /// Grows with every use; orders the entries by age.
    tick: u64,
    by_stream: HashMap<StreamId, Entry>,
}

struct Entry {
    version: u64,
    state: Arc<dyn Any + Send + Sync>,
    used: u64,
}

impl Cache {
    pub(crate) fn get<S: Send + Sync + 'static>(&self, stream: &StreamId) -> Option<(u64, Arc<S>)> {
        let mut entries = self.lock();
        entries.tick += 1;
        let tick = entries.tick;
        let entry = entries.by_stream.get_mut(stream)?;
        entry.used = tick;
        let state = Arc::clone(&entry.state).downcast::<S>().ok()?;
        Some((entry.version, state))
    }

    /// Keeps the newer of the two states.
    pub(crate) fn put<S: Send + Sync + 'static>(&self, stream: &StreamId, version: u64, state: Arc<S>) {
        let mut entries = self.lock();
        if entries.by_stream.get(stream).is_some_and(|entry| entry.version >= version) {
            return;
        }
        entries.tick += 1;
        let used = entries.tick;
        entries.by_stream.insert(stream.clone(), Entry { version, state, used });
        if entries.by_stream.len() > CACHED_STREAMS {
            // Rare: the less recently used half goes, which costs less than keeping an exact order on every use.
            let mut uses: Vec<u64> = entries.by_stream.values().map(|entry| entry.used).collect();
            uses.sort_unstable();
            let middle = uses[uses.len() / 2];
            entries.by_stream.retain(|_, entry| entry.used > middle);
        }
    }

    /// Forgets everything, because the journal went back to an earlier state.
    pub(crate) fn clear(&self) {
        self.lock().by_stream.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_the_newer_state_and_stays_bounded() {
        let cache = Cache::default();
        let first = StreamId::new("a", 0);
        cache.put(&first, 2, Arc::new(20u32));
        cache.put(&first, 1, Arc::new(10u32));
        assert_eq!(cache.get::<u32>(&first).map(|(version, state)| (version, *state)), Some((2, 20)));
        for id in 1..=CACHED_STREAMS {
            cache.put(&StreamId::new("a", id), 1, Arc::new(0u32));
        }
        assert!(cache.lock().by_stream.len() <= CACHED_STREAMS);
        assert!(cache.get::<u32>(&StreamId::new("a", CACHED_STREAMS)).is_some());
    }
}
