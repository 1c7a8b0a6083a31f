//! Guessing is made slow.

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

#[tokio::test]
async fn guesses_are_counted_by_account() {
    let mut world = World::start(PROGRAM, OPEN).await;
    let (ada, eve) = (world.register("ada").await, world.register("eve").await);
    let refused = guess_until(&world, &ada.email, 4).await;
    assert!(retry_after(&refused) <= 900);
    assert_eq!(refused.body["code"], "limit");
    assert_eq!(world.login(&ada.email, PASSWORD).await.status, 429, "the right password does not jump the wait");
    assert_eq!(world.login(&eve.email, PASSWORD).await.status, 200, "others are let in");
    assert!(ada.browser.signed_in(&world).await, "who is in stays in");

    // A restart does not give the guesses back: after at most one more there is a longer wait.
    world.kill().await;
    world.serve(&[]).await;
    let mut tried = 0;
    while world.login(&ada.email, "wrong password").await.status == 401 {
        tried += 1;
        assert!(tried <= 1, "the count was forgotten");
    }
}

/// An address that nobody has is counted in the same way, so that counting tells nothing.
#[tokio::test]
async fn an_unknown_address_is_counted_alike() {
    let world = World::start(PROGRAM, OPEN).await;
    let ada = world.register("ada").await;
    let mut statuses = [Vec::new(), Vec::new()];
    for _ in 0..6 {
        for (of, email) in [ada.email.as_str(), "nobody@example.org"].into_iter().enumerate() {
            statuses[of].push(world.login(email, "wrong password").await.status.as_u16());
        }
    }
    assert_eq!(statuses[0], statuses[1]);
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
