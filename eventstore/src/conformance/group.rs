//! Consumers whose members come, go and die.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio::task::JoinHandle;

use super::{Subject, append, everything, part};
use crate::envelope::{Position, Recorded, StreamId};
use crate::journal::Filter;
use crate::seal::Parting;
use crate::subscription::Tail;
use crate::subscription::group::{Group, Handler, MOST_PARKED, Share, ShareError, Standing, parked, partition_of, standings};

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

/// Streams' ids and versions that cannot be handled, and whether the handler panics over it.
#[derive(Clone, Default)]
struct Moods(Arc<Mutex<BTreeMap<(String, u64), bool>>>);

impl Moods {
    fn refuse(&self, stream: &str, version: u64, panics: bool) {
        self.0.lock().expect("no panic").insert((stream.into(), version), panics);
    }

    fn mend(&self) {
        self.0.lock().expect("no panic").clear();
    }

    fn judge(&self, event: &Recorded) -> Result<(), String> {
        let refused = self.0.lock().expect("no panic").get(&(event.stream.id().to_owned(), event.stream_version)).copied();
        match refused {
            None => Ok(()),
            Some(false) => Err("in a bad mood".into()),
            Some(true) => panic!("in a very bad mood"),
        }
    }
}

/// Who handled what, in the order of handling.
#[derive(Clone, Default)]
struct Notes {
    handled: Arc<Mutex<Vec<(String, Recorded)>>>,
    moods: Moods,
}

impl Notes {
    fn all(&self) -> Vec<(String, Recorded)> {
        self.handled.lock().expect("no panic").clone()
    }

    /// Versions of a stream in the order in which they were handled first.
    fn of(&self, stream: &str) -> Vec<u64> {
        let mut seen = BTreeSet::new();
        let versions = self.all().into_iter().filter(|(_, event)| event.stream.id() == stream).map(|(_, event)| event.stream_version);
        versions.filter(|version| seen.insert(*version)).collect()
    }
}

struct Noting(String, Notes);

