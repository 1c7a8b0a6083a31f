//! Changing a password.

use opensail_tests::people::{Browser, PASSWORD};
use opensail_tests::world::World;
use reqwest::Method;
use serde_json::json;

use super::OPEN;
use crate::PROGRAM;

const NEW: &str = "a new long password";

#[tokio::test]
async fn the_old_one_is_asked_for_and_other_browsers_go() {
    let world = World::start(PROGRAM, OPEN).await;
    let ada = world.register("ada").await;
    let other = Browser::of(&world.login(&ada.email, PASSWORD).await);
    let change = async |current: Option<&str>, new: &str| {
        let mut body = json!({ "new_password": new });
        if let Some(current) = current {
            body["current_password"] = current.into();
        }
        ada.browser.send(&world, Method::POST, "/api/v1/auth/password", Some(&body)).await
    };
    for (current, new, pointer) in [
        (None, NEW, "/current_password"),
        (Some("wrong password"), NEW, "/current_password"),
        (Some(PASSWORD), "short", "/new_password"),
        (Some(PASSWORD), "x".repeat(73).as_str(), "/new_password"),
    ] {
        let answer = change(current, new).await;
        assert_eq!((answer.status.as_u16(), answer.body["errors"][0]["pointer"].as_str()), (422, Some(pointer)), "{}", answer.text);
    }
    assert!(other.signed_in(&world).await);
    change(Some(PASSWORD), NEW).await.expect(202);
    assert!(ada.browser.signed_in(&world).await, "who changed it stays");
    assert!(!other.signed_in(&world).await, "every other browser goes");
    assert_eq!(other.refresh(&world).await.status, 401);
    world.login(&ada.email, PASSWORD).await.expect(401);
    world.login(&ada.email, NEW).await.expect(200);
}

/// A program's token is no person at the keyboard: without the old password it sets none.
#[tokio::test]
async fn a_token_alone_changes_no_password() {
    let world = World::start(PROGRAM, &[]).await;
    let answer = world.post("/api/v1/auth/password", json!({ "new_password": NEW })).await;
    assert!(matches!(answer.status.as_u16(), 403 | 409 | 422), "{}", answer.text);
}
