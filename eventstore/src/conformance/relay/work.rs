//! What [`WorkRelay`](crate::relay::WorkRelay) promises.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::{IMPATIENT, Loss, WorkSubject};
use crate::relay::{Work, WorkRelay};

const AGAIN: Duration = Duration::from_millis(20);

fn work(number: usize) -> Work {
    Work { id: format!("epoch.{number}"), kind: "test.happened".into() }
}

async fn put(relay: &Arc<dyn WorkRelay>, number: usize) {
    // A relay that is just connecting says so.
    while relay.put(&work(number)).await.is_err() {
        tokio::time::sleep(AGAIN).await;
    }
}

pub async fn each_piece_goes_to_one(subject: &mut dyn WorkSubject) {
    let (one, other) = (subject.relay("a").await, subject.relay("a").await);
    for number in 0..20 {
        put(&one, number).await;
    }
    let mut seen = BTreeSet::new();
    while seen.len() < 20 {
        let taken = tokio::select! {
            taken = one.take() => taken,
            taken = other.take() => taken,
        };
        // One that was dropped by the race comes again, and then it is not its first time.
        assert!(seen.insert(taken.work.id.clone()) || taken.delivery > 1, "{} was given twice", taken.work.id);
        taken.done().await;
    }
    assert_eq!(seen, (0..20).map(|number| work(number).id).collect());
}

pub async fn the_same_piece_is_taken_in_once(subject: &mut dyn WorkSubject) {
    let relay = subject.relay("a").await;
    for number in [1, 1, 2, 1] {
        put(&relay, number).await;
    }
    for number in [1, 2] {
        let taken = relay.take().await;
        assert_eq!((&taken.work, taken.delivery), (&work(number), 1));
        taken.done().await;
    }
    put(&relay, 1).await;
    put(&relay, 3).await;
    let taken = relay.take().await;
    assert_eq!(taken.work, work(3), "what was done is known for a while");
    taken.done().await;
}

pub async fn what_is_not_done_comes_again(subject: &mut dyn WorkSubject) {
    let (one, other) = (subject.relay("a").await, subject.relay("a").await);
    put(&one, 1).await;
    drop(one.take().await);
    let again = other.take().await;
    assert_eq!((&again.work, again.delivery), (&work(1), 2));
    again.done().await;
    put(&one, 2).await;
    let next = other.take().await;
    assert_eq!((&next.work, next.delivery), (&work(2), 1));
    next.done().await;
}

pub async fn what_shall_come_again_does(subject: &mut dyn WorkSubject) {
    let relay = subject.relay("a").await;
    put(&relay, 1).await;
    relay.take().await.again(AGAIN).await;
    let again = relay.take().await;
    assert_eq!((&again.work, again.delivery), (&work(1), 2));
    again.done().await;
}

pub async fn what_is_never_done_is_parked(subject: &mut dyn WorkSubject) {
    let relay = subject.relay("a").await;
    put(&relay, 1).await;
    put(&relay, 2).await;
    let mut deliveries = 0;
    let mut others = 0;
    put(&relay, 3).await;
    while relay.parked().await.expect("the relay answers").is_empty() {
        let Ok(taken) = tokio::time::timeout(IMPATIENT.done_within * 2, relay.take()).await else { continue };
        if taken.work == work(1) {
            deliveries += 1;
            taken.again(AGAIN).await;
        } else {
            others += 1;
            taken.done().await;
        }
    }
    assert_eq!(deliveries, IMPATIENT.deliveries);
    assert_eq!(relay.parked().await.expect("the relay answers"), [work(1)]);
    assert_eq!(relay.parked_count().await, Ok(1));
    put(&relay, 4).await;
    // The others flow: two and three, as far as they have not come yet, and four.
    while others < 3 {
        let next = relay.take().await;
        assert_ne!(next.work, work(1));
        next.done().await;
        others += 1;
    }
}

pub async fn what_is_parked_is_put_back(subject: &mut dyn WorkSubject) {
    let relay = subject.relay("a").await;
    put(&relay, 1).await;
    // Also a second time, though the relay remembers it from the first.
    for _ in 0..2 {
        let mut deliveries = 0;
        while relay.parked().await.expect("the relay answers").is_empty() {
            let Ok(taken) = tokio::time::timeout(IMPATIENT.done_within * 2, relay.take()).await else { continue };
            assert_eq!(taken.work, work(1));
            deliveries += 1;
            taken.again(AGAIN).await;
        }
        assert_eq!(deliveries, IMPATIENT.deliveries);
        assert_eq!(relay.retry_parked("epoch.2").await, Ok(false));
        assert_eq!(relay.retry_parked("epoch.1").await, Ok(true));
        assert_eq!(relay.retry_parked("epoch.1").await, Ok(false), "it is parked no more");
    }
    let taken = relay.take().await;
    assert_eq!((&taken.work, taken.delivery), (&work(1), 1));
    taken.done().await;
    assert_eq!(relay.parked_count().await, Ok(0));
}

pub async fn a_gap_among_what_is_parked_hides_nothing(subject: &mut dyn WorkSubject) {
    let relay = subject.relay("a").await;
    for number in 1..=4 {
        put(&relay, number).await;
    }
    while relay.parked_count().await.expect("the relay answers") < 4 {
        let Ok(taken) = tokio::time::timeout(IMPATIENT.done_within * 2, relay.take()).await else { continue };
        taken.again(AGAIN).await;
    }
    let mut parked = relay.parked().await.expect("the relay answers");
    for _ in 0..2 {
        // From the midst.
        let piece = parked.remove(1);
        assert_eq!(relay.retry_parked(&piece.id).await, Ok(true));
        let taken = relay.take().await;
        assert_eq!(taken.work, piece);
        taken.done().await;
        assert_eq!(relay.parked().await, Ok(parked.clone()));
    }
}

pub async fn installations_are_apart(subject: &mut dyn WorkSubject) {
    let (ours, theirs) = (subject.relay("a").await, subject.relay("b").await);
    put(&theirs, 1).await;
    put(&ours, 2).await;
    let taken = ours.take().await;
    assert_eq!(taken.work, work(2));
    taken.done().await;
}

pub async fn it_comes_back_from_a_kill(subject: &mut dyn WorkSubject) {
    comes_back(subject, Loss::Killed).await;
}

pub async fn it_comes_back_from_silence(subject: &mut dyn WorkSubject) {
    comes_back(subject, Loss::Silent).await;
}

async fn comes_back(subject: &mut dyn WorkSubject, how: Loss) {
    if !subject.can_be_lost() {
        return;
    }
    let (one, other) = (subject.relay("a").await, subject.relay("a").await);
    put(&one, 1).await;
    other.take().await.done().await;
    let taking = {
        let other = other.clone();
        tokio::spawn(async move { other.take().await })
    };
    subject.lose(how).await;
    assert!(one.put(&work(2)).await.is_err(), "a relay that is away says so");
    assert!(one.trouble().is_some());
    assert!(one.parked().await.is_err(), "and nothing passes for all that is parked");
    subject.come_back().await;
    put(&one, 3).await;
    // Whoever waited goes on waiting by itself; what was sent to the lost one may have arrived all the same.
    let mut taken = taking.await.expect("no panic");
    while taken.work != work(3) {
        taken.done().await;
        taken = other.take().await;
    }
    taken.done().await;
    while one.trouble().is_some() || other.trouble().is_some() {
        tokio::time::sleep(AGAIN).await;
    }
}
