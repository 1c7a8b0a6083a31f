use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use tokio::sync::Notify;
use uuid::Uuid;

use super::*;
use crate::append::{Append, AppendError, Appended};
use crate::envelope::{Actor, CommandId, Fact, Recorded, StreamId};
use crate::journal::{Head, Page};

const OLD: Epoch = Epoch(Uuid::from_u128(1));
const NEW: Epoch = Epoch(Uuid::from_u128(2));

/// Five events of the old epoch; then, while the tail reads the first of them, a new epoch begins after the fifth.
struct Restarted {
    asked: AtomicUsize,
    reading: Notify,
    go_on: Notify,
    head: watch::Sender<Position>,
}

fn event(position: Position) -> Recorded {
    Recorded {
        position,
        tenant_position: position,
        epoch: if position <= 5 { OLD } else { NEW },
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
impl Journal for Restarted {
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
        if self.asked.fetch_add(1, Ordering::SeqCst) == 0 {
            self.reading.notify_one();
            self.go_on.notified().await;
            return Ok(Page { events: vec![event(1), event(2)], seen: 2 });
        }
        let events: Vec<_> = (after + 1..=*self.head.borrow()).map(event).collect();
        Ok(Page { seen: events.last().map_or(after, |event| event.position), events })
    }
    async fn read_at(&self, _: &[Position]) -> Result<Vec<Recorded>, ReadError> {
        Ok(Vec::new())
    }
    async fn position_at(&self, _: i64) -> Result<Position, ReadError> {
        Ok(0)
    }
    async fn head(&self) -> Result<Head, ReadError> {
        let position = *self.head.borrow();
        Ok(Head { epoch: if position < 5 { OLD } else { NEW }, position })
    }
    async fn check_epoch(&self, epoch: Epoch) -> Result<(), ReadError> {
        if epoch == NEW { Ok(()) } else { Err(ReadError::EpochChanged { epoch: NEW, common: 5 }) }
    }
    fn watch(&self) -> watch::Receiver<Position> {
        self.head.subscribe()
    }
}

#[tokio::test]
async fn a_page_read_before_the_epoch_changed_is_not_mixed_in_after_it() {
    let journal =
        Arc::new(Restarted { asked: AtomicUsize::new(0), reading: Notify::new(), go_on: Notify::new(), head: watch::Sender::new(0) });
    let tail = Tail::start(journal.clone()).await.expect("a tail");
    journal.reading.notified().await;
    journal.head.send_replace(5);
    // A subscriber that catches up is the first to see the new epoch.
    tail.reader.shared.check_epoch().await.expect("checked");
    let mut subscription = tail.subscribe(5, Filter::default());
    journal.go_on.notify_one();
    journal.head.send_replace(6);
    let next = tokio::time::timeout(Duration::from_secs(20), subscription.next()).await.expect("in time").expect("an event");
    assert_eq!(next.event.position, 6);
}

#[tokio::test]
async fn who_waits_passes_what_does_not_concern_it() {
    let head = watch::Sender::new(5);
    let journal = Restarted { asked: AtomicUsize::new(1), reading: Notify::new(), go_on: Notify::new(), head };
    let journal = Arc::new(journal);
    let tail = Tail::start(journal.clone()).await.expect("a tail");
    let of = |stream| Filter { streams: vec![StreamId::new("test", stream)], ..Filter::default() };
    let (mut other, mut own) = (tail.subscribe(5, of("b")), tail.subscribe(5, of("a")));
    for reader in [&mut other, &mut own] {
        tokio::select! { biased; _ = reader.next_batch(1) => panic!("nothing has come"), () = tokio::task::yield_now() => {} }
        assert_eq!(reader.passed(), 5);
    }
    journal.head.send_replace(7);
    let read = async {
        while tail.position() < 7 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), read).await.expect("in time");
    assert_eq!((other.passed(), own.passed()), (7, 5), "what may concern a reader is not passed");
    assert_eq!(own.next_batch(1).await.expect("events").seen, 6);
    assert_eq!((own.passed(), other.seen()), (6, 7));
}

#[tokio::test]
async fn a_deadline_ends_the_wait_and_no_query() {
    let head = watch::Sender::new(4);
    let journal = Restarted { asked: AtomicUsize::new(0), reading: Notify::new(), go_on: Notify::new(), head };
    let journal = Arc::new(journal);
    let tail = Tail::start(journal.clone()).await.expect("a tail");
    let mut reader = tail.subscribe(0, Filter::default());
    // Over before it begins to read.
    let deadline = tokio::time::Instant::now();
    let go_on = async {
        journal.reading.notified().await;
        journal.go_on.notify_one();
    };
    let (first, ()) = tokio::join!(reader.next_batch_until(9, deadline), go_on);
    let mut batches = vec![first.expect("a page")];
    for _ in 0..2 {
        batches.push(reader.next_batch_until(9, deadline).await.expect("a batch"));
    }
    let told: Vec<_> = batches.iter().map(|batch| (batch.events.len(), batch.seen)).collect();
    assert_eq!(told, [(2, 2), (2, 4), (0, 4)]);
}

#[tokio::test]
async fn a_page_is_read_on_by_who_was_cancelled() {
    let head = watch::Sender::new(4);
    let journal = Restarted { asked: AtomicUsize::new(0), reading: Notify::new(), go_on: Notify::new(), head };
    let journal = Arc::new(journal);
    let tail = Tail::start(journal.clone()).await.expect("a tail");
    let mut reader = tail.subscribe(0, Filter::default());
    for _ in 0..3 {
        tokio::select! { biased; _ = reader.next_batch(9) => panic!("the page is not read yet"), () = tokio::task::yield_now() => {} }
    }
    journal.go_on.notify_one();
    let batch = tokio::time::timeout(Duration::from_secs(20), reader.next_batch(9)).await.expect("in time").expect("a page");
    assert_eq!((batch.events.len(), batch.seen), (2, 2), "only the first page that was asked for ends at the second event");
}
