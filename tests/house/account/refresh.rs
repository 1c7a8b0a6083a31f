//! Rotation of refresh tokens: the last may come again for a moment, an older one ends the family.

use opensail_tests::people::{Browser, PASSWORD};
use opensail_tests::world::World;

use super::OPEN;
use crate::PROGRAM;

#[tokio::test]
async fn the_last_token_may_come_again_and_an_older_one_ends_all() {
    let world = World::start(PROGRAM, OPEN).await;
    let ada = world.register("ada").await;
    let first = ada.browser.clone();
    let second = Browser::of(&first.refresh(&world).await);
    assert_ne!(second.refresh, first.refresh);
    assert!(second.signed_in(&world).await);

    // The answer was lost on the way: the same question, the same successor.
    let again = first.refresh(&world).await;
    assert_eq!(again.status, 200, "{}", again.text);
    assert_eq!(Browser::of(&again).refresh, second.refresh);
    // Two tabs at once as well.
    let (one, two) = tokio::join!(second.refresh(&world), second.refresh(&world));
    let third = Browser::of(&one);
    assert_eq!((one.status.as_u16(), two.status.as_u16()), (200, 200));
    assert_eq!(third.refresh, Browser::of(&two).refresh);

    // A restart forgets nothing of it, on other people's browsers neither.
    let elsewhere = Browser::of(&world.login(&ada.email, PASSWORD).await);
    // The first is two generations old: somebody has stolen it.
    let stolen = first.refresh(&world).await;
    assert_eq!(stolen.status, 401, "{}", stolen.text);
    for browser in [&first, &second, &third] {
        assert!(!browser.signed_in(&world).await, "its access tokens are void at once");
        assert_eq!(browser.refresh(&world).await.status, 401);
    }
    assert!(elsewhere.signed_in(&world).await, "another browser is another family");
    let me = elsewhere.send(&world, reqwest::Method::GET, "/api/v1/auth/me", None).await;
    assert_eq!(me.status, 200);
}

#[tokio::test]
async fn a_refresh_survives_a_restart() {
    let mut world = World::start(PROGRAM, OPEN).await;
    let ada = world.register("ada").await;
    let second = Browser::of(&ada.browser.refresh(&world).await);
    world.kill().await;
    world.serve(&[]).await;
    assert!(second.signed_in(&world).await);
    let again = Browser::of(&ada.browser.refresh(&world).await);
    assert_eq!(again.refresh, second.refresh);
    assert_eq!(second.refresh(&world).await.status, 200);
}

#[tokio::test]
async fn what_was_never_given_out_is_refused_and_ends_nothing() {
    let world = World::start(PROGRAM, OPEN).await;
    let ada = world.register("ada").await;
    let eve = world.register("eve").await;
    let (family, _) = ada.browser.refresh.split_once('.').expect("a family");
    let (_, of_eve) = eve.browser.refresh.split_once('.').expect("a generation");
    let forged = [
        format!("{family}.{of_eve}"),
        format!("{family}.0.AAAA"),
        format!("{family}.18446744073709551616.AAAA"),
        format!("{family}.999.{}", "A".repeat(43)),
        format!("{}x", ada.browser.refresh),
        String::new(),
        "..".into(),
    ];
    for refresh in forged {
        let browser = Browser { refresh: refresh.clone(), ..ada.browser.clone() };
        let answer = browser.refresh(&world).await;
        assert_eq!(answer.status, 401, "{refresh}: {}", answer.text);
        assert!(!answer.headers.contains_key("set-cookie") || Browser::of(&answer) == Browser::default());
    }
    assert!(ada.browser.signed_in(&world).await);
    assert_eq!(ada.browser.refresh(&world).await.status, 200);
}
