//! A consumer named `counters`, and what its members have seen.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures::FutureExt;
use tokio::task::JoinHandle;

use crate::append::Append;
use crate::conformance::{Subject, append, part};
use crate::envelope::{Position, Recorded, StreamId};
use crate::journal::Filter;
use crate::seal::Parting;
use crate::subscription::Tail;
use crate::subscription::group::{Group, Handler, Share, ShareError, Standing, Unhandled, partition_of, standings};

const LEASE: Duration = Duration::from_millis(600);
/// More than ten, so that names of some begin as those of others do.
pub(in crate::conformance) const PARTITIONS: u32 = 12;
pub(in crate::conformance) const STREAMS: usize = 20;

pub(in crate::conformance) async fn member(subject: &dyn Subject, name: &str) -> Group {
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

/// As after a restore to that position, but for the rows of the vault.
pub(in crate::conformance) async fn lose_what_is_behind(subject: &dyn Subject, position: Position) {
    subject.tamper(&format!("DELETE FROM {{events}} WHERE position > {position}")).await;
    subject.tamper(&format!("UPDATE {{tenant_heads}} SET position = {position}")).await;
    subject.start_epoch(Parting::default(), None).await;
}

/// One partition in the hands of `holder`, whoever has it.
pub(in crate::conformance) async fn taken(subject: &dyn Subject, group: &Group, holder: &str) -> Share {
    try_to_take(subject, group, holder).await.expect("taken over")
}

pub(in crate::conformance) async fn try_to_take(subject: &dyn Subject, group: &Group, holder: &str) -> Result<Share, ShareError> {
    subject.leases().void_others(holder).await.expect("voided");
    let lease = subject.leases().acquire("r", holder, Duration::from_secs(600)).await.expect("acquired");
    Share::take_over(group, 3, lease).await
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::conformance) enum Mood {
    Bad,
    /// The handler panics.
    VeryBad,
    /// The event is of a newer program.
    Puzzled,
}

/// Streams' ids and versions that are not handled.
#[derive(Clone, Default)]
pub(in crate::conformance) struct Moods(Arc<Mutex<BTreeMap<(String, u64), Mood>>>);

impl Moods {
    pub(in crate::conformance) fn refuse(&self, stream: &str, version: u64, mood: Mood) {
        self.0.lock().expect("no panic").insert((stream.into(), version), mood);
    }

    pub(in crate::conformance) fn mend(&self) {
        self.0.lock().expect("no panic").clear();
    }

    pub(in crate::conformance) fn judge(&self, event: &Recorded) -> Result<(), Unhandled> {
        let refused = self.0.lock().expect("no panic").get(&(event.stream.id().to_owned(), event.stream_version)).copied();
        match refused {
            None => Ok(()),
            Some(Mood::Bad) => Err(Unhandled::Poison("in a bad mood".into())),
            Some(Mood::VeryBad) => panic!("in a very bad mood"),
            Some(Mood::Puzzled) => Err(Unhandled::Newer("too new; upgrade".into())),
        }
    }
}

/// Who handled what, in the order of handling.
#[derive(Clone, Default)]
pub(in crate::conformance) struct Notes {
    handled: Arc<Mutex<Vec<(String, Recorded)>>>,
    pub(in crate::conformance) moods: Moods,
}

impl Notes {
    pub(in crate::conformance) fn all(&self) -> Vec<(String, Recorded)> {
        self.handled.lock().expect("no panic").clone()
    }

    /// Versions of a stream in the order in which they were handled first.
    pub(in crate::conformance) fn of(&self, stream: &str) -> Vec<u64> {
        let mut seen = BTreeSet::new();
        let versions = self.all().into_iter().filter(|(_, event)| event.stream.id() == stream).map(|(_, event)| event.stream_version);
        versions.filter(|version| seen.insert(*version)).collect()
    }
}

pub(in crate::conformance) struct Noting(pub(in crate::conformance) String, pub(in crate::conformance) Notes);

#[async_trait]
impl Handler for Noting {
    async fn handle(&self, share: &Share, events: &[Arc<Recorded>]) -> Result<(), Unhandled> {
        assert!(events.iter().all(|event| partition_of(&event.stream, PARTITIONS) == share.partition()));
        for event in events {
            self.1.moods.judge(event)?;
            self.1.handled.lock().expect("no panic").push((self.0.clone(), event.as_ref().clone()));
        }
        Ok(())
    }
}

pub(in crate::conformance) async fn joins(subject: &dyn Subject, name: &str, notes: &Notes) -> JoinHandle<()> {
    let (group, handler) = (member(subject, name).await, Arc::new(Noting(name.into(), notes.clone())));
    tokio::spawn(async move { group.run(handler, std::future::pending()).await })
}

pub(in crate::conformance) async fn until(mut holds: impl FnMut() -> bool) {
    while !holds() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A stream's events come one after the other; after a takeover some come again, but none is left out.
pub(in crate::conformance) fn in_order(notes: &[(String, Recorded)]) -> BTreeMap<StreamId, u64> {
    let mut reached = BTreeMap::new();
    for (_, event) in notes {
        let version: &mut u64 = reached.entry(event.stream.clone()).or_default();
        assert!(event.stream_version <= *version + 1, "{} came after {version} of {}", event.stream_version, event.stream);
        *version = event.stream_version.max(*version);
    }
    reached
}

pub(in crate::conformance) async fn write(subject: &dyn Subject, round: u64) {
    let journal = subject.journal();
    for stream in 0..STREAMS {
        journal.append(append(vec![part(&stream.to_string(), round * 2, 2)])).await.expect("appended");
    }
}

/// Writes one event for each that it handles, with the checkpoint.
struct Copying(Tail, Moods);

impl Copying {
    async fn copy(&self, share: &Share, event: &Recorded) -> Result<Append, String> {
        let stream = StreamId::new("copy", share.partition());
        let expected = self.0.journal().stream_version(&stream).await.map_err(|error| error.to_string())?;
        let mut copy = part("", expected, 1);
        copy.stream = stream;
        copy.events[0].payload = copy_of(event);
        Ok(append(vec![copy]))
    }
}

#[async_trait]
impl Handler for Copying {
    async fn handle(&self, share: &Share, events: &[Arc<Recorded>]) -> Result<(), Unhandled> {
        for event in events.iter().filter(|event| event.position > share.position()) {
            self.1.judge(event)?;
            share.append(self.copy(share, event).await?, event.position).await.map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

/// As [`Copying`], but the first append of each partition is dropped as soon as it waits for the writer. Of its events it says in one partition that they are
/// handled, and in the next that they cannot be.
struct Hasty(Copying, Mutex<BTreeSet<u32>>);

#[async_trait]
impl Handler for Hasty {
    async fn handle(&self, share: &Share, events: &[Arc<Recorded>]) -> Result<(), Unhandled> {
        if !self.1.lock().expect("no panic").insert(share.partition()) {
            return self.0.handle(share, events).await;
        }
        let copy = self.0.copy(share, &events[0]).await?;
        assert!(share.append(copy, events[0].position).now_or_never().is_none(), "no writer is as quick as that");
        match share.partition() % 2 {
            0 => Ok(()),
            _ => Err(Unhandled::Poison("in a hurry".into())),
        }
    }
}

pub(in crate::conformance) fn copy_of(event: &Recorded) -> String {
    format!("{{\"of\":{}}}", event.position)
}

pub(in crate::conformance) async fn copies_as(subject: &dyn Subject, name: &str, moods: &Moods) -> JoinHandle<()> {
    let group = member(subject, name).await;
    let handler = Arc::new(Copying(group.tail.clone(), moods.clone()));
    tokio::spawn(async move { group.run(handler, std::future::pending()).await })
}

pub(in crate::conformance) async fn copies_hastily(subject: &dyn Subject, name: &str) -> JoinHandle<()> {
    let group = member(subject, name).await;
    let handler = Arc::new(Hasty(Copying(group.tail.clone(), Moods::default()), Mutex::default()));
    tokio::spawn(async move { group.run(handler, std::future::pending()).await })
}

pub(in crate::conformance) async fn copies(subject: &dyn Subject) -> Vec<String> {
    let filter = Filter { stream_types: vec!["copy".into()], ..Filter::default() };
    let page = subject.journal().read_all(0, 10_000, &filter).await.expect("read");
    page.events.into_iter().map(|copy| copy.payload).collect()
}

pub(in crate::conformance) async fn stands(subject: &dyn Subject) -> Vec<Standing> {
    standings(subject.journal().as_ref(), subject.vault().as_ref()).await.expect("standings")
}

/// Until everything is handled, less what waits of so many streams.
pub(in crate::conformance) async fn until_at_the_end(subject: &dyn Subject, parked: u64) {
    loop {
        let head = subject.journal().head().await.expect("a head").position;
        if stands(subject).await.iter().any(|standing| (standing.position, standing.parked) == (head, parked)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
