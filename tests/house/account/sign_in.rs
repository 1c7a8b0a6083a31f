//! `POST auth/login` and `GET auth/me`.

use opensail_tests::people::{Browser, PASSWORD};
use opensail_tests::world::World;
use reqwest::Method;
use serde_json::json;

use super::OPEN;
use crate::PROGRAM;

#[tokio::test]
async fn a_password_signs_in_and_a_wrong_one_tells_nothing() {
    let world = World::start(PROGRAM, OPEN).await;
    let ada = world.register("ada").await;
    let answer = world.login("Ada@Example.ORG", PASSWORD).await;
    let browser = Browser::of(&answer);
    assert_eq!(answer.headers["cache-control"], "no-store");
    let body = answer.expect(200);
    assert_eq!(body["expires_in"], 900);
    assert_eq!((body["access_token"].as_str(), body["csrf_token"].as_str()), (Some(browser.access.as_str()), Some(browser.csrf.as_str())));
    let token = body["access_token"].as_str().expect("a token");
    let me = world.send_as(token, Method::GET, "/api/v1/auth/me", None, &[]).await.expect(200);
    assert_eq!(me["id"].as_str(), Some(ada.id.as_str()));
    assert!(me.get("password").is_none() && me.get("password_hash").is_none());

    // Unknown, wrong, too long, no address at all: one and the same answer.
    let wrong = world.login("ada@example.org", "wrong password").await;
    assert_eq!(wrong.status, 401);
    assert!(!wrong.headers.contains_key("set-cookie"));
    for (email, password) in
        [("nobody@example.org", PASSWORD), ("not an address", PASSWORD), ("nobody@example.org", "x".repeat(100).as_str())]
    {
        let other = world.login(email, password).await;
        assert_eq!((other.status, &other.text), (wrong.status, &wrong.text), "{email}");
    }
    assert!(!wrong.text.contains("ada@"), "{}", wrong.text);
}

#[tokio::test]
async fn a_token_that_is_none_is_401() {
    let world = World::start(PROGRAM, OPEN).await;
    let ada = world.register("ada").await;
    let me = "/api/v1/auth/me";
    let none = world.send_as("", Method::GET, me, None, &[]).await;
    assert_eq!((none.status.as_u16(), none.headers["www-authenticate"].to_str().ok()), (401, Some("Bearer")));
    assert_eq!(none.body["code"], "unauthenticated");
    let (head, tail) = ada.token.rsplit_once('.').expect("a JWT");
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", ada.token.split('.').nth(1).expect("claims"));
    for token in ["x", "osk_", "osk_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", &format!("{head}.x{tail}"), &unsigned] {
        assert_eq!(world.send_as(token, Method::GET, me, None, &[]).await.status, 401, "{token}");
    }
    // A header that is no bearer token is refused, not passed over for the cookie.
    let cookies = ada.browser.cookies();
    for authorization in ["Basic YTpi", "Bearer", "Bearer ", "bearer x"] {
        let headers = [("authorization", authorization), ("cookie", cookies.as_str())];
        assert_eq!(world.send_as("", Method::GET, me, None, &headers).await.status, 401, "{authorization}");
    }
    // The refresh token is no access token.
    assert_eq!(world.send_as(&ada.browser.refresh, Method::GET, me, None, &[]).await.status, 401);
    assert!(ada.browser.signed_in(&world).await);
}

#[tokio::test]
async fn the_printed_link_signs_in_once() {
    let world = World::start(PROGRAM, &[]).await;
    let log = world.log();
    let link = log.split_whitespace().find(|word| word.contains("/sign-in#")).expect("a link is printed on the first run");
    let token = json!({ "token": link.split_once('#').expect("a token").1 });
    let use_it = async || world.send_as("", Method::POST, "/api/v1/auth/link", Some(&token), &[]).await;
    // At once from two browsers: one gets in.
    let (one, two) = tokio::join!(use_it(), use_it());
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
    let in_it = if one.status == 200 { one } else { two };
    assert!(Browser::of(&in_it).signed_in(&world).await);
    assert_eq!(use_it().await.status, 401);
    let nonsense = json!({ "token": "nonsense" });
    assert_eq!(world.send_as("", Method::POST, "/api/v1/auth/link", Some(&nonsense), &[]).await.status, 401);

    // The operator gets another one from the command line, while the server runs.
    let printed = world.command(&["sign-in-link"]).output().await.expect("it runs");
    let printed = String::from_utf8_lossy(&printed.stdout).trim().to_owned();
    let token = json!({ "token": printed.split_once('#').expect("a link").1 });
    world.send_as("", Method::POST, "/api/v1/auth/link", Some(&token), &[]).await.expect(200);
}
