//! What [`LiveRelay`](crate::relay::LiveRelay) promises.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;

use super::{LiveSubject, Loss};
use crate::relay::{Heard, LiveRelay, Topic};

/// Pause before something is told again.
const AGAIN: Duration = Duration::from_millis(20);

fn number(heard: &Heard) -> u64 {
    String::from_utf8_lossy(&heard.message).parse().expect("a number")
}

fn tell(relay: &Arc<dyn LiveRelay>, number: u64) {
    relay.tell(Topic::Texts, number.to_string().into_bytes());
}

async fn next(heard: &mut Receiver<Heard>) -> Heard {
    loop {
        match heard.recv().await {
            Ok(message) => return message,
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => panic!("the relay ended"),
        }
    }
}

/// Tells until it is heard, since a relay that is just connecting drops what it is told. Answers the number that was heard.
async fn until_heard(teller: &Arc<dyn LiveRelay>, heard: &mut Receiver<Heard>, from: u64) -> u64 {
    for number_told in from.. {
        tell(teller, number_told);
        if let Ok(message) = timeout(AGAIN, next(heard)).await {
            return number(&message);
        }
    }
    unreachable!("numbers do not end")
}

/// Takes what was told before and is still on its way.
async fn quiet(heard: &mut Receiver<Heard>) {
    while timeout(AGAIN * 10, next(heard)).await.is_ok() {}
}

pub async fn everybody_hears(subject: &mut dyn LiveSubject) {
    let (one, other) = (subject.relay("a").await, subject.relay("a").await);
    let (mut here, mut there) = (one.hear(), other.hear());
    until_heard(&one, &mut there, 0).await;
    until_heard(&other, &mut here, 0).await;
    quiet(&mut here).await;
    quiet(&mut there).await;
    one.tell(Topic::Tail, b"7".to_vec());
    for heard in [&mut here, &mut there] {
        let message = next(heard).await;
        assert_eq!((message.topic, number(&message)), (Topic::Tail, 7));
    }
    assert_eq!(one.trouble(), None);
}

pub async fn one_teller_is_heard_in_order(subject: &mut dyn LiveSubject) {
    let (one, other) = (subject.relay("a").await, subject.relay("a").await);
    let mut heard = other.hear();
    until_heard(&one, &mut heard, 1_000_000).await;
    quiet(&mut heard).await;
    (0..1000).for_each(|number| tell(&one, number));
    for expected in 0..1000 {
        assert_eq!(number(&next(&mut heard).await), expected);
    }
}

pub async fn installations_are_apart(subject: &mut dyn LiveSubject) {
    let (ours, theirs) = (subject.relay("a").await, subject.relay("b").await);
    let (mut here, mut there) = (ours.hear(), theirs.hear());
    until_heard(&ours, &mut here, 0).await;
    quiet(&mut here).await;
    until_heard(&theirs, &mut there, 1_000).await;
    tell(&ours, 5);
    assert_eq!(number(&next(&mut here).await), 5, "what the others told was heard here");
}

pub async fn a_slow_hearer_holds_nobody_up(subject: &mut dyn LiveSubject) {
    let relay = subject.relay("a").await;
    let (_slow, mut quick) = (relay.hear(), relay.hear());
    until_heard(&relay, &mut quick, 0).await;
    // Far more than anything keeps.
    (0..100_000).for_each(|number| tell(&relay, number));
    until_heard(&relay, &mut quick, 100_000).await;
}

pub async fn it_comes_back_from_a_kill(subject: &mut dyn LiveSubject) {
    comes_back(subject, Loss::Killed).await;
}

pub async fn it_comes_back_from_silence(subject: &mut dyn LiveSubject) {
    comes_back(subject, Loss::Silent).await;
}

async fn comes_back(subject: &mut dyn LiveSubject, how: Loss) {
    if !subject.can_be_lost() {
        return;
    }
    let (one, other) = (subject.relay("a").await, subject.relay("a").await);
    let mut heard = other.hear();
    until_heard(&one, &mut heard, 0).await;
    subject.lose(how).await;
    while one.trouble().is_none() || other.trouble().is_none() {
        // Nobody waits: all that cannot be sent is dropped.
        (0..1000).for_each(|number| tell(&one, number));
        tokio::time::sleep(AGAIN).await;
    }
    subject.come_back().await;
    quiet(&mut heard).await;
    until_heard(&one, &mut heard, 10_000).await;
    while one.trouble().is_some() || other.trouble().is_some() {
        tokio::time::sleep(AGAIN).await;
    }
}
