//! Events that a consumer cannot handle: their stream waits, and the others go on.

use std::time::Duration;

use super::group::world::{
    Mood, Moods, Notes, PARTITIONS, STREAMS, copies, copies_as, copy_of, in_order, joins, lose_what_is_behind, member, stands, taken,
    until, until_at_the_end, write,
};
use super::{Subject, append, everything, part};
use crate::append::{Append, Part};
use crate::envelope::{Position, StreamId};
use crate::subscription::group::parked::{self, Condition, Found, Ordered};
use crate::subscription::group::{MOST_PARKED, partition_of};

/// Each with the position of the event that it is parked at.
async fn until_parked(subject: &dyn Subject, expected: &[(&str, Position)]) {
    let parked = async || {
        let streams = parked::list(subject.journal().as_ref(), subject.vault().as_ref()).await.expect("a list");
        let waits = |condition: &Condition| matches!(condition, Condition::Parked { ordered: None, .. });
        let parked = streams.into_iter().filter(|stream| waits(&stream.condition));
        let mut parked: Vec<_> = parked.map(|parked| (parked.stream.id().to_owned(), parked.position)).collect();
        parked.sort();
        parked
    };
    let expected: Vec<_> = expected.iter().map(|(stream, position)| ((*stream).to_owned(), *position)).collect();
    while parked().await != expected {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn find(subject: &dyn Subject, group: &str, stream: &str, position: Position) -> Found {
    let (journal, vault) = (subject.journal(), subject.vault());
    parked::find(journal.as_ref(), vault.as_ref(), group, &StreamId::new("test", stream), position).await.expect("found or not")
}

/// Beside the event that tells of it.
async fn order(subject: &dyn Subject, stream: &str, position: Position, what: Ordered) {
    let Found::At(at) = find(subject, "counters", stream, position).await else { panic!("{stream} is not parked at {position}") };
    let stream = StreamId::new("order", "counters");
    let expected = subject.journal().stream_version(&stream).await.expect("a version");
    let told = Part { stream, ..part("", expected, 1) };
    let append = Append { vault: vec![at.order(what)], ..append(vec![told]) };
    subject.journal().append(append).await.expect("ordered");
}

async fn condition(subject: &dyn Subject, stream: &str) -> Option<Condition> {
    let streams = parked::list(subject.journal().as_ref(), subject.vault().as_ref()).await.expect("a list");
    streams.into_iter().find(|parked| parked.stream == StreamId::new("test", stream)).map(|parked| parked.condition)
}

pub async fn a_poison_event_parks_its_stream_alone(subject: &dyn Subject) {
    let notes = Notes::default();
    notes.moods.refuse("3", 1, Mood::Bad);
    notes.moods.refuse("4", 2, Mood::VeryBad);
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
    assert_eq!((told[0].group.as_str(), told[0].partition), ("counters", partition_of(&told[0].stream, PARTITIONS)));
    let parked = |error: &str, waiting| {
        let error = error.into();
        Condition::Parked { event_type: "test.happened".into(), version: 1, error, waiting, ordered: None }
    };
    assert_eq!(told[0].condition, parked("in a bad mood", 3));
    assert_eq!(told[1].condition, parked("the handler panicked; the log of its process says over what", 2));
}

pub async fn what_is_parked_survives_a_takeover(subject: &dyn Subject) {
    let notes = Notes::default();
    notes.moods.refuse("3", 1, Mood::Bad);
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
    order(subject, "3", 7, Ordered::Skip).await;
    order(subject, "3", 7, Ordered::Retry).await;
    let ordered = condition(subject, "3").await;
    assert!(matches!(ordered, Some(Condition::Parked { ordered: Some(Ordered::Retry), .. })), "the newest counts: {ordered:?}");
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
    moods.refuse("long", 10, Mood::Bad);
    subject.journal().append(append(vec![part("long", 0, LONG as usize)])).await.expect("appended");
    let first = copies_as(subject, "a", &moods).await;
    write(subject, 0).await;
    until_parked(subject, &[("long", 10)]).await;
    moods.mend();
    assert_eq!(find(subject, "counters", "long", 11).await, Found::NotParked);
    for group in ["counter", "counters2", "others", ""] {
        assert_eq!(find(subject, group, "long", 10).await, Found::NoConsumer, "{group}");
    }
    order(subject, "long", 10, Ordered::Retry).await;
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
    notes.moods.refuse("3", 1, Mood::Bad);
    let member = joins(subject, "a", &notes).await;
    write(subject, 0).await;
    until_parked(subject, &[("3", 7)]).await;
    order(subject, "3", 7, Ordered::Skip).await;
    until(|| notes.of("3") == [2]).await;
    write(subject, 1).await;
    until(|| notes.of("3") == [2, 3, 4]).await;
    until_at_the_end(subject, 0).await;
    assert_eq!((find(subject, "counters", "3", 7).await, condition(subject, "3").await), (Found::NotParked, None));
    member.abort();
}

pub async fn no_more_streams_are_parked_than_may_be(subject: &dyn Subject) {
    let parts = (0..=MOST_PARKED).map(|stream| part(&stream.to_string(), 0, 1)).collect();
    subject.journal().append(append(parts)).await.expect("appended");
    let events = everything(subject.journal().as_ref()).await;
    let share = taken(subject, &member(subject, "a").await, "a").await;
    for (event, count) in events.iter().zip(1..) {
        assert_eq!(share.set_aside(event, "in a bad mood").await, Ok(count <= MOST_PARKED));
    }
    assert_eq!(share.position(), MOST_PARKED as u64, "it stands still there");
    assert_eq!(share.set_aside(&events[0], "in a bad mood still").await, Ok(true));
}

/// Partitions of a consumer are told apart by the whole of their numbers: 1 is not 10 or 11.
pub async fn an_order_reaches_its_partition_alone(subject: &dyn Subject) {
    let notes = Notes::default();
    let of =
        |partition: u32| (0..).map(|id: u32| id.to_string()).find(|id| partition_of(&StreamId::new("test", id), PARTITIONS) == partition);
    let streams = [1, 10, 11].map(|partition| of(partition).expect("there is one"));
    for stream in &streams {
        notes.moods.refuse(stream, 1, Mood::Bad);
        subject.journal().append(append(vec![part(stream, 0, 1)])).await.expect("appended");
    }
    let [first, second, third] = streams.each_ref().map(String::as_str);
    let member = joins(subject, "a", &notes).await;
    let mut expected = [(first, 1), (second, 2), (third, 3)];
    expected.sort();
    until_parked(subject, &expected).await;
    notes.moods.mend();
    order(subject, second, 2, Ordered::Retry).await;
    order(subject, third, 3, Ordered::Skip).await;
    until_parked(subject, &[(first, 1)]).await;
    until(|| notes.of(second) == [1]).await;
    until_at_the_end(subject, 1).await;
    member.abort();
    assert_eq!((notes.of(first), notes.of(third)), (vec![], vec![]));
}

/// What people ordered about an event is over once the event is gone: what comes in its place waits for another order.
pub async fn an_order_does_not_outlive_its_history(subject: &dyn Subject) {
    const KEPT: Position = 6;
    let notes = Notes::default();
    notes.moods.refuse("3", 1, Mood::Bad);
    let first = joins(subject, "a", &notes).await;
    write(subject, 0).await;
    until_parked(subject, &[("3", KEPT + 1)]).await;
    until_at_the_end(subject, 1).await;
    first.abort();
    order(subject, "3", KEPT + 1, Ordered::Skip).await;
    lose_what_is_behind(subject, KEPT).await;
    let another = subject.another().await;
    let another = another.as_ref();
    assert_eq!((find(another, "counters", "3", KEPT + 1).await, condition(another, "3").await), (Found::NotParked, None));
    another.journal().append(append(vec![part("3", 0, 2)])).await.expect("appended");
    let again = Notes::default();
    again.moods.refuse("3", 1, Mood::Bad);
    let second = joins(another, "b", &again).await;
    until_parked(another, &[("3", KEPT + 1)]).await;
    until_at_the_end(another, 1).await;
    second.abort();
    assert_eq!(again.of("3"), [0u64; 0]);
    assert_eq!(another.vault().list("group-order", "").await, Ok(vec![]));
}

/// It is no poison: nobody may leave it out for ever since a program was too old.
pub async fn a_newer_event_stops_its_partition_until_a_newer_program_comes(subject: &dyn Subject) {
    let notes = Notes::default();
    notes.moods.refuse("3", 1, Mood::Puzzled);
    let stopped = partition_of(&StreamId::new("test", "3"), PARTITIONS);
    let others = (0..STREAMS).filter(|id| partition_of(&StreamId::new("test", id), PARTITIONS) != stopped).count();
    let older = joins(subject, "a", &notes).await;
    write(subject, 0).await;
    while stands(subject).await.first().and_then(|standing| standing.stopped.clone()) != Some((stopped, "too new; upgrade".into())) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    write(subject, 1).await;
    until(|| in_order(&notes.all()).values().filter(|version| **version == 4).count() == others).await;
    assert_eq!(stands(subject).await[0].parked, 0);
    older.abort();
    let newer = Notes::default();
    let member = joins(subject, "b", &newer).await;
    until_at_the_end(subject, 0).await;
    member.abort();
    assert_eq!((notes.of("3"), newer.of("3")), (vec![], vec![1, 2, 3, 4]));
    assert_eq!(stands(subject).await[0].stopped, None);
}
