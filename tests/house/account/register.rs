//! `POST auth/register`: by policy, and what it refuses.

use opensail_tests::people::PASSWORD;
use opensail_tests::world::{Answer, World};
use reqwest::Method;
use serde_json::{Value, json};

use super::OPEN;
use crate::PROGRAM;

async fn register(world: &World, body: Value) -> Answer {
    world.send_as("", Method::POST, "/api/v1/auth/register", Some(&body), &[]).await
}

fn pointers(answer: &Answer) -> Vec<&str> {
    answer.body["errors"].as_array().expect("errors").iter().filter_map(|error| error["pointer"].as_str()).collect()
}

#[tokio::test]
async fn open_lets_everybody_in_once() {
    let world = World::start(PROGRAM, OPEN).await;
    let ada = world.register("ada").await;
    let me = ada.get(&world, "/api/v1/auth/me").await.expect(200);
    assert_eq!(
        (me["email"].as_str(), me["name"].as_str(), me["platform_admin"].as_bool()),
        (Some("ada@example.org"), Some("ada"), Some(false))
    );

    // The same address in other letters is the same address.
    for email in ["ada@example.org", " ADA@Example.org "] {
        let again = register(&world, json!({ "email": email, "password": PASSWORD, "name": "b" })).await;
        assert_eq!((again.status.as_u16(), again.body["code"].as_str()), (409, Some("exists")), "{}", again.text);
        assert!(!again.headers.contains_key("set-cookie"));
    }
}

#[tokio::test]
async fn what_cannot_be_an_account_is_pointed_at() {
    let world = World::start(PROGRAM, OPEN).await;
    let wish = |email: &str, password: &str, name: &str| json!({ "email": email, "password": password, "name": name });
    let too_long = "x".repeat(73);
    // 72 bytes is what bcrypt reads; longer is refused, never cut. Characters and bytes are told apart.
    let umlauts = "ä".repeat(37);
    for (body, pointer) in [
        (wish("nobody", PASSWORD, "n"), "/email"),
        (wish("a b@example.org", PASSWORD, "n"), "/email"),
        (wish("a@b@example.org", PASSWORD, "n"), "/email"),
        (wish(&format!("{}@example.org", "a".repeat(250)), PASSWORD, "n"), "/email"),
        (wish("a@example.org", "short", "n"), "/password"),
        (wish("a@example.org", &too_long, "n"), "/password"),
        (wish("a@example.org", &umlauts, "n"), "/password"),
        (wish("a@example.org", PASSWORD, ""), "/name"),
        (wish("a@example.org", PASSWORD, "  "), "/name"),
        (wish("a@example.org", PASSWORD, "a\u{0}b"), "/name"),
        (wish("a@example.org", PASSWORD, &"n".repeat(101)), "/name"),
    ] {
        let answer = register(&world, body.clone()).await;
        assert_eq!(answer.status, 422, "{body} {}", answer.text);
        assert_eq!(pointers(&answer), [pointer], "{body}");
        assert!(!answer.text.contains(PASSWORD) && !answer.text.contains(&too_long), "a refusal does not repeat the password");
    }
    // Nothing of a refused registration is left: the address is free, and 72 bytes are fine.
    let longest = "x".repeat(72);
    register(&world, wish("a@example.org", &longest, "a")).await.expect(201);
    world.login("a@example.org", &longest).await.expect(200);
    world.login("a@example.org", &"x".repeat(71)).await.expect(401);
    world.login("a@example.org", &too_long).await.expect(401);
}

#[tokio::test]
async fn invite_and_closed_let_nobody_in() {
    for policy in ["invite", "closed"] {
        let world = World::start(PROGRAM, &[("OPENSAIL_REGISTRATION", policy)]).await;
        let answer = register(&world, json!({ "email": "a@example.org", "password": PASSWORD, "name": "a" })).await;
        assert!(matches!(answer.status.as_u16(), 403 | 409), "{policy}: {}", answer.text);
        assert!(!answer.headers.contains_key("set-cookie"));
        world.login("a@example.org", PASSWORD).await.expect(401);
    }
}

#[tokio::test]
async fn a_desktop_is_closed() {
    let world = World::start(PROGRAM, &[]).await;
    let answer = register(&world, json!({ "email": "a@example.org", "password": PASSWORD, "name": "a" })).await;
    assert!(matches!(answer.status.as_u16(), 403 | 409), "{}", answer.text);
    assert_eq!(answer.headers["content-type"], "application/problem+json");
}

/// Two people with one address at the same moment: one account.
#[tokio::test]
async fn two_at_once_for_one_address() {
    let world = World::start(PROGRAM, OPEN).await;
    let body = json!({ "email": "twin@example.org", "password": PASSWORD, "name": "twin" });
    let (one, two) = tokio::join!(register(&world, body.clone()), register(&world, body));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "{} {}", one.text, two.text);
    world.login("twin@example.org", PASSWORD).await.expect(200);
}
