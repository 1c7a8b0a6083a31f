//! What one process tells the others of the journal's growth, where neither NOTIFY nor a poll does.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use tokio::sync::{broadcast, watch};
use tokio::task::{JoinSet, yield_now};
use tokio::time::timeout;
use uuid::Uuid;

use super::*;
use crate::append::{Append, AppendError, Appended};
use crate::envelope::{Actor, CommandId, Epoch, Fact, Recorded, StreamId};
use crate::journal::{Filter, Head, Journal, Page, ReadError};
use crate::relay::{HEARD_KEPT, Heard, Trouble};
use crate::subscription::Subscription;

const EPOCH: Epoch = Epoch(Uuid::nil());

/// The journal as one process sees it. A poll, which asks for the head before it reads, finds nothing new: only who was told does.
struct Seen {
    end: watch::Sender<Position>,
    /// What tells this process without a relay.
    hint: watch::Sender<Position>,
    polled: AtomicBool,
}

fn event(position: Position) -> Recorded {
    Recorded {
        position,
        tenant_position: position,
        epoch: EPOCH,
        event_id: Uuid::nil(),
        stream: StreamId::new("test", "a"),
        stream_version: position,
        event_type: "test.happened".into(),
        version: 1,
        tenant: "team".into(),
        project: None,
        actor: Actor::system("test"),
        command_id: CommandId(Uuid::nil()),
        correlation_id: Uuid::nil(),
        causation_id: None,
        client_address: None,
        time: 0,
        payload: "{}".into(),
        content_hash: [0; 32],
    }
}

#[async_trait]
impl Journal for Seen {
    async fn append(&self, _: Append) -> Result<Appended, AppendError> {
        Err(AppendError::Unavailable("only read here".into()))
    }
    fn set_back(&self) -> watch::Receiver<Option<String>> {
        watch::channel(None).1
    }
    fn waiting(&self) -> usize {
        0
    }
    async fn command(&self, _: CommandId) -> Result<Option<(Appended, Option<[u8; 32]>)>, ReadError> {
        Ok(None)
    }
    async fn read_stream(&self, _: &StreamId, _: u64, _: usize) -> Result<Vec<Recorded>, ReadError> {
        Ok(Vec::new())
    }
    async fn read_facts(&self, _: &StreamId, _: u64, _: usize) -> Result<Vec<Fact>, ReadError> {
        Ok(Vec::new())
    }
    async fn stream_version(&self, _: &StreamId) -> Result<u64, ReadError> {
        Ok(0)
    }
    async fn read_all(&self, after: Position, _: usize, _: &Filter) -> Result<Page, ReadError> {
        let end = if self.polled.swap(false, Ordering::SeqCst) { after } else { *self.end.borrow() };
        Ok(Page { events: (after + 1..=end).map(event).collect(), seen: end })
    }
    async fn read_at(&self, _: &[Position]) -> Result<Vec<Recorded>, ReadError> {
        Ok(Vec::new())
    }
    async fn position_at(&self, _: i64) -> Result<Position, ReadError> {
        Ok(0)
    }
    async fn head(&self) -> Result<Head, ReadError> {
        self.polled.store(true, Ordering::SeqCst);
        Ok(Head { epoch: EPOCH, position: *self.end.borrow() })
    }
    async fn check_epoch(&self, _: Epoch) -> Result<(), ReadError> {
        Ok(())
    }
    fn watch(&self) -> watch::Receiver<Position> {
        self.hint.subscribe()
    }
}

/// Clones share it.
#[derive(Clone)]
struct InMemory(broadcast::Sender<Heard>);

impl InMemory {
    fn new() -> Self {
        InMemory(broadcast::channel(HEARD_KEPT).0)
    }

    /// Everybody has heard what was told.
    async fn quiet(&self) {
        while !self.0.is_empty() {
            yield_now().await;
        }
    }
}

impl LiveRelay for InMemory {
    fn tell(&self, topic: Topic, message: Vec<u8>) {
        // Nobody listening is no error.
        let _ = self.0.send(Heard { topic, message: message.into() });
    }
    fn hear(&self) -> broadcast::Receiver<Heard> {
        self.0.subscribe()
    }
    fn trouble(&self) -> Option<Trouble> {
        None
    }
}

struct Process {
    reader: Subscription,
    _share: JoinSet<Result<(), String>>,
}

impl Process {
    /// One that is told of the journal's growth by `hint` and the relay.
    async fn start(end: &watch::Sender<Position>, hint: watch::Sender<Position>, relay: &InMemory) -> Process {
        let journal = Seen { end: end.clone(), hint, polled: AtomicBool::default() };
        let tail = Tail::start(Arc::new(journal)).await.expect("a tail");
        let (reader, hearing) = (tail.subscribe(0, Filter::default()), relay.0.receiver_count());
        let share = ShareTail { tail, relay: Arc::new(relay.clone()) };
        let mut running = JoinSet::new();
        running.spawn(async move { share.run().await });
        while relay.0.receiver_count() == hearing {
            yield_now().await;
        }
        Process { reader, _share: running }
    }

    /// One that hears by the relay or not at all.
    async fn far(end: &watch::Sender<Position>, relay: &InMemory) -> Process {
        Process::start(end, watch::Sender::new(0), relay).await
    }

    /// The position of the next event.
    async fn next(&mut self) -> Position {
        timeout(Duration::from_secs(20), self.reader.next()).await.expect("it is told").expect("an event").event.position
    }
}

#[tokio::test]
async fn who_is_told_by_nobody_else_reads_on() {
    let (end, relay) = (watch::Sender::new(0), InMemory::new());
    let _near = Process::start(&end, end.clone(), &relay).await;
    let mut far = Process::far(&end, &relay).await;
    for position in 1..=3 {
        end.send_replace(position);
        assert_eq!(far.next().await, position);
    }
}

#[tokio::test]
async fn a_hint_of_what_is_not_there_silences_nobody() {
    let (end, relay) = (watch::Sender::new(0), InMemory::new());
    let _near = Process::start(&end, end.clone(), &relay).await;
    let mut far = Process::far(&end, &relay).await;
    for lie in ["1000", "no position"] {
        relay.tell(Topic::Tail, lie.into());
    }
    relay.quiet().await;
    end.send_replace(1);
    assert_eq!(far.next().await, 1);
}

#[tokio::test]
async fn who_missed_what_was_told_looks() {
    let (end, relay) = (watch::Sender::new(0), InMemory::new());
    let mut far = Process::far(&end, &relay).await;
    end.send_replace(1);
    (0..HEARD_KEPT * 2).for_each(|_| relay.tell(Topic::Texts, Vec::new()));
    assert_eq!(far.next().await, 1);
}
