//! Consumers whose members come, go and die.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio::task::JoinHandle;

use super::{Subject, append, part};
use crate::envelope::{Recorded, StreamId};
use crate::journal::Filter;
use crate::seal::Parting;
use crate::subscription::Tail;
use crate::subscription::group::{Group, Handler, Share, ShareError, partition_of};

const LEASE: Duration = Duration::from_millis(600);
const PARTITIONS: u32 = 8;
const STREAMS: usize = 20;

async fn member(subject: &dyn Subject, name: &str) -> Group {
    Group {
        name: "counters".into(),
        partitions: PARTITIONS,
        filter: Filter { stream_types: vec!["test".into()], ..Filter::default() },
        from: 0,
        tail: Tail::start(subject.journal()).await.expect("a tail"),
        leases: subject.leases(),
        vault: subject.vault(),
        member: name.into(),
        lease: LEASE,
    }
}

/// Who handled what, in the order of handling.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<(String, Recorded)>>>);

impl Notes {
    fn all(&self) -> Vec<(String, Recorded)> {
        self.0.lock().expect("no panic").clone()
    }
}

struct Noting(String, Notes);

#[async_trait]
impl Handler for Noting {
    async fn handle(&self, share: &Share, events: &[Arc<Recorded>]) -> Result<(), String> {
        assert!(events.iter().all(|event| partition_of(&event.stream, PARTITIONS) == share.partition()));
        let mut notes = self.1.0.lock().expect("no panic");
        notes.extend(events.iter().map(|event| (self.0.clone(), event.as_ref().clone())));
        Ok(())
    }
}

async fn joins(subject: &dyn Subject, name: &str, notes: &Notes) -> JoinHandle<()> {
    let (group, handler) = (member(subject, name).await, Arc::new(Noting(name.into(), notes.clone())));
    tokio::spawn(async move { group.run(handler, std::future::pending()).await })
}

