//! Group commit: one task writes; whatever has arrived while the last commit was under way goes into the next one.
//! No timer: a lone append is written at once, many share one flush.
//!
//! Where the writer says that it pays, what waits is written in two halves that overlap: while the database writes one, the other is
//! made ready and sent, and waits for the journal's lock there.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::sync::{oneshot, watch};

use super::check::{Prepared, prepare};
use super::queue::{Ask, Queue, Waiting};
use super::{Append, AppendError, Appended};
use crate::envelope::{Epoch, Position};
use crate::journal::{Head, ReadError};

/// Results of commands are kept for 30 days.
pub(crate) const COMMAND_RESULTS_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How often the writer looks for expired rows. Where it finds more than it removes at a time it goes on behind the next batch, so that sweeping keeps
/// pace with whatever is written: a batch brings at most [`BATCH_APPENDS`](super::BATCH_APPENDS) results.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// Rows of each kind removed at a time.
pub(crate) const SWEEP_ROWS: u64 = 1000;
const _: () = assert!(SWEEP_ROWS > super::BATCH_APPENDS as u64);
/// Batches of a process that are under way at most. The database serves the batches of several processes in the order in which they came, so what
/// one process floods with holds up what another one appends by so many batches and no more.
pub const UNDER_WAY: usize = 2;
/// Pauses between attempts to reach a lost database again; after the last one the callers are told.
const RETRIES: [Duration; 6] = [
    Duration::from_millis(20),
    Duration::from_millis(80),
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_millis(1000),
    Duration::from_millis(2000),
];

/// Why a whole batch was not answered.
#[derive(Debug)]
pub(crate) enum WriteFailed {
    /// The database refused; nothing was written. One append of the batch may be the reason.
    Refused(String),
    /// Nothing was written and the reason lies in no append: a timeout, a full disk.
    Busy(String),
    /// No connection could be made; nothing was sent.
    Unreachable(String),
    /// The connection broke after the batch was sent, or the commit failed in a way that does not tell whether it will be found.
    Lost(String),
    /// The journal has another epoch than the appends were made for.
    Epoch(Epoch),
    /// It lacks what was there; nothing was written.
    SetBack(String),
}

/// A back end's way to write one batch in one transaction.
#[async_trait]
pub(crate) trait Writer: Send + Sync + 'static {
    /// Answers each append of the batch, in order. Another batch may be under way, and be written before or after this one. On a new connection it
    /// looks first whether the database still has what was `seen`: whoever failed over is at another one.
    async fn write(&self, batch: &[&Prepared], seen: Head) -> Result<Vec<Result<Appended, AppendError>>, WriteFailed>;
    /// Whether two batches under way at once are quicker than one. What it says may change with every answer.
    fn overlaps(&self) -> bool {
        false
    }
    /// Removes some expired rows, and answers whether there may be more of them.
    async fn sweep(&self) -> Result<bool, String>;
}

struct Shared {
    queue: Queue,
    epoch: Mutex<Epoch>,
    head: watch::Sender<Position>,
    /// Why nothing is written or read any more.
    set_back: watch::Sender<Option<String>>,
}

/// The front of the appender task; the task ends after the last waiting append when this is dropped.
pub(crate) struct Group {
    shared: Arc<Shared>,
}

impl Group {
    pub(crate) fn start(writer: Arc<dyn Writer>, epoch: Epoch, head: Position) -> Group {
        let shared = Arc::new(Shared {
            queue: Queue::default(),
            epoch: Mutex::new(epoch),
            head: watch::Sender::new(head),
            set_back: watch::Sender::new(None),
        });
        tokio::spawn(keep_running(shared.clone(), writer));
        Group { shared }
    }

