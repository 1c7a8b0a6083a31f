//! Catch-up, then live, without a seam.

use super::{Subject, append, one, part};
use crate::envelope::StreamId;
use crate::journal::Filter;
use crate::subscription::{RING_EVENTS, Tail};

pub async fn catch_up_meets_live_without_a_seam(subject: &dyn Subject) {
    const BEFORE: usize = 700;
    const DURING: u64 = 300;
    let journal = subject.journal();
    journal.append(append(vec![part("before", 0, BEFORE)])).await.expect("appended");
    let tail = Tail::start(journal.clone()).await.expect("a tail");
    let writer = {
        let journal = journal.clone();
        tokio::spawn(async move {
            for number in 0..DURING {
                journal.append(one(&format!("{number}"))).await.expect("appended");
            }
        })
    };
    let readers: Vec<_> = [0, 1, 350, 699, 700]
        .into_iter()
        .map(|from| {
            let mut reader = tail.subscribe(from, Filter::default());
            tokio::spawn(async move {
                for position in from + 1..=BEFORE as u64 + DURING {
                    assert_eq!(reader.next().await.expect("an event").event.position, position);
                }
            })
        })
        .collect();
    for reader in readers {
        reader.await.expect("every event once, in order");
    }
    writer.await.expect("no panic");
}

pub async fn a_slow_subscriber_loses_nothing(subject: &dyn Subject) {
    let journal = subject.journal();
    let tail = Tail::start(journal.clone()).await.expect("a tail");
    let mut slow = tail.subscribe(0, Filter::default());
    let mut fast = tail.subscribe(0, Filter::default());
    // More than the ring holds, while nobody asks.
    let rounds = RING_EVENTS / 1000 + 2;
    for round in 0..rounds {
        journal.append(append(vec![part(&format!("{round}"), 0, 1000)])).await.expect("appended");
    }
    let last = rounds as u64 * 1000;
    while fast.seen() < last {
        fast.next_batch(1000).await.expect("events");
    }
    for position in 1..=last {
        assert_eq!(slow.next().await.expect("an event").event.position, position);
    }
}

pub async fn seen_moves_over_foreign_events(subject: &dyn Subject) {
    let journal = subject.journal();
    let tail = Tail::start(journal.clone()).await.expect("a tail");
    let filter = Filter { types: vec!["test.rare".into()], ..Filter::default() };
    let mut live = tail.subscribe(0, filter.clone());
    let mut rare = part("rare", 0, 1);
    rare.events[0].event_type = "test.rare".into();
    journal.append(append(vec![part("a", 0, 30), rare, part("b", 0, 20)])).await.expect("appended");
    let late = Tail::start(journal.clone()).await.expect("a tail");
    let mut behind = late.subscribe(0, filter);
    for reader in [&mut live, &mut behind] {
        let (mut found, mut seen) = (Vec::new(), 0);
        while seen < 51 {
            let batch = reader.next_batch(10).await.expect("a batch");
            assert!(batch.seen > seen || !batch.events.is_empty());
            assert!(batch.events.iter().all(|event| event.position <= batch.seen));
            seen = batch.seen;
            found.extend(batch.events.iter().map(|event| event.position));
        }
        assert_eq!(found, [31]);
        assert_eq!(reader.seen(), 51);
    }
}

pub async fn another_process_is_heard(subject: &dyn Subject) {
    let another = subject.another().await;
    let tail = Tail::start(another.journal()).await.expect("a tail");
    let mut reader = tail.subscribe(0, Filter::default());
    subject.journal().append(one("a")).await.expect("appended");
    assert_eq!(reader.next().await.expect("an event").event.position, 1);
}

pub async fn a_shut_tail_ends_its_subscriptions(subject: &dyn Subject) {
    let tail = Tail::start(subject.journal()).await.expect("a tail");
    let mut reader = tail.subscribe(0, Filter::default());
    let waiting = tokio::spawn(async move { reader.next().await });
    tokio::task::yield_now().await;
    drop(tail);
    assert!(waiting.await.expect("no panic").is_err());
}

pub async fn a_reader_of_one_stream_hears_it_among_many(subject: &dyn Subject) {
    const ROUNDS: u64 = 40;
    let journal = subject.journal();
    let tail = Tail::start(journal.clone()).await.expect("a tail");
    let readers: Vec<_> = (0..8)
        .map(|number| {
            let filter = Filter { streams: vec![StreamId::new("test", format!("{number}"))], ..Filter::default() };
            let mut reader = tail.subscribe(0, filter);
            tokio::spawn(async move {
                for version in 1..=ROUNDS {
                    // Asked for and left again, as a stream does that also waits for other things.
                    tokio::select! {
                        biased;
                        batch = reader.next_batch(1) => {
                            if let [event] = &batch.expect("a batch").events[..] {
                                assert_eq!(event.stream_version, version);
                                continue;
                            }
                        }
                        () = tokio::task::yield_now() => {}
                    }
                    let event = reader.next().await.expect("an event").event;
                    assert_eq!((event.stream.id(), event.stream_version), (format!("{number}").as_str(), version));
                }
            })
        })
        .collect();
    for round in 0..ROUNDS {
        for number in 0..8 {
            journal.append(append(vec![part(&format!("{number}"), round, 1)])).await.expect("appended");
        }
    }
    for reader in readers {
        reader.await.expect("every event once, in order");
    }
}
