//! With cookies, what changes something needs the token twice and our own Origin.

use opensail_tests::world::World;
use reqwest::Method;
use serde_json::json;

use super::OPEN;
use crate::PROGRAM;

#[tokio::test]
async fn only_our_pages_change_anything() {
    let world = World::start(PROGRAM, OPEN).await;
    let (ada, eve) = (world.register("ada").await, world.register("eve").await);
    let (cookies, csrf, origin) = (ada.browser.cookies(), ada.browser.csrf.as_str(), world.url.as_str());
    let planted = format!("opensail_access={}; opensail_csrf={}", ada.browser.access, eve.browser.csrf);
    let without = format!("opensail_access={}", ada.browser.access);
    let team = async |headers: &[(&str, &str)]| {
        let answer = world.send_as("", Method::POST, "/api/v1/teams", Some(&json!({ "name": "t" })), headers).await;
        (answer.status.as_u16(), answer.body["code"].as_str().unwrap_or_default().to_owned())
    };
    let refused = (403, "csrf".to_owned());
    let cookie = ("cookie", cookies.as_str());
    for (case, headers) in [
        ("no token", vec![cookie, ("origin", origin)]),
        ("an empty token", vec![cookie, ("origin", origin), ("x-csrf-token", "")]),
        ("a wrong token", vec![cookie, ("origin", origin), ("x-csrf-token", "a.b")]),
        ("somebody else's token", vec![cookie, ("origin", origin), ("x-csrf-token", &eve.browser.csrf)]),
        ("somebody else's token in both places", vec![("cookie", &planted), ("origin", origin), ("x-csrf-token", &eve.browser.csrf)]),
        ("the header without the cookie", vec![("cookie", &without), ("origin", origin), ("x-csrf-token", csrf)]),
        ("no origin", vec![cookie, ("x-csrf-token", csrf)]),
        ("an opaque origin", vec![cookie, ("x-csrf-token", csrf), ("origin", "null")]),
        ("a foreign origin", vec![cookie, ("x-csrf-token", csrf), ("origin", "http://evil.example")]),
        ("a neighbour port", vec![cookie, ("x-csrf-token", csrf), ("origin", "http://127.0.0.1:1")]),
        ("our name as a prefix", vec![cookie, ("x-csrf-token", csrf), ("origin", &format!("{origin}.evil.example"))]),
    ] {
        assert_eq!(team(&headers).await, refused, "{case}");
    }
    assert_eq!(team(&[cookie, ("origin", origin), ("x-csrf-token", csrf)]).await.0, 201);
    let teams = ada.get(&world, "/api/v1/teams").await.expect(200);
    assert_eq!(teams["items"].as_array().map(Vec::len), Some(1), "nothing came of what was refused: {teams}");

    // Reading needs none of it, and a bearer token has no cookie to be ridden on.
    assert!(ada.browser.signed_in(&world).await);
    world.send_as("", Method::GET, "/api/v1/teams", None, &[cookie]).await.expect(200);
    ada.post(&world, "/api/v1/teams", json!({ "name": "by token" })).await.expect(201);
    // Every unsafe method is held.
    let id = teams["items"][0]["id"].as_str().expect("an id");
    for method in [Method::PATCH, Method::DELETE] {
        let answer =
            world.send_as("", method, &format!("/api/v1/teams/{id}"), Some(&json!({ "name": "x" })), &[cookie, ("origin", origin)]).await;
        assert_eq!((answer.status.as_u16(), answer.body["code"].as_str()), (403, Some("csrf")));
    }
    for path in ["/api/v1/auth/logout", "/api/v1/auth/logout-all", "/api/v1/auth/refresh", "/api/v1/auth/password"] {
        let body = json!({ "current_password": "x", "new_password": "another password" });
        let answer = world.send_as("", Method::POST, path, Some(&body), &[cookie, ("origin", origin)]).await;
        assert_eq!((answer.status.as_u16(), answer.body["code"].as_str()), (403, Some("csrf")), "{path}");
    }
    assert!(ada.browser.signed_in(&world).await);
}
