//! The one reader of the journal in this process.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;

use super::bells::{Bell, Bells};
use super::ring::{Looked, Ring};
use super::{CATCH_UP, FIRST_PAUSE, LONGEST_PAUSE, Subscription};
use crate::envelope::{Epoch, Position};
use crate::journal::{Filter, Head, Journal, ReadError};

/// The hint of [`Journal::watch`] may be missed; this poll stands behind it.
const POLL: Duration = Duration::from_secs(1);

pub(super) struct Shared {
    pub(super) journal: Arc<dyn Journal>,
    state: Mutex<State>,
    /// Somebody says that there is more to read.
    nudged: Notify,
}

struct State {
    epoch: Epoch,
    ring: Ring,
    bells: Bells,
    /// Epochs that ended while we were reading, with the last position in common.
    changed: Vec<(Epoch, Position)>,
    down: bool,
}

/// Follows the journal for all subscribers of a process. Clones share the reader; it ends with the last of them.
#[derive(Clone)]
pub struct Tail {
    reader: Arc<Reader>,
}

struct Reader {
    shared: Arc<Shared>,
    task: AbortHandle,
}

impl Tail {
    /// Starts at the journal's head.
    pub async fn start(journal: Arc<dyn Journal>) -> Result<Tail, ReadError> {
        let head = journal.head().await?;
        let state = State { epoch: head.epoch, ring: Ring::at(head.position), bells: Bells::default(), changed: Vec::new(), down: false };
        let shared = Arc::new(Shared { journal, state: Mutex::new(state), nudged: Notify::new() });
        let task = tokio::spawn(keep_running(shared.clone())).abort_handle();
        Ok(Tail { reader: Arc::new(Reader { shared, task }) })
    }

    /// Follows from after `from`, first what is there, then what comes.
    pub fn subscribe(&self, from: Position, filter: Filter) -> Subscription {
        let shared = self.reader.shared.clone();
        let epoch = shared.state().epoch;
        Subscription {
            shared,
            filter,
            epoch,
            at: from,
            told: from,
            fetched: VecDeque::new(),
            reading: Mutex::default(),
            bell: Arc::default(),
            hung: false,
        }
    }

    /// Last position that was read; everything up to it is delivered without waiting.
    pub fn position(&self) -> Position {
        self.reader.shared.state().ring.end()
    }

    /// Looks at the journal now, since another process says that it has grown. Only a hint: it may be wrong.
    pub fn nudge(&self) {
        self.reader.shared.nudged.notify_one();
    }

    /// The journal behind it.
    pub fn journal(&self) -> &Arc<dyn Journal> {
        &self.reader.shared.journal
    }

    /// Stops reading; every subscription ends with an error.
    pub fn shutdown(&self) {
        self.reader.stop();
    }
}

impl Reader {
    fn stop(&self) {
        self.task.abort();
        let mut state = self.shared.state();
        state.down = true;
        state.bells.ring_all();
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.stop();
    }
}

pub(super) fn shut_down() -> ReadError {
    ReadError::Unavailable("the subscription's tail was shut down".into())
}

impl Shared {
    pub(super) fn look(&self, epoch: Epoch, at: Position, max: usize, filter: &Filter) -> Result<Looked, ReadError> {
        let state = self.state();
        match state.ended(epoch) {
            Some(ended) => Err(ended),
            None => Ok(state.ring.look(at, max, filter)),
        }
    }

    /// The reader has seen everything up to `at` and waits for more.
    pub(super) fn arm(&self, bell: &Arc<Bell>, epoch: Epoch, at: Position, filter: &Filter, hung: bool) {
        let mut state = self.state();
        state.bells.arm(bell, filter, hung);
        // What came since the look was rung for nobody.
        if at < state.ring.end() || state.ended(epoch).is_some() {
            bell.ring(at + 1);
        }
    }

    /// Where the ring ends, if nothing in it may concern a reader that waits.
    pub(super) fn passed(&self, bell: &Bell, epoch: Epoch) -> Option<Position> {
        let state = self.state();
        (bell.is_armed() && state.ended(epoch).is_none()).then(|| state.ring.end())
    }

    pub(super) fn take_down(&self, bell: &Arc<Bell>, filter: &Filter) {
        self.state().bells.remove(bell, filter);
    }

