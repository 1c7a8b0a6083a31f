//! Sessions that were read from the journal a moment ago, opened: who steps through a replay asks for the same one at every step.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use opensail_domain::agent_session::AgentSessionEvent;
use opensail_domain::kernel::SessionId;
use opensail_eventstore::Recorded;
use opensail_eventstore::vault::keyring::CACHED_FOR;
use tokio::time::Instant;

/// Sessions kept at once.
const KEPT: usize = 4;
/// One whose payloads are larger together is not kept.
pub(crate) const KEPT_BYTES: usize = 4 * 1024 * 1024;
/// As long as a key is used from memory: what is forgotten by another process is forgotten here as soon as there.
const KEPT_FOR: Duration = CACHED_FOR;

/// One event with its private fields open; the payload is left out of the record.
pub(crate) struct Step {
    pub(crate) recorded: Recorded,
    pub(crate) event: AgentSessionEvent,
}

struct Kept {
    id: SessionId,
    since: Instant,
    steps: Arc<Vec<Step>>,
}

/// Clones share what they keep.
#[derive(Clone, Default)]
pub(crate) struct Recent {
    kept: Arc<Mutex<VecDeque<Kept>>>,
}

impl Recent {
    pub(crate) fn get(&self, id: SessionId) -> Option<Arc<Vec<Step>>> {
        let mut kept = self.kept();
        kept.retain(|session| session.since.elapsed() < KEPT_FOR);
        kept.iter().find(|session| session.id == id).map(|session| session.steps.clone())
    }

    /// Read just now, from the stream's first event on.
    pub(crate) fn keep(&self, id: SessionId, steps: Vec<Step>) {
        let mut kept = self.kept();
        kept.retain(|session| session.id != id);
        kept.push_back(Kept { id, since: Instant::now(), steps: Arc::new(steps) });
        if kept.len() > KEPT {
            kept.pop_front();
        }
    }

    pub(crate) fn drop(&self, id: SessionId) {
        self.kept().retain(|session| session.id != id);
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
