//! Appends that wait for the writer: bounded, in turns between tenants, never two in one batch that touch the same thing.

use std::collections::{HashMap, VecDeque, hash_map::RandomState};
use std::hash::BuildHasher;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};

use super::check::Prepared;
use super::{AppendError, Appended};

/// Appends that may wait at once, and how many of them for one tenant, so that one cannot fill the queue.
pub const MAX_WAITING: usize = 4096;
pub const MAX_WAITING_OF_TENANT: usize = 2048;
/// Payload bytes that may wait at once, and how many of them for one tenant.
pub const MAX_WAITING_BYTES: usize = 128 * 1024 * 1024;
pub const MAX_WAITING_BYTES_OF_TENANT: usize = 64 * 1024 * 1024;
/// What a refused caller is told to wait.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Bounds of one batch; a single append may exceed the last two.
pub const BATCH_APPENDS: usize = 512;
const BATCH_EVENTS: usize = 1000;
const BATCH_BYTES: usize = 8 * 1024 * 1024;

pub(crate) struct Waiting {
    pub(crate) prepared: Prepared,
    pub(crate) reply: oneshot::Sender<Result<Appended, AppendError>>,
    touches: Vec<(u64, Touch)>,
}

/// How much is asked of the queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Ask {
    /// Appends that must be waiting.
    pub(crate) at_least: usize,
    /// Half of them stay for the batch that is to follow before this one is answered.
    pub(crate) half: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Touch {
    Reads,
    Writes,
}

#[derive(Default)]
struct Lanes {
    lanes: HashMap<String, VecDeque<Waiting>>,
    /// Tenants with waiting appends, the next to be served in front.
    turns: VecDeque<String>,
    appends: usize,
    bytes: usize,
    /// The same of each tenant that has a lane.
    bytes_of: HashMap<String, usize>,
    closed: bool,
}

#[derive(Default)]
pub(crate) struct Queue {
    lanes: Mutex<Lanes>,
    arrived: Notify,
    /// A clash of two hashes only postpones an append, so names need not be kept.
    hasher: RandomState,
}

impl Queue {
    pub(crate) fn push(&self, prepared: Prepared, reply: oneshot::Sender<Result<Appended, AppendError>>) -> Result<(), AppendError> {
        let touches = self.touches(&prepared);
        let mut lanes = self.lock();
        let tenant = prepared.tenant().to_owned();
        let waiting = lanes.lanes.get(&tenant).map_or(0, VecDeque::len);
        if lanes.closed {
            return Err(AppendError::Unavailable("the journal is closing".into()));
        }
        let bytes = lanes.bytes_of.get(&tenant).copied().unwrap_or(0) + prepared.bytes;
        let full = lanes.appends >= MAX_WAITING || lanes.bytes + prepared.bytes > MAX_WAITING_BYTES;
        if full || waiting >= MAX_WAITING_OF_TENANT || bytes > MAX_WAITING_BYTES_OF_TENANT {
            return Err(AppendError::Overloaded { retry_after: RETRY_AFTER });
        }
        lanes.appends += 1;
        lanes.bytes += prepared.bytes;
        lanes.bytes_of.insert(tenant.clone(), bytes);
        if waiting == 0 {
            lanes.turns.push_back(tenant.clone());
        }
        lanes.lanes.entry(tenant).or_default().push_back(Waiting { prepared, reply, touches });
        drop(lanes);
        self.arrived.notify_one();
        Ok(())
    }

    /// What has arrived by now, once it is as much as asked for; `None` once the queue is closed and empty.
    ///
    /// Tasks that are ready to run go first for as long as they bring more: those whose appends were just answered often
    /// have the next one at hand, and the first of them alone would keep all others waiting for a commit of its own.
    pub(crate) async fn batch(&self, ask: Ask) -> Option<Vec<Waiting>> {
        let mut seen = 0;
        loop {
            let enough = {
                let mut lanes = self.lock();
                let enough = lanes.appends > 0 && (lanes.closed || lanes.appends >= ask.at_least);
                if enough && (lanes.appends == seen || lanes.appends >= BATCH_APPENDS) {
                    let most = if ask.half { lanes.appends.div_ceil(2) } else { lanes.appends };
                    return Some(lanes.take(most.min(BATCH_APPENDS)));
                }
                if lanes.appends == 0 && lanes.closed {
                    return None;
                }
                seen = lanes.appends;
                enough
            };
            match enough {
                true => tokio::task::yield_now().await,
                false => self.arrived.notified().await,
            }
        }
    }

