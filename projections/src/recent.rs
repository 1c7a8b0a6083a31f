//! Sessions that were read from the journal a moment ago, opened: who steps through a replay asks for the same one at every step.
//!
//! What is opened here leaves memory by itself after [`KEPT_FOR`], and at once when this process learns that its key was destroyed.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use opensail_domain::agent_session::AgentSessionEvent;
use opensail_domain::kernel::SessionId;
use opensail_eventstore::vault::keyring::{CACHED_FOR, Forgets, Keyring};
use tokio::time::Instant;

use crate::agent_session::Moment;

/// Sessions kept at once.
const KEPT: usize = 4;
/// One whose payloads are larger together is not kept.
pub(crate) const KEPT_BYTES: usize = 4 * 1024 * 1024;
/// As long as a key is used from memory: what is forgotten by another process is forgotten here as soon as there.
const KEPT_FOR: Duration = CACHED_FOR;

/// One event with its private fields open.
pub(crate) struct Step {
    pub(crate) at: Moment,
    /// Of the stream.
    pub(crate) version: u64,
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
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The oldest first.
    kept: VecDeque<Kept>,
    /// Keys that were destroyed meanwhile.
    forgotten: u64,
    /// Somebody drops what is too old.
    timed: bool,
}

/// When a reading began, before its first key was used.
#[derive(Clone, Copy)]
pub(crate) struct Begun {
    forgotten: u64,
}

impl Recent {
    /// Hears which keys are destroyed.
    pub(crate) fn of(keys: &Keyring) -> Self {
        let recent = Recent::default();
        let shared: Weak<Shared> = Arc::downgrade(&recent.shared);
        keys.tell(shared);
        recent
    }

    pub(crate) fn get(&self, id: SessionId) -> Option<Arc<Vec<Step>>> {
        let mut state = self.shared.state();
        state.age();
        state.kept.iter().find(|session| session.id == id).map(|session| session.steps.clone())
    }

    pub(crate) fn begin(&self) -> Begun {
        Begun { forgotten: self.shared.state().forgotten }
    }

    /// Read just now, from the stream's first event on. Not kept when a key was destroyed since the reading began: it may have been one of these.
    pub(crate) fn keep(&self, begun: Begun, id: SessionId, steps: Vec<Step>) {
        let mut state = self.shared.state();
        if state.forgotten != begun.forgotten {
            return;
        }
        state.kept.retain(|session| session.id != id);
        state.kept.push_back(Kept { id, since: Instant::now(), steps: Arc::new(steps) });
        if state.kept.len() > KEPT {
            state.kept.pop_front();
        }
        if !std::mem::replace(&mut state.timed, true) {
            tokio::spawn(age(Arc::downgrade(&self.shared)));
        }
    }

    pub(crate) fn drop(&self, id: SessionId) {
        self.shared.state().kept.retain(|session| session.id != id);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn age(&mut self) {
        self.kept.retain(|session| session.since.elapsed() < KEPT_FOR);
    }
}

/// Ends with what it looks after: when nothing is kept any more, or nobody could ask.
async fn age(shared: Weak<Shared>) {
    loop {
        let Some(shared) = shared.upgrade() else { return };
        let oldest = {
            let mut state = shared.state();
            state.age();
            state.timed = !state.kept.is_empty();
            state.kept.front().map(|session| session.since)
        };
        drop(shared);
        let Some(oldest) = oldest else { return };
        tokio::time::sleep_until(oldest + KEPT_FOR).await;
    }
}

impl Forgets for Shared {
    fn forget(&self, subject: &str) {
        let mut state = self.state();
        state.forgotten += 1;
        // Of a person there may be something in any of them.
        state.kept.retain(|session| subject.starts_with("session-") && subject != format!("session-{}", session.id));
    }
}

#[cfg(test)]
mod tests {
    use opensail_eventstore::sqlite::SqliteStore;
    use uuid::Uuid;

    use super::*;

    fn id(number: u128) -> SessionId {
        SessionId(Uuid::from_u128(number))
    }

    fn kept(recent: &Recent) -> Vec<SessionId> {
        recent.shared.state().kept.iter().map(|session| session.id).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_opened_leaves_memory_though_nobody_asks() {
        let recent = Recent::default();
        recent.keep(recent.begin(), id(1), Vec::new());
        tokio::time::sleep(KEPT_FOR / 2).await;
        recent.keep(recent.begin(), id(2), Vec::new());
        assert_eq!(kept(&recent), [id(1), id(2)]);
        tokio::time::sleep(KEPT_FOR / 2 + Duration::from_millis(1)).await;
        assert_eq!(kept(&recent), [id(2)]);
        tokio::time::sleep(KEPT_FOR / 2).await;
        assert_eq!(kept(&recent), []);
        // The timer that ended begins again with the next one.
        recent.keep(recent.begin(), id(3), Vec::new());
        tokio::time::sleep(KEPT_FOR + Duration::from_millis(1)).await;
        assert_eq!(kept(&recent), []);
    }

    #[tokio::test]
    async fn what_is_forgotten_leaves_memory_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(folder.path().join("journal.db")).await.expect("a store");
        let keys = Keyring::new(Arc::new(store), b"a secret");
        let recent = Recent::of(&keys);
        let keep = |begun, number| recent.keep(begun, id(number), Vec::new());
        (1..=3).for_each(|number| keep(recent.begin(), number));
        keys.destroy(&format!("session-{}", id(2))).await.expect("destroyed");
        assert_eq!(kept(&recent), [id(1), id(3)]);
        let begun = recent.begin();
        keys.was_destroyed(&format!("session-{}", id(4)));
        keep(begun, 4);
        assert_eq!(kept(&recent), [id(1), id(3)], "it was being read meanwhile");
        keys.destroy(&format!("account-{}", id(1))).await.expect("destroyed");
        assert_eq!(kept(&recent), [], "it may be in any of them");
    }
}
