//! Guessing is made slow.

use std::time::{Duration, Instant};

use opensail_tests::people::PASSWORD;
use opensail_tests::world::{Answer, World, until};

use super::OPEN;
use crate::PROGRAM;

/// Guesses until the wait is at least so long; answers the refusal.
async fn guess_until(world: &World, email: &str, seconds: u64) -> Answer {
    until("a wait", async || {
        let answer = world.login(email, "wrong password").await;
        match answer.status.as_u16() {
            401 => None,
            429 => (retry_after(&answer) >= seconds).then_some(answer),
            other => panic!("{other}: {}", answer.text),
        }
    })
    .await
}

fn retry_after(answer: &Answer) -> u64 {
    answer.headers["retry-after"].to_str().expect("text").parse().expect("seconds")
}

/// How long the waits of one account are is tested in `commands` with a hand-moved clock. Here the server's own clock runs, so an answer
/// is judged only if the wait that was told had not passed on this machine; otherwise a longer one is earned and all is asked again.
#[tokio::test]
async fn guesses_are_counted_by_account() {
    let mut world = World::start(PROGRAM, OPEN).await;
    let (ada, eve) = (world.register("ada").await, world.register("eve").await);
    let mut wanted = 8;
    loop {
        let refused = guess_until(&world, &ada.email, wanted).await;
        let told = Instant::now();
        assert!(retry_after(&refused) <= 900);
        assert_eq!(refused.body["code"], "limit");
        world.kill().await;
        world.serve(&[]).await;
        let after_a_restart = world.login(&ada.email, PASSWORD).await.status;
        // The header is in whole seconds, rounded up.
        if told.elapsed() < Duration::from_secs(retry_after(&refused) - 1) {
            assert_eq!(after_a_restart, 429, "neither the right password nor a restart jumps the wait");
            break;
        }
        wanted *= 2;
    }
    assert_eq!(world.login(&eve.email, PASSWORD).await.status, 200, "others are let in");
    assert!(ada.browser.signed_in(&world).await, "who is in stays in");
}

/// An address that nobody has is counted in the same way, so that counting tells nothing.
#[tokio::test]
async fn an_unknown_address_is_counted_alike() {
    let world = World::start(PROGRAM, OPEN).await;
    let ada = world.register("ada").await;
    for email in [ada.email.as_str(), "nobody@example.org"] {
        for _ in 0..5 {
            assert_eq!(world.login(email, "wrong password").await.status, 401, "{email}");
        }
        assert_eq!(guess_until(&world, email, 2).await.body["code"], "limit", "{email}");
    }
}

/// Many at once are counted too.
#[tokio::test]
async fn guesses_at_once_are_counted() {
    let world = World::start(PROGRAM, OPEN).await;
    let ada = world.register("ada").await;
    let guesses = (0..16).map(|_| world.login(&ada.email, "wrong password"));
    let answers = futures::future::join_all(guesses).await;
    let tried = answers.iter().filter(|answer| answer.status == 401).count();
    assert!(tried <= 8, "{tried} guesses at once were tried");
    assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 401 | 429)));
}
