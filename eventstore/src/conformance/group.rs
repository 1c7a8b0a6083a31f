//! Consumers whose members come, go and die. [`super::parked`] is about what they cannot handle.

pub(super) mod world;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use self::world::{
    Moods, Notes, Noting, STREAMS, copies, copies_as, copies_hastily, in_order, joins, lose_what_is_behind, member, stands, taken,
    try_to_take, until, until_at_the_end, write,
};
use super::{Subject, append, everything, part};
use crate::envelope::Position;
use crate::journal::Filter;
use crate::seal::Parting;
use crate::subscription::group::{Group, ShareError};

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

/// Its checkpoint was set back with the journal, however little of it others may rely on; and who is new reads what the one before has left as well.
pub async fn a_consumer_goes_on_in_a_new_epoch(subject: &dyn Subject) {
    let notes = Notes::default();
    write(subject, 0).await;
    handle_all_and_leave(subject, &notes).await;
    subject.start_epoch(Parting { shared: Some(10), later_than: 0 }, None).await;
    write(subject, 1).await;

    let again = Notes::default();
    let second = joins(subject, "b", &again).await;
    until(|| positions(&again).len() == STREAMS * 2).await;
    assert_eq!(positions(&again).first(), Some(&(STREAMS as u64 * 2 + 1)));
    second.abort();

    let all = Notes::default();
    let (newcomer, handler) = (Group { name: "newcomers".into(), ..member(subject, "c").await }, Arc::new(Noting("c".into(), all.clone())));
    let third = tokio::spawn(async move { newcomer.run(handler, std::future::pending()).await });
    until(|| in_order(&all.all()).values().filter(|version| **version == 4).count() == STREAMS).await;
    third.abort();
}

/// Somebody put the vault back alone.
pub async fn a_consumer_ahead_of_its_journal_goes_back(subject: &dyn Subject) {
    const KEPT: u64 = 10;
    let notes = Notes::default();
    write(subject, 0).await;
    handle_all_and_leave(subject, &notes).await;
    lose_what_is_behind(subject, KEPT).await;
    // As a process that has seen nothing of what was lost.
    let another = subject.another().await;
    for stream in KEPT as usize / 2..STREAMS {
        another.journal().append(append(vec![part(&stream.to_string(), 0, 2)])).await.expect("appended");
    }
    let again = Notes::default();
    let second = joins(another.as_ref(), "b", &again).await;
    until(|| positions(&again).len() as u64 == STREAMS as u64 * 2 - KEPT).await;
    assert_eq!(positions(&again).first(), Some(&(KEPT + 1)));
    second.abort();
}

fn positions(notes: &Notes) -> BTreeSet<Position> {
    notes.all().into_iter().map(|(_, event)| event.position).collect()
}

async fn handle_all_and_leave(subject: &dyn Subject, notes: &Notes) {
    let (leave, left) = tokio::sync::oneshot::channel::<()>();
    let (group, handler) = (member(subject, "a").await, Arc::new(Noting("a".into(), notes.clone())));
    let working = tokio::spawn(async move { group.run(handler, async { _ = left.await }).await });
    until(|| notes.all().len() == STREAMS * 2).await;
    leave.send(()).expect("it listens");
    working.await.expect("no panic");
}

pub async fn a_ghost_moves_no_checkpoint(subject: &dyn Subject) {
    let group = member(subject, "a").await;
    write(subject, 0).await;
    let ghost = taken(subject, &group, "ghost").await;
    ghost.keep(5).await.expect("kept");
    let heir = taken(subject, &group, "heir").await;
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

/// Begun anew, everything would be handled once more.
pub async fn a_checkpoint_that_cannot_be_read_is_not_begun_anew(subject: &dyn Subject) {
    let group = member(subject, "a").await;
    write(subject, 0).await;
    taken(subject, &group, "a").await.keep(5).await.expect("kept");
    let vault = subject.vault();
    let (key, row) = vault.list("group", "counters/").await.expect("rows").remove(0);
    vault.put("group", &key, b"of a later program", None).await.expect("put");
    assert_eq!(try_to_take(subject, &group, "b").await.map(|_| ()), Err(ShareError::Unreadable));
    assert_eq!(vault.get("group", &key).await, Ok(Some(b"of a later program".to_vec())));
    let stands = stands(subject).await;
    assert_eq!((stands[0].group.as_str(), stands[0].position, stands[0].slowest), ("counters", 0, 3), "it is told");
    vault.put("group", &key, &row, None).await.expect("put");
    assert_eq!(taken(subject, &group, "c").await.position(), 5);
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

/// Whatever its handler answers, which did not wait to be told whether it was written.
pub async fn an_effect_that_was_dropped_is_made_once(subject: &dyn Subject) {
    write(subject, 0).await;
    let member = copies_hastily(subject, "a").await;
    while copies(subject).await.len() < STREAMS * 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    until_at_the_end(subject, 0).await;
    member.abort();
    let made = copies(subject).await;
    let distinct: BTreeSet<_> = made.iter().collect();
    assert_eq!((distinct.len(), made.len()), (STREAMS * 2, STREAMS * 2));
}

/// The journal writes nothing for a command that it knows, and no checkpoint either.
pub async fn a_known_effect_moves_the_checkpoint(subject: &dyn Subject) {
    let group = member(subject, "a").await;
    write(subject, 0).await;
    let effect = append(vec![part("effect", 0, 1)]);
    let first = taken(subject, &group, "first").await;
    for (seen, repeated) in [(5, false), (7, true)] {
        assert_eq!(first.append(effect.clone(), seen).await.map(|appended| appended.repeated), Ok(repeated));
        assert_eq!(first.position(), seen);
    }
    first.keep(9).await.expect("kept");
    let second = taken(subject, &group, "second").await;
    assert_eq!(second.position(), 9);
    assert_eq!(first.append(effect.clone(), 11).await.map(|_| ()), Err(ShareError::Lost), "a ghost's");
    assert_eq!(second.append(effect.clone(), 11).await.map(|appended| appended.repeated), Ok(true));
    assert_eq!(second.append(effect, 10).await.map(|appended| appended.repeated), Ok(true));
    assert_eq!(second.position(), 11, "it does not go back");
    second.keep(13).await.expect("kept");
    assert_eq!(taken(subject, &group, "third").await.position(), 13);
}

/// The rows of `counters/eu` would be found among those of `counters`.
pub async fn a_name_with_a_slash_is_refused(subject: &dyn Subject) {
    let group = Group { name: "counters/eu".into(), ..member(subject, "a").await };
    let handler = Arc::new(Noting("a".into(), Notes::default()));
    let started = tokio::spawn(async move { group.run(handler, std::future::pending()).await });
    assert!(started.await.expect_err("refused").is_panic());
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
