//! Following the journal: catch up from any position, then live, without a seam.
//!
//! One [`Tail`] per process reads the journal and keeps the last events in a ring; every [`Subscription`] reads from the
//! ring and goes to the database only for what lies before it. A subscriber holds a position, not a queue, so a slow one
//! costs no memory: when the ring has moved past it, it catches up by query again. One that waits is woken only by what may concern it. Several workers
//! share a consumer's events as a [`group`].

mod bells;
pub mod group;
mod ring;
mod tail;

use std::collections::VecDeque;
use std::future::pending;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::time::{Instant, sleep, sleep_until};

use crate::envelope::{Epoch, Position, Recorded};
use crate::journal::{Filter, Page, ReadError};
use bells::Bell;
use ring::Looked;
pub use ring::{RING_BYTES, RING_EVENTS};
use tail::Shared;
pub use tail::Tail;

/// Events asked for at once while catching up.
const CATCH_UP: usize = 256;
/// Pauses after failed reads: the first, doubled up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// One event for a subscriber.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub event: Arc<Recorded>,
}

/// Events in order, and how far the subscriber has now seen the journal, events that do not concern it included.
#[derive(Clone, Debug)]
pub struct Batch {
    pub events: Vec<Arc<Recorded>>,
    pub seen: Position,
}

/// A reader's place in the journal. Dropping it ends it; `next` and `next_batch` may be cancelled without losing anything: a page that was just being read from
/// the database is read on at the next call, and keeps a connection busy until then.
pub struct Subscription {
    shared: Arc<Shared>,
    filter: Filter,
    epoch: Epoch,
    /// Everything up to here was delivered or did not match, what waits in `fetched` excepted.
    at: Position,
    /// The `seen` that the caller knows.
    told: Position,
    /// Read by query, not yet delivered.
    fetched: VecDeque<Arc<Recorded>>,
    /// A page that is being read by query. Nobody locks it: in a mutex a subscription may be shared, as its holders' futures are.
    reading: Mutex<Option<Reading>>,
    bell: Arc<Bell>,
    /// The bell hangs among the others.
    hung: bool,
}

type Reading = BoxFuture<'static, Result<Page, ReadError>>;

impl Subscription {
    /// The next matching event; waits for it. Fails when the journal's epoch has changed or the tail was shut down.
    pub async fn next(&mut self) -> Result<Delivery, ReadError> {
        loop {
            let batch = self.next_batch(1).await?;
            if let Some(event) = batch.events.into_iter().next() {
                return Ok(Delivery { event });
            }
        }
    }

    /// At most `max` matching events; waits until there is one or `seen` has moved. While it waits, a filter that names streams or tenants
    /// lets what is of none of them pass untold.
    pub async fn next_batch(&mut self, max: usize) -> Result<Batch, ReadError> {
        self.read(max, pending()).await
    }

    /// The same, with no events where none have come by the deadline. Only the wait for new ones ends at it: a page that is being read by then is read to its end.
    pub async fn next_batch_until(&mut self, max: usize, deadline: Instant) -> Result<Batch, ReadError> {
        self.read(max, sleep_until(deadline)).await
    }

    /// Waits for new events until `patience` ends.
    async fn read(&mut self, max: usize, patience: impl Future<Output = ()>) -> Result<Batch, ReadError> {
        let max = max.max(1);
        tokio::pin!(patience);
        loop {
            if !self.fetched.is_empty() {
                let count = max.min(self.fetched.len());
                let events: Vec<_> = self.fetched.drain(..count).collect();
                // What still waits was not seen yet.
                let seen = match (self.fetched.is_empty(), events.last()) {
                    (false, Some(last)) => last.position,
                    _ => self.at,
                };
                return Ok(self.tell(events, seen));
            }
            let rung = tokio::select! {
                biased;
                rung = self.bell.wait() => rung,
                () = &mut patience => return Ok(Batch { events: Vec::new(), seen: self.passed() }),
            };
            if let Some(first) = rung {
                self.at = self.at.max(first - 1);
            }
            if self.reading.get_mut().is_ok_and(|reading| reading.is_some()) {
                self.catch_up().await?;
                continue;
            }
            match self.shared.look(self.epoch, self.at, max, &self.filter)? {
                Looked::Moved { events, seen } => {
                    self.at = seen;
                    return Ok(self.tell(events, seen));
                }
                Looked::Behind => self.catch_up().await?,
                Looked::AtEnd if self.at > self.told => return Ok(self.tell(Vec::new(), self.at)),
                Looked::AtEnd => {
                    self.shared.arm(&self.bell, self.epoch, self.at, &self.filter, self.hung);
                    self.hung = true;
                }
            }
        }
    }

    /// How far this reader has seen the journal.
    pub fn seen(&self) -> Position {
        self.fetched.front().map_or(self.at, |event| event.position - 1)
    }

    /// The same, moved on over what is there and does not concern it: while it waits nobody wakes it for that.
    pub fn passed(&mut self) -> Position {
        if let Some(end) = self.shared.passed(&self.bell, self.epoch) {
            self.at = self.at.max(end);
        }
        self.told = self.seen();
        self.told
    }

    /// The history that it reads.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn tell(&mut self, events: Vec<Arc<Recorded>>, seen: Position) -> Batch {
        self.told = seen;
        Batch { events, seen }
    }

    /// Reads one page from the database; an empty one that moved on is told by `seen` at the next look.
    async fn catch_up(&mut self) -> Result<(), ReadError> {
        let (shared, epoch, at) = (self.shared.clone(), self.epoch, self.at);
        let begin = || Box::pin(read_page(shared, epoch, at, self.filter.clone())) as Reading;
        let reading = self.reading.get_mut().unwrap_or_else(PoisonError::into_inner);
        let page = reading.get_or_insert_with(begin).await;
        *reading = None;
        let page = page?;
        self.at = page.seen;
        self.fetched.extend(page.events.into_iter().map(Arc::new));
        Ok(())
    }
}

/// After `at`, of the epoch; tries again while the journal cannot be read.
async fn read_page(shared: Arc<Shared>, epoch: Epoch, at: Position, filter: Filter) -> Result<Page, ReadError> {
    let mut pause = FIRST_PAUSE;
    loop {
        let page = shared.journal.read_all(at, CATCH_UP, &filter).await;
        // Another epoch's event is an older one's, or the sign that ours is over.
        if page.as_ref().is_ok_and(|page| page.events.iter().any(|event| event.epoch != epoch)) {
            shared.check_epoch().await?;
        }
        if let Some(ended) = shared.ended(epoch) {
            return Err(ended);
        }
        match page {
            Err(ReadError::Unavailable(why) | ReadError::SetBack(why)) => {
                tracing::warn!(error = why, at, "a subscriber could not catch up; trying again");
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            done => return done,
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if self.hung {
            self.shared.take_down(&self.bell, &self.filter);
        }
    }
}