    pub(super) fn ended(&self, epoch: Epoch) -> Option<ReadError> {
        self.state().ended(epoch)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads everything new into the ring; true when there was something.
    async fn read(&self) -> Result<bool, ReadError> {
        let (epoch, end) = {
            let state = self.state();
            (state.epoch, state.ring.end())
        };
        let page = self.journal.read_all(end, CATCH_UP, &Filter::default()).await?;
        if page.events.is_empty() {
            return Ok(false);
        }
        if page.events.iter().any(|event| event.epoch != epoch) {
            // Events of a newer epoch: never mixed with the old one's.
            self.check_epoch().await?;
            return Ok(true);
        }
        {
            let mut state = self.state();
            if state.epoch != epoch {
                // A subscription found the new epoch while this page was being read; it belongs to the old one.
                return Ok(true);
            }
            for event in page.events {
                state.bells.ring(&event);
                state.ring.push(event);
            }
        }
        Ok(true)
    }

    /// Ends the subscriptions of an epoch that is over and goes on at the new one's head.
    pub(super) async fn check_epoch(&self) -> Result<(), ReadError> {
        let epoch = self.state().epoch;
        let head = self.journal.head().await?;
        if head.epoch == epoch {
            // What is written there now has positions that are in the ring already; nobody is told of it as if nothing had happened.
            let seen = Head { epoch, position: self.state().ring.end() };
            return head.set_back(seen).map_or(Ok(()), |why| Err(ReadError::SetBack(why)));
        }
        let common = match self.journal.check_epoch(epoch).await {
            Err(ReadError::EpochChanged { common, .. }) => common,
            Err(error) => return Err(error),
            Ok(()) => return Ok(()),
        };
        tracing::warn!(from = %epoch, to = %head.epoch, common, "the journal's epoch changed");
        {
            let mut state = self.state();
            state.epoch = head.epoch;
            state.ring = Ring::at(head.position);
            for (_, shared) in &mut state.changed {
                *shared = common.min(*shared);
            }
            state.changed.push((epoch, common));
            state.bells.ring_all();
        }
        Ok(())
    }
}

impl State {
    fn ended(&self, epoch: Epoch) -> Option<ReadError> {
        if self.down {
            return Some(shut_down());
        }
        let (_, common) = self.changed.iter().find(|(old, _)| *old == epoch)?;
        Some(ReadError::EpochChanged { epoch: self.epoch, common: *common })
    }
}

/// A panic while reading is told and the reading goes on.
async fn keep_running(shared: Arc<Shared>) {
    loop {
        let mut running = tokio::task::JoinSet::new();
        running.spawn(run(shared.clone()));
        match running.join_next().await {
            Some(Err(error)) if error.is_panic() => {
                tracing::error!(%error, "the reader of the journal panicked and is started again");
                tokio::time::sleep(FIRST_PAUSE).await;
            }
            _ => return,
        }
    }
}

async fn run(shared: Arc<Shared>) {
    let mut hint = shared.journal.watch();
    let mut poll = tokio::time::interval(POLL);
    poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut pause = FIRST_PAUSE;
    loop {
        hint.mark_unchanged();
        let read = match shared.read().await {
            Ok(true) => {
                pause = FIRST_PAUSE;
                continue;
            }
            Ok(false) => wait(&mut hint, &shared.nudged, &mut poll).await,
            Err(error) => Err(error),
        };
        let polled = match read {
            Ok(true) => shared.check_epoch().await,
            other => other.map(|_| ()),
        };
        match polled {
            Ok(()) => pause = FIRST_PAUSE,
            Err(error) => {
                tracing::warn!(%error, "the journal could not be read; trying again");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

/// Waits for a hint or the poll; true for the poll.
async fn wait(hint: &mut watch::Receiver<Position>, nudged: &Notify, poll: &mut tokio::time::Interval) -> Result<bool, ReadError> {
    tokio::select! {
        changed = hint.changed() => match changed {
            Ok(()) => Ok(false),
            // The journal's writer is gone; the poll alone goes on.
            Err(_) => {
                poll.tick().await;
                Ok(true)
            }
        },
        () = nudged.notified() => Ok(false),
        _ = poll.tick() => Ok(true),
    }
}

#[cfg(test)]
mod tests;