    pub(crate) async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let command_id = append.command_id;
        if let Some(why) = &*self.shared.set_back.borrow() {
            return Err(AppendError::Unavailable(why.clone()));
        }
        let prepared = prepare(append, self.epoch())?;
        let (reply, answer) = oneshot::channel();
        self.shared.queue.push(prepared, reply)?;
        // Only a panic of the writer drops the reply.
        answer.await.unwrap_or(Err(AppendError::Unknown(command_id)))
    }

    pub(crate) fn epoch(&self) -> Epoch {
        *self.shared.epoch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_epoch(&self, epoch: Epoch) {
        self.shared.set_epoch(epoch);
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Position> {
        self.shared.head.subscribe()
    }

    pub(crate) fn seen(&self) -> Head {
        self.shared.seen()
    }

    pub(crate) fn set_back(&self) -> watch::Receiver<Option<String>> {
        self.shared.set_back.subscribe()
    }

    /// What is asked before anything is read.
    pub(crate) fn readable(&self) -> Result<(), ReadError> {
        self.shared.set_back.borrow().clone().map_or(Ok(()), |why| Err(ReadError::SetBack(why)))
    }

    /// The journal's end, and what was seen before it was asked for.
    pub(crate) fn found(&self, seen: Head, head: Head) {
        match head.set_back(seen) {
            Some(why) => self.shared.is_set_back(why),
            None => self.shared.found(head),
        }
    }

    pub(crate) fn waiting(&self) -> usize {
        self.shared.queue.waiting()
    }

    /// A position is there that another process has written.
    pub(crate) fn saw(&self, position: Position) {
        self.shared.saw(position);
    }

    /// Somebody says that a position is there: whoever follows looks. Whether it is so is not known.
    pub(crate) fn heard(&self, position: Position) {
        self.shared.head.send_if_modified(|head| position > *head);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.shared.queue.close();
    }
}

impl Shared {
    fn saw(&self, position: Position) {
        self.head.send_if_modified(|head| {
            let newer = position > *head;
            *head = (*head).max(position);
            newer
        });
    }

    /// As [`Shared::saw`], without waking anybody: who found it has looked.
    fn found(&self, found: Head) {
        // Under the lock, as in `set_epoch`.
        let epoch = self.epoch.lock().unwrap_or_else(PoisonError::into_inner);
        if *epoch == found.epoch {
            self.head.send_if_modified(|head| {
                *head = (*head).max(found.position);
                false
            });
        }
    }

    fn set_epoch(&self, epoch: Epoch) {
        // Both under the lock: nobody takes the end of the one for that of the other.
        let mut own = self.epoch.lock().unwrap_or_else(PoisonError::into_inner);
        *own = epoch;
        // It may end earlier than the one before; how far it is is heard in a moment.
        self.head.send_replace(0);
    }

    fn is_set_back(&self, why: String) {
        self.set_back.send_if_modified(|known| {
            let first = known.is_none();
            if first {
                tracing::error!("{why}");
                *known = Some(why);
            }
            first
        });
    }

    fn seen(&self) -> Head {
        let epoch = self.epoch.lock().unwrap_or_else(PoisonError::into_inner);
        Head { epoch: *epoch, position: *self.head.borrow() }
    }
}

/// A panic while writing fails the appends of that batch, not the journal.
async fn keep_running(shared: Arc<Shared>, writer: Arc<dyn Writer>) {
    loop {
        match tokio::spawn(run(shared.clone(), writer.clone())).await {
            Ok(()) => return,
            Err(error) if error.is_panic() => tracing::error!(%error, "the appender panicked and is started again"),
            Err(_) => return,
        }
    }
}

async fn run(shared: Arc<Shared>, writer: Arc<dyn Writer>) {
    let mut swept: Option<tokio::time::Instant> = None;
    // One batch, or two that overlap.
    let mut under_way = FuturesUnordered::new();
    // Appends of the batch that was sent last.
    let mut sent = 0;
    loop {
        let ask = match under_way.len() {
            0 => Some(Ask { at_least: 1, half: writer.overlaps() }),
            // As much as is being written: then both stay of one size.
            n if n < UNDER_WAY && writer.overlaps() => Some(Ask { at_least: sent, half: false }),
            _ => None,
        };
        let next = async {
            match ask {
                Some(ask) => shared.queue.batch(ask).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            Some(()) = under_way.next() => {}
            batch = next => {
                let Some(batch) = batch else { break };
                sent = batch.len();
                under_way.push(write(&shared, &*writer, batch));
                continue;
            }
        }
        if swept.is_none_or(|at| at.elapsed() >= SWEEP_EVERY) {
            let more = writer.sweep().await.unwrap_or_else(|error| {
                tracing::warn!(error, "expired rows of the journal could not be removed");
                false
            });
            swept = (!more).then(tokio::time::Instant::now);
        }
    }
    while under_way.next().await.is_some() {}
}

async fn write(shared: &Shared, writer: &dyn Writer, batch: Vec<Waiting>) {
    let epoch = *shared.epoch.lock().unwrap_or_else(PoisonError::into_inner);
    let (batch, stale): (Vec<_>, Vec<_>) = batch.into_iter().partition(|waiting| waiting.prepared.epoch == epoch);
    answer_all(stale, |_| AppendError::EpochChanged(epoch));
    if batch.is_empty() {
        return;
    }
    match attempt(shared, writer, &batch).await {
        Ok(results) => answer(shared, batch, results),
        Err(Failure { failed: WriteFailed::Refused(_), .. }) if batch.len() > 1 => {
            for waiting in batch {
                let single = vec![waiting];
                match attempt(shared, writer, &single).await {
                    Ok(results) => answer(shared, single, results),
                    Err(failure) => fail(shared, single, failure),
                }
            }
        }
        Err(failure) => fail(shared, batch, failure),
    }
}

struct Failure {
    failed: WriteFailed,
    /// Some attempt may have reached the database without an answer.
    sent: bool,
}

/// Writes, and writes again when the connection was lost: a command that did get through answers with its first result.
async fn attempt(shared: &Shared, writer: &dyn Writer, batch: &[Waiting]) -> Result<Vec<Result<Appended, AppendError>>, Failure> {
    let batch: Vec<&Prepared> = batch.iter().map(|waiting| &waiting.prepared).collect();
    let mut sent = false;
    let mut pauses = RETRIES.iter();
    loop {
        let failed = match writer.write(&batch, shared.seen()).await {
            Ok(results) => return Ok(results),
            Err(failed) => failed,
        };
        sent |= matches!(failed, WriteFailed::Lost(_));
        match (&failed, pauses.next()) {
            (WriteFailed::Lost(why) | WriteFailed::Unreachable(why), Some(pause)) => {
                tracing::warn!(error = why, appends = batch.len(), "the journal's database was lost while appending; trying again");
                tokio::time::sleep(*pause).await;
            }
            _ => return Err(Failure { failed, sent }),
        }
    }
}

fn answer(shared: &Shared, batch: Vec<Waiting>, results: Vec<Result<Appended, AppendError>>) {
    let head = results.iter().flatten().filter(|done| !done.repeated).map(|done| done.position).max();
    for (waiting, result) in batch.into_iter().zip(results) {
        // A caller that went away has nobody to tell.
        let _ = waiting.reply.send(result);
    }
    if let Some(head) = head {
        shared.saw(head);
    }
}

fn fail(shared: &Shared, batch: Vec<Waiting>, Failure { failed, sent }: Failure) {
    match failed {
        WriteFailed::Epoch(epoch) => {
            tracing::warn!(%epoch, "the journal has another epoch now");
            shared.set_epoch(epoch);
            answer_all(batch, |_| AppendError::EpochChanged(epoch));
        }
        WriteFailed::SetBack(why) => {
            // First: who is answered so finds the journal shut.
            shared.is_set_back(why.clone());
            answer_all(batch, |waiting| match sent {
                true => AppendError::Unknown(waiting.prepared.append.command_id),
                false => AppendError::Unavailable(why.clone()),
            });
        }
        // Whatever an earlier attempt did, it did not write this.
        WriteFailed::Refused(why) => answer_all(batch, |_| AppendError::Invalid(why.clone())),
        WriteFailed::Lost(why) | WriteFailed::Unreachable(why) | WriteFailed::Busy(why) => {
            tracing::warn!(error = why, appends = batch.len(), "appends failed");
            answer_all(batch, |waiting| match sent {
                true => AppendError::Unknown(waiting.prepared.append.command_id),
                false => AppendError::Unavailable(why.clone()),
            });
        }
    }
}

fn answer_all(batch: Vec<Waiting>, error: impl Fn(&Waiting) -> AppendError) {
    for waiting in batch {
        let error = error(&waiting);
        let _ = waiting.reply.send(Err(error));
    }
}

#[cfg(test)]
mod tests;
