//! The work queue of a process that is alone: its memory.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::{Outcome, Patience, Receipt, RelayError, Taken, Trouble, Work, WorkRelay};

/// Most pieces that wait; more are let go, oldest first, since workers look by themselves too. Also how many ids are remembered.
const MOST_WAITING: usize = 10_000;
/// Most parked pieces that are remembered.
const MOST_PARKED: usize = 1_000;

/// Clones share it.
#[derive(Clone, Default)]
pub struct InProcessWork {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    patience: Patience,
    state: Mutex<State>,
    more: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Item>,
    /// In takers' hands or resting, by when each comes again; the number tells equal times apart.
    out: BTreeMap<(Instant, u64), Item>,
    number: u64,
    known: HashSet<String>,
    known_in_order: VecDeque<String>,
    parked: VecDeque<Work>,
}

#[derive(Clone)]
struct Item {
    work: Work,
    deliveries: u32,
}

impl InProcessWork {
    pub fn new(patience: Patience) -> Self {
        InProcessWork { shared: Arc::new(Shared { patience, ..Shared::default() }) }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next piece, or when to look again.
    fn look(&self) -> Result<(Item, (Instant, u64)), Option<Instant>> {
        let mut state = self.state();
        let now = Instant::now();
        while let Some(entry) = state.out.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let item = entry.remove();
            if item.deliveries >= self.patience.deliveries {
                state.parked.push_back(item.work);
                if state.parked.len() > MOST_PARKED {
                    state.parked.pop_front();
                }
            } else {
                state.waiting.push_front(item);
            }
        }
        let Some(mut item) = state.waiting.pop_front() else {
            return Err(state.out.first_key_value().map(|((due, _), _)| *due));
        };
        item.deliveries += 1;
        let key = state.set_out(item.clone(), now + self.patience.done_within);
        Ok((item, key))
    }
}

impl State {
    fn set_out(&mut self, item: Item, due: Instant) -> (Instant, u64) {
        self.number += 1;
        self.out.insert((due, self.number), item);
        (due, self.number)
    }
}

#[async_trait]
impl WorkRelay for InProcessWork {
    async fn put(&self, work: &Work) -> Result<(), RelayError> {
        {
            let mut state = self.shared.state();
            if !state.known.insert(work.id.clone()) {
                return Ok(());
            }
            state.known_in_order.push_back(work.id.clone());
            if state.known_in_order.len() > MOST_WAITING
                && let Some(oldest) = state.known_in_order.pop_front()
            {
                state.known.remove(&oldest);
            }
            state.waiting.push_back(Item { work: work.clone(), deliveries: 0 });
            if state.waiting.len() > MOST_WAITING {
                state.waiting.pop_front();
            }
        }
        self.shared.more.notify_one();
        Ok(())
    }

    async fn take(&self) -> Taken {
        loop {
            let more = self.shared.more.notified();
            match self.shared.look() {
                Ok((Item { work, deliveries }, key)) => {
                    // There may be more for others who wait.
                    self.shared.more.notify_one();
                    return Taken { work, delivery: deliveries, receipt: Box::new(Slip { shared: self.shared.clone(), key }) };
                }
                Err(Some(due)) => tokio::select! {
                    () = more => {}
                    () = sleep_until(due) => {}
                },
                Err(None) => more.await,
            }
        }
    }

    async fn parked(&self) -> Result<Vec<Work>, RelayError> {
        Ok(self.shared.state().parked.iter().cloned().collect())
    }

    async fn parked_count(&self) -> Result<u64, RelayError> {
        Ok(self.shared.state().parked.len() as u64)
    }

    async fn retry_parked(&self, id: &str) -> Result<bool, RelayError> {
        {
            let mut state = self.shared.state();
            let Some(at) = state.parked.iter().position(|work| work.id == id) else { return Ok(false) };
            let work = state.parked.remove(at).into_iter();
            state.waiting.extend(work.map(|work| Item { work, deliveries: 0 }));
        }
        self.shared.more.notify_one();
        Ok(true)
    }

    fn shared(&self) -> bool {
        false
    }

    fn trouble(&self) -> Option<Trouble> {
        None
    }
}

struct Slip {
    shared: Arc<Shared>,
    key: (Instant, u64),
}

#[async_trait]
impl Receipt for Slip {
    async fn settle(self: Box<Self>, outcome: Outcome) {
        let mut state = self.shared.state();
        // Too late it is somebody else's.
        let Some(item) = state.out.remove(&self.key) else { return };
        match outcome {
            Outcome::Done => {}
            Outcome::Again(after) => {
                state.set_out(item, Instant::now() + after.max(Duration::from_millis(1)));
                drop(state);
                self.shared.more.notify_one();
            }
        }
    }
}