    /// Appends that wait just now.
    pub(crate) fn waiting(&self) -> usize {
        self.lock().appends
    }

    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Lanes> {
        // Nothing under the lock can panic half-way through a change.
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn touches(&self, prepared: &Prepared) -> Vec<(u64, Touch)> {
        let append = &prepared.append;
        let mut touches = vec![(self.hasher.hash_one(('c', append.command_id)), Touch::Writes)];
        touches.extend(append.parts.iter().map(|part| (self.hasher.hash_one(('s', part.stream.as_str())), Touch::Writes)));
        touches.extend(append.guards.iter().map(|guard| (self.hasher.hash_one(('s', guard.stream.as_str())), Touch::Reads)));
        touches.extend(append.vault.iter().map(|write| (self.hasher.hash_one(('v', write.row())), Touch::Writes)));
        touches
    }
}

impl Lanes {
    /// `most` appends at most, one of each tenant per round. A postponed append keeps its place and blocks what it touches, so later
    /// ones cannot overtake it for ever.
    fn take(&mut self, most: usize) -> Vec<Waiting> {
        let mut batch = Vec::new();
        let (mut events, mut bytes) = (0, 0);
        let mut taken: HashMap<u64, Touch> = HashMap::new();
        // Per tenant: how far its lane was looked through, and what has to stay.
        let mut looked: HashMap<String, VecDeque<Waiting>> = HashMap::new();
        let mut round: VecDeque<String> = self.turns.clone();
        let mut full = false;
        while let Some(tenant) = round.pop_front() {
            let Some(lane) = self.lanes.get_mut(&tenant) else { continue };
            while let Some(next) = lane.pop_front() {
                let more = (events + next.prepared.events, bytes + next.prepared.bytes);
                full = batch.len() >= most || (!batch.is_empty() && (more.0 > BATCH_EVENTS || more.1 > BATCH_BYTES));
                if full {
                    lane.push_front(next);
                    break;
                }
                let free = next.touches.iter().all(|(key, touch)| match taken.get(key) {
                    None => true,
                    Some(other) => *other == Touch::Reads && *touch == Touch::Reads,
                });
                for (key, touch) in &next.touches {
                    let entry = taken.entry(*key).or_insert(*touch);
                    if *touch == Touch::Writes {
                        *entry = Touch::Writes;
                    }
                }
                if free {
                    (events, bytes) = more;
                    batch.push(next);
                    round.push_back(tenant.clone());
                    break;
                }
                looked.entry(tenant.clone()).or_default().push_back(next);
            }
            if full {
                // Whoever was not served in this round is first in the next batch.
                round.push_front(tenant);
                break;
            }
        }
        for (tenant, stay) in looked {
            let lane = self.lanes.entry(tenant).or_default();
            for waiting in stay.into_iter().rev() {
                lane.push_front(waiting);
            }
        }
        self.settle(round, &batch);
        batch
    }

    /// Orders the tenants for the next batch: those still to be served first, then the others.
    fn settle(&mut self, unserved: VecDeque<String>, batch: &[Waiting]) {
        self.appends -= batch.len();
        for waiting in batch {
            self.bytes -= waiting.prepared.bytes;
            if let Some(bytes) = self.bytes_of.get_mut(waiting.prepared.tenant()) {
                *bytes -= waiting.prepared.bytes;
            }
        }
        self.lanes.retain(|_, lane| !lane.is_empty());
        self.bytes_of.retain(|tenant, _| self.lanes.contains_key(tenant));
        let mut order = unserved;
        order.extend(std::mem::take(&mut self.turns));
        let mut seen = std::collections::HashSet::new();
        order.retain(|tenant| self.lanes.contains_key(tenant) && seen.insert(tenant.clone()));
        self.turns = order;
    }
}

#[cfg(test)]
mod tests;