async fn until(mut holds: impl FnMut() -> bool) {
    while !holds() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A stream's events come one after the other; after a takeover some come again, but none is left out.
fn in_order(notes: &[(String, Recorded)]) -> BTreeMap<StreamId, u64> {
    let mut reached = BTreeMap::new();
    for (_, event) in notes {
        let version: &mut u64 = reached.entry(event.stream.clone()).or_default();
        assert!(event.stream_version <= *version + 1, "{} came after {version} of {}", event.stream_version, event.stream);
        *version = event.stream_version.max(*version);
    }
    reached
}

async fn write(subject: &dyn Subject, round: u64) {
    let journal = subject.journal();
    for stream in 0..STREAMS {
        journal.append(append(vec![part(&stream.to_string(), round * 2, 2)])).await.expect("appended");
    }
}

pub async fn each_event_is_handled_in_the_order_of_its_stream(subject: &dyn Subject) {
    let notes = Notes::default();
    let another = subject.another().await;
    let mut members = vec![joins(subject, "a", &notes).await, joins(subject, "b", &notes).await];
    let mut rounds = 0;
    for name in ["c", "d", "e"] {
        write(subject, rounds).await;
        rounds += 1;
        until(|| notes.all().len() >= STREAMS).await;
        // One dies in the midst of it, and another comes.
        members.remove(0).abort();
        members.push(joins(another.as_ref(), name, &notes).await);
        write(subject, rounds).await;
        rounds += 1;
    }
    until(|| in_order(&notes.all()).values().filter(|version| **version == rounds * 2).count() == STREAMS).await;
    members.iter().for_each(JoinHandle::abort);
}

pub async fn who_joins_gets_a_share_and_who_leaves_gives_it_back(subject: &dyn Subject) {
    let notes = Notes::default();
    let first = joins(subject, "a", &notes).await;
    write(subject, 0).await;
    until(|| in_order(&notes.all()).len() == STREAMS).await;
    assert!(notes.all().iter().all(|(who, _)| who == "a"));
    let (leave, left) = tokio::sync::oneshot::channel::<()>();
    let (group, handler) = (member(subject, "b").await, Arc::new(Noting("b".into(), notes.clone())));
    let second = tokio::spawn(async move { group.run(handler, async { _ = left.await }).await });
    let by = |who: &str| notes.all().iter().filter(|(by, _)| by == who).map(|(_, event)| event.stream.clone()).collect::<BTreeSet<_>>();
    let mut round = 1;
    while by("b").is_empty() {
        write(subject, round).await;
        round += 1;
    }
    leave.send(()).expect("it listens");
    second.await.expect("no panic");
    write(subject, round).await;
    until(|| in_order(&notes.all()).values().all(|version| *version == (round + 1) * 2)).await;
    first.abort();
}

/// Whoever was ahead goes back to what both histories have in common, and who is new reads what the one before has left as well.
pub async fn a_consumer_goes_on_in_a_new_epoch(subject: &dyn Subject) {
    const COMMON: u64 = 10;
    let notes = Notes::default();
    write(subject, 0).await;
    let (leave, left) = tokio::sync::oneshot::channel::<()>();
    let (group, handler) = (member(subject, "a").await, Arc::new(Noting("a".into(), notes.clone())));
    let first = tokio::spawn(async move { group.run(handler, async { _ = left.await }).await });
    until(|| notes.all().len() == STREAMS * 2).await;
    leave.send(()).expect("it listens");
    first.await.expect("no panic");
    subject.start_epoch(Parting { shared: Some(COMMON), later_than: 0 }, None).await;
    write(subject, 1).await;

    let again = Notes::default();
    let positions = |notes: &Notes| notes.all().into_iter().map(|(_, event)| event.position).collect::<BTreeSet<_>>();
    let second = joins(subject, "b", &again).await;
    until(|| positions(&again).len() as u64 == STREAMS as u64 * 4 - COMMON).await;
    assert_eq!(positions(&again).first(), Some(&(COMMON + 1)));
    second.abort();

    let all = Notes::default();
    let (newcomer, handler) = (Group { name: "newcomers".into(), ..member(subject, "c").await }, Arc::new(Noting("c".into(), all.clone())));
    let third = tokio::spawn(async move { newcomer.run(handler, std::future::pending()).await });
    until(|| in_order(&all.all()).values().filter(|version| **version == 4).count() == STREAMS).await;
    third.abort();
}

pub async fn a_ghost_moves_no_checkpoint(subject: &dyn Subject) {
    let group = member(subject, "a").await;
    write(subject, 0).await;
    let taken = async |holder: &str| {
        let lease = subject.leases().acquire("r", holder, Duration::from_secs(600)).await.expect("acquired");
        Share::take_over(&group, 3, lease).await.expect("taken over")
    };
    let ghost = taken("ghost").await;
    ghost.keep(5).await.expect("kept");
    subject.leases().void_others("heir").await.expect("voided");
    let heir = taken("heir").await;
    assert_eq!(heir.position(), 5);
    assert_eq!(ghost.keep(7).await, Err(ShareError::Lost));
    let effect = || append(vec![part("effect", 0, 1)]);
    assert_eq!(ghost.append(effect(), 7).await.map(|_| ()), Err(ShareError::Lost));
    heir.append(effect(), 6).await.expect("appended");
    heir.keep(7).await.expect("kept");
    assert_eq!(ghost.keep(9).await, Err(ShareError::Lost));
}

/// Writes one event for each that it handles, with the checkpoint.
struct Copying(Tail);

#[async_trait]
impl Handler for Copying {
    async fn handle(&self, share: &Share, events: &[Arc<Recorded>]) -> Result<(), String> {
        for event in events.iter().filter(|event| event.position > share.position()) {
            let stream = StreamId::new("copy", share.partition());
            let expected = self.0.journal().stream_version(&stream).await.map_err(|error| error.to_string())?;
            let mut copy = part("", expected, 1);
            copy.stream = stream;
            copy.events[0].payload = format!("{{\"of\":{}}}", event.position);
            share.append(append(vec![copy]), event.position).await.map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

async fn copies_as(subject: &dyn Subject, name: &str) -> JoinHandle<()> {
    let group = member(subject, name).await;
    let handler = Arc::new(Copying(group.tail.clone()));
    tokio::spawn(async move { group.run(handler, std::future::pending()).await })
}

pub async fn an_effect_in_the_journal_is_made_once(subject: &dyn Subject) {
    let copies = async || {
        let filter = Filter { stream_types: vec!["copy".into()], ..Filter::default() };
        subject.journal().read_all(0, 10_000, &filter).await.expect("read").events
    };
    let first = copies_as(subject, "a").await;
    write(subject, 0).await;
    while copies().await.len() < STREAMS / 2 {
        tokio::task::yield_now().await;
    }
    first.abort();
    write(subject, 1).await;
    let second = copies_as(subject, "b").await;
    while copies().await.len() < STREAMS * 4 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    second.abort();
    let distinct: BTreeSet<_> = copies().await.into_iter().map(|copy| copy.payload).collect();
    assert_eq!((distinct.len(), copies().await.len()), (STREAMS * 4, STREAMS * 4));
}