#[async_trait]
impl Handler for Noting {
    async fn handle(&self, share: &Share, events: &[Arc<Recorded>]) -> Result<(), String> {
        assert!(events.iter().all(|event| partition_of(&event.stream, PARTITIONS) == share.partition()));
        for event in events {
            self.1.moods.judge(event)?;
            self.1.handled.lock().expect("no panic").push((self.0.clone(), event.as_ref().clone()));
        }
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
    let events = everything(subject.journal().as_ref()).await;
    assert_eq!(ghost.set_aside(&events[7], "in a bad mood").await, Err(ShareError::Lost));
    heir.append(effect(), 6).await.expect("appended");
    heir.keep(7).await.expect("kept");
    assert_eq!(ghost.keep(9).await, Err(ShareError::Lost));
}

/// Writes one event for each that it handles, with the checkpoint.
struct Copying(Tail, Moods);

#[async_trait]
impl Handler for Copying {
    async fn handle(&self, share: &Share, events: &[Arc<Recorded>]) -> Result<(), String> {
        for event in events.iter().filter(|event| event.position > share.position()) {
            self.1.judge(event)?;
            let stream = StreamId::new("copy", share.partition());
            let expected = self.0.journal().stream_version(&stream).await.map_err(|error| error.to_string())?;
            let mut copy = part("", expected, 1);
            copy.stream = stream;
            copy.events[0].payload = copy_of(event);
            share.append(append(vec![copy]), event.position).await.map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

fn copy_of(event: &Recorded) -> String {
    format!("{{\"of\":{}}}", event.position)
}

async fn copies_as(subject: &dyn Subject, name: &str, moods: &Moods) -> JoinHandle<()> {
    let group = member(subject, name).await;
    let handler = Arc::new(Copying(group.tail.clone(), moods.clone()));
    tokio::spawn(async move { group.run(handler, std::future::pending()).await })
}

async fn copies(subject: &dyn Subject) -> Vec<String> {
    let filter = Filter { stream_types: vec!["copy".into()], ..Filter::default() };
    let page = subject.journal().read_all(0, 10_000, &filter).await.expect("read");
    page.events.into_iter().map(|copy| copy.payload).collect()
}

pub async fn an_effect_in_the_journal_is_made_once(subject: &dyn Subject) {
    let moods = Moods::default();
    let first = copies_as(subject, "a", &moods).await;
    write(subject, 0).await;
    while copies(subject).await.len() < STREAMS / 2 {
        tokio::task::yield_now().await;
    }
    first.abort();
    write(subject, 1).await;
    let second = copies_as(subject, "b", &moods).await;
    while copies(subject).await.len() < STREAMS * 4 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    second.abort();
    let distinct: BTreeSet<_> = copies(subject).await.into_iter().collect();
    assert_eq!((distinct.len(), copies(subject).await.len()), (STREAMS * 4, STREAMS * 4));
}

async fn stands(subject: &dyn Subject) -> Vec<Standing> {
    standings(subject.journal().as_ref(), subject.vault().as_ref()).await.expect("standings")
}

/// Each with the position of the event that it is parked at.
async fn until_parked(subject: &dyn Subject, expected: &[(&str, Position)]) {
    let parked = async || {
        let streams = parked::list(subject.journal().as_ref(), subject.vault().as_ref()).await.expect("a list");
        let mut parked: Vec<_> = streams.into_iter().map(|parked| (parked.stream.id().to_owned(), parked.position)).collect();
        parked.sort();
        parked
    };
    let expected: Vec<_> = expected.iter().map(|(stream, position)| ((*stream).to_owned(), *position)).collect();
    while parked().await != expected {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Until everything is handled, less what waits of so many streams.
async fn until_at_the_end(subject: &dyn Subject, parked: u64) {
    loop {
        let head = subject.journal().head().await.expect("a head").position;
        if stands(subject).await.iter().any(|standing| (standing.position, standing.parked) == (head, parked)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub async fn a_poison_event_parks_its_stream_alone(subject: &dyn Subject) {
    let notes = Notes::default();
    notes.moods.refuse("3", 1, false);
    notes.moods.refuse("4", 2, true);
    let member = joins(subject, "a", &notes).await;
    write(subject, 0).await;
    until_parked(subject, &[("3", 7), ("4", 10)]).await;
    write(subject, 1).await;
    until(|| in_order(&notes.all()).values().filter(|version| **version == 4).count() == STREAMS - 2).await;
    until_at_the_end(subject, 2).await;
    member.abort();
    let reached = in_order(&notes.all());
    let of = |stream: &str| reached.get(&StreamId::new("test", stream)).copied();
    assert_eq!((of("3"), of("4")), (None, Some(1)));
    let mut told = parked::list(subject.journal().as_ref(), subject.vault().as_ref()).await.expect("a list");
    told.sort_by_key(|parked| parked.position);
    assert_eq!((told[0].group.as_str(), told[0].error.as_str(), told[0].waiting), ("counters", "in a bad mood", 3));
    assert_eq!((told[1].error.as_str(), told[1].waiting), ("the handler panicked: in a very bad mood", 2));
}

pub async fn what_is_parked_survives_a_takeover(subject: &dyn Subject) {
    let notes = Notes::default();
    notes.moods.refuse("3", 1, false);
    let first = joins(subject, "a", &notes).await;
    write(subject, 0).await;
    until_parked(subject, &[("3", 7)]).await;
    first.abort();
    // It could be handled now, and waits all the same.
    notes.moods.mend();
    let another = subject.another().await;
    let second = joins(another.as_ref(), "b", &notes).await;
    write(subject, 1).await;
    until(|| in_order(&notes.all()).values().filter(|version| **version == 4).count() == STREAMS - 1).await;
    until_at_the_end(subject, 1).await;
    second.abort();
    assert_eq!(notes.of("3"), [0u64; 0]);
    // Ordered while nobody works, and carried out by who comes.
    let retried = parked::retry(subject.vault().as_ref(), "counters", &StreamId::new("test", "3"), 7).await;
    assert_eq!(retried, Ok(true));
    let third = joins(subject, "c", &notes).await;
    until(|| notes.of("3").len() == 4).await;
    write(subject, 2).await;
    until(|| in_order(&notes.all()).values().filter(|version| **version == 6).count() == STREAMS).await;
    until_at_the_end(subject, 0).await;
    third.abort();
}

/// Each effect once: it, and how far its stream is, are written together, also when who does it dies.
pub async fn a_retry_goes_on_in_order(subject: &dyn Subject) {
    const LONG: u64 = 200;
    let (moods, long) = (Moods::default(), StreamId::new("test", "long"));
    moods.refuse("long", 10, false);
    subject.journal().append(append(vec![part("long", 0, LONG as usize)])).await.expect("appended");
    let first = copies_as(subject, "a", &moods).await;
    write(subject, 0).await;
    until_parked(subject, &[("long", 10)]).await;
    moods.mend();
    let vault = subject.vault();
    let retry = async |group, position| parked::retry(vault.as_ref(), group, &long, position).await;
    assert_eq!((retry("counters", 11).await, retry("others", 10).await), (Ok(false), Ok(false)));
    assert_eq!(retry("counters", 10).await, Ok(true));
    let of_long = async || {
        let expected: Vec<_> = subject.journal().read_stream(&long, 0, 1000).await.expect("read").iter().map(copy_of).collect();
        let made: Vec<_> = copies(subject).await.into_iter().filter(|copy| expected.contains(copy)).collect();
        (made, expected)
    };
    while of_long().await.0.len() < 30 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    first.abort();
    let another = subject.another().await;
    let second = copies_as(another.as_ref(), "b", &moods).await;
    subject.journal().append(append(vec![part("long", LONG, 10)])).await.expect("appended");
    until_at_the_end(subject, 0).await;
    second.abort();
    let (made, expected) = of_long().await;
    assert_eq!(made, expected);
    assert_eq!(copies(subject).await.len(), made.len() + STREAMS * 2);
}

pub async fn a_skip_leaves_one_event_out(subject: &dyn Subject) {
    let notes = Notes::default();
    notes.moods.refuse("3", 1, false);
    let member = joins(subject, "a", &notes).await;
    write(subject, 0).await;
    until_parked(subject, &[("3", 7)]).await;
    let (vault, stream) = (subject.vault(), StreamId::new("test", "3"));
    let skip = async || parked::skip(vault.as_ref(), "counters", &stream, 7, "written by a broken import").await;
    assert_eq!(skip().await, Ok(true));
    until(|| notes.of("3") == [2]).await;
    write(subject, 1).await;
    until(|| notes.of("3") == [2, 3, 4]).await;
    until_at_the_end(subject, 0).await;
    assert_eq!(skip().await, Ok(false));
    member.abort();
}

pub async fn no_more_streams_are_parked_than_may_be(subject: &dyn Subject) {
    let parts = (0..=MOST_PARKED).map(|stream| part(&stream.to_string(), 0, 1)).collect();
    subject.journal().append(append(parts)).await.expect("appended");
    let events = everything(subject.journal().as_ref()).await;
    let lease = subject.leases().acquire("r", "a", Duration::from_secs(600)).await.expect("acquired");
    let share = Share::take_over(&member(subject, "a").await, 3, lease).await.expect("taken over");
    for (event, count) in events.iter().zip(1..) {
        assert_eq!(share.set_aside(event, "in a bad mood").await, Ok(count <= MOST_PARKED));
    }
    assert_eq!(share.position(), MOST_PARKED as u64, "it stands still there");
    assert_eq!(share.set_aside(&events[0], "in a bad mood still").await, Ok(true));
}

/// Also where nobody wakes a reader for it.
pub async fn a_checkpoint_moves_over_what_concerns_nobody(subject: &dyn Subject) {
    let filter = Filter { tenants: vec!["team-2".into()], ..Filter::default() };
    let (group, handler) = (Group { filter, ..member(subject, "a").await }, Arc::new(Noting("a".into(), Notes::default())));
    let member = tokio::spawn(async move { group.run(handler, std::future::pending()).await });
    while stands(subject).await.is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    write(subject, 0).await;
    until_at_the_end(subject, 0).await;
    member.abort();
}
