//! The three cookies: who may read them, where they go, when they are Secure.

use opensail_tests::people::{Browser, PASSWORD, set_cookies};
use opensail_tests::world::{Answer, World};
use reqwest::Method;
use serde_json::json;

use super::OPEN;
use crate::PROGRAM;

/// The attributes of a cookie, lower case.
fn attributes(answer: &Answer, name: &str) -> Vec<String> {
    let line = set_cookies(answer).into_iter().find(|line| line.starts_with(&format!("{name}="))).unwrap_or_else(|| panic!("no {name}"));
    line.split(';').skip(1).map(|part| part.trim().to_lowercase()).collect()
}

fn has(answer: &Answer, name: &str, attribute: &str) -> bool {
    attributes(answer, name).iter().any(|found| found == attribute)
}

fn check(answer: &Answer, secure: bool) {
    for (name, path, http_only) in
        [("opensail_access", "path=/", true), ("opensail_refresh", "path=/api/v1/auth", true), ("opensail_csrf", "path=/", false)]
    {
        assert!(has(answer, name, path), "{name} {:?}", attributes(answer, name));
        assert!(has(answer, name, "samesite=lax"), "{name}");
        assert_eq!(has(answer, name, "httponly"), http_only, "{name}");
        assert_eq!(has(answer, name, "secure"), secure, "{name}");
        assert!(!attributes(answer, name).iter().any(|found| found.starts_with("domain")), "a cookie is for this host alone");
    }
    assert_eq!(set_cookies(answer).len(), 3);
}

#[tokio::test]
async fn on_http_they_are_not_secure() {
    let world = World::start(PROGRAM, OPEN).await;
    let ada = world.register("ada").await;
    let answer = world.login(&ada.email, PASSWORD).await;
    check(&answer, false);
    let browser = Browser::of(&answer);
    check(&browser.refresh(&world).await, false);

    // Signing out takes all three away.
    let out = browser.send(&world, Method::POST, "/api/v1/auth/logout", None).await;
    check(&out, false);
    for name in ["opensail_access", "opensail_refresh", "opensail_csrf"] {
        assert!(has(&out, name, "max-age=0"), "{name}");
    }
    assert_eq!(Browser::of(&out), Browser::default());
}

#[tokio::test]
async fn behind_https_they_are_secure() {
    let settings = [OPEN[0], ("OPENSAIL_PUBLIC_URL", "https://sail.example.org")];
    let world = World::start(PROGRAM, &settings).await;
    let body = json!({ "email": "a@example.org", "password": PASSWORD, "name": "a" });
    let answer = world.send_as("", Method::POST, "/api/v1/auth/register", Some(&body), &[("host", "sail.example.org")]).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    check(&answer, true);
    // The Origin that counts is the public one, not the address that was connected to.
    let browser = Browser::of(&answer);
    let cookies = browser.cookies();
    let from = async |origin: &str| {
        let headers =
            [("host", "sail.example.org"), ("cookie", cookies.as_str()), ("x-csrf-token", browser.csrf.as_str()), ("origin", origin)];
        world.send_as("", Method::POST, "/api/v1/teams", Some(&json!({ "name": "t" })), &headers).await.status.as_u16()
    };
    assert_eq!(from("https://sail.example.org").await, 201);
    assert_eq!(from("http://sail.example.org").await, 403);
    assert_eq!(from(&world.url).await, 403);
}

/// A neighbour under the same name can plant a cookie beside ours; two that differ are as none.
#[tokio::test]
async fn a_planted_cookie_is_not_taken() {
    let world = World::start(PROGRAM, OPEN).await;
    let (ada, eve) = (world.register("ada").await, world.register("eve").await);
    let both = format!("opensail_access={}; opensail_access={}", ada.browser.access, eve.browser.access);
    let answer = world.send_as("", Method::GET, "/api/v1/auth/me", None, &[("cookie", both.as_str())]).await;
    assert_eq!(answer.status, 401, "{}", answer.text);
    let other = format!("xopensail_access={}", ada.browser.access);
    assert_eq!(world.send_as("", Method::GET, "/api/v1/auth/me", None, &[("cookie", other.as_str())]).await.status, 401);
}
