//! Histories: a cursor belongs to one.

use super::{Subject, append, everything, one, part};
use crate::append::AppendError;
use crate::envelope::Epoch;
use crate::journal::{Filter, ReadError};
use crate::seal::Parting;
use crate::subscription::Tail;

pub async fn a_cursor_of_another_epoch_is_refused(subject: &dyn Subject) {
    let journal = subject.journal();
    let first = journal.append(append(vec![part("a", 0, 3)])).await.expect("appended").epoch;
    assert_eq!(journal.check_epoch(first).await, Ok(()));
    let another = subject.another().await.journal();
    let second = subject.start_epoch(Parting::default(), None).await;
    journal.append(one("b")).await.expect("appended");
    let third = subject.start_epoch(Parting::default(), None).await;
    assert_eq!(journal.head().await.map(|head| (head.epoch, head.position)), Ok((third, 4)));
    assert_eq!(journal.check_epoch(third).await, Ok(()));
    assert_eq!(journal.check_epoch(first).await, Err(ReadError::EpochChanged { epoch: third, common: 3 }));
    assert_eq!(journal.check_epoch(second).await, Err(ReadError::EpochChanged { epoch: third, common: 4 }));
    let foreign = Epoch(uuid::Uuid::now_v7());
    assert_eq!(journal.check_epoch(foreign).await, Err(ReadError::EpochChanged { epoch: third, common: 0 }));
    // A process that did not hear of it is told, and may go on.
    assert_eq!(another.append(one("c")).await, Err(AppendError::EpochChanged(third)));
    assert_eq!(another.append(one("c")).await.map(|done| (done.epoch, done.position)), Ok((third, 5)));
}

/// A time is a place in every history: the last event that is not after it.
pub async fn a_time_is_a_position(subject: &dyn Subject) {
    let journal = subject.journal();
    assert_eq!(journal.position_at(i64::MAX).await, Ok(0));
    for count in [1, 3, 7, 2] {
        journal.append(append(vec![part(&format!("{count}"), 0, count)])).await.expect("appended");
    }
    let events = everything(&*journal).await;
    assert_eq!(journal.position_at(events[0].time - 1).await, Ok(0));
    assert_eq!(journal.position_at(i64::MAX).await, Ok(13));
    for event in &events {
        for time in [event.time - 1, event.time, event.time + 1] {
            let last = events.iter().rfind(|other| other.time <= time).map_or(0, |other| other.position);
            assert_eq!(journal.position_at(time).await, Ok(last));
        }
    }
}

pub async fn subscriptions_end_with_their_epoch(subject: &dyn Subject) {
    let journal = subject.journal();
    journal.append(one("a")).await.expect("appended");
    let tail = Tail::start(journal.clone()).await.expect("a tail");
    let mut old = tail.subscribe(0, Filter::default());
    assert_eq!(old.next().await.expect("an event").event.position, 1);
    let epoch = subject.start_epoch(Parting::default(), None).await;
    journal.append(one("b")).await.expect("appended");
    assert_eq!(old.next().await.err(), Some(ReadError::EpochChanged { epoch, common: 1 }));
    let mut new = tail.subscribe(1, Filter::default());
    assert_eq!(new.next().await.expect("an event").event.epoch, epoch);
}
