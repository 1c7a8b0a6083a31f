//! Tokens and cookies.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};

use super::world::{Answer, ORIGIN, PASSWORD, World, request};

fn credentials(password: &str) -> Value {
    json!({ "email": "Ada@Example.org", "password": password })
}

/// A browser's request with its cookies.
fn browser(method: &str, path: &str, cookies: &str, csrf: Option<&str>, origin: Option<&str>, body: Value) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header(header::HOST, "127.0.0.1:7420").header(header::COOKIE, cookies);
    if let Some(csrf) = csrf {
        request = request.header("x-csrf-token", csrf);
    }
    if let Some(origin) = origin {
        request = request.header(header::ORIGIN, origin);
    }
    request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())).unwrap()
}

fn cookies(answer: &Answer) -> (String, String) {
    let csrf = answer.cookie("opensail_csrf");
    let (access, refresh) = (answer.cookie("opensail_access"), answer.cookie("opensail_refresh"));
    (format!("opensail_access={access}; opensail_refresh={refresh}; opensail_csrf={csrf}"), csrf)
}

#[tokio::test]
async fn a_browser_signs_in_and_writes_with_its_csrf_token() {
    let world = World::new().await;
    world.person("ada").await;
    let signed = world.send(request("POST", "/api/v1/auth/login", None, Some(credentials(PASSWORD)))).await.is(200);
    assert_eq!(signed.json()["expires_in"], 900);
    let (cookies, csrf) = cookies(&signed);
    assert_eq!(signed.json()["csrf_token"], csrf);
    let team = || json!({ "name": "Team" });
    let read = browser("GET", "/api/v1/auth/me", &cookies, None, None, json!({}));
    assert_eq!(world.send(read).await.is(200).json()["email"], "ada@example.org");
    for (csrf, origin) in [
        (None, Some(ORIGIN)),
        (Some("x.y"), Some(ORIGIN)),
        (Some(csrf.as_str()), None),
        (Some(csrf.as_str()), Some("https://evil.example")),
    ] {
        world.send(browser("POST", "/api/v1/teams", &cookies, csrf, origin, team())).await.refused(403, "csrf");
    }
    world.send(browser("POST", "/api/v1/teams", &cookies, Some(&csrf), Some(ORIGIN), team())).await.is(201);
    // A header wins over cookies, so a wrong one is not passed over.
    let mut both = browser("GET", "/api/v1/auth/me", &cookies, None, None, json!({}));
    both.headers_mut().insert(header::AUTHORIZATION, "Bearer wrong".parse().unwrap());
    world.send(both).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn signing_out_voids_tokens_at_once() {
    let world = World::new().await;
    let first = world.person("ada").await;
    let signed = world.send(request("POST", "/api/v1/auth/login", None, Some(credentials(PASSWORD)))).await.is(200);
    let (cookies, csrf) = cookies(&signed);
    let out = world.send(browser("POST", "/api/v1/auth/logout", &cookies, Some(&csrf), Some(ORIGIN), json!({}))).await.is(202);
    assert_eq!(out.cookie("opensail_access"), "");
    world.send(browser("GET", "/api/v1/auth/me", &cookies, None, None, json!({}))).await.refused(401, "unauthenticated");
    world.send(browser("POST", "/api/v1/auth/refresh", &cookies, Some(&csrf), Some(ORIGIN), json!({}))).await.refused(401, "session_ended");
    world.get(&first, "/api/v1/auth/me").await.is(200);
    world.ask(&first, "POST", "/api/v1/auth/logout-all", None).await.is(202);
    world.get(&first, "/api/v1/auth/me").await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_refresh_takes_cookie_and_csrf_token() {
    let world = World::new().await;
    world.person("ada").await;
    let signed = world.send(request("POST", "/api/v1/auth/login", None, Some(credentials(PASSWORD)))).await.is(200);
    let (first, csrf) = cookies(&signed);
    let refresh = |cookies: &str, csrf: Option<&str>| browser("POST", "/api/v1/auth/refresh", cookies, csrf, Some(ORIGIN), json!({}));
    world.send(refresh(&first, None)).await.refused(403, "csrf");
    let next = world.send(refresh(&first, Some(&csrf))).await.is(200);
    // The same answer to the same token for a short while.
    let again = world.send(refresh(&first, Some(&csrf))).await.is(200);
    assert_eq!(next.cookie("opensail_refresh"), again.cookie("opensail_refresh"));
    let (cookies, csrf) = cookies(&next);
    world.send(refresh(&cookies, Some(&csrf))).await.is(200);
    // The first is now an old one: somebody has stolen it.
    let (_, stale) = self::cookies(&signed);
    world.send(refresh(&first, Some(&stale))).await.refused(401, "refresh_reused");
    world.send(browser("GET", "/api/v1/auth/me", &cookies, None, None, json!({}))).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_program_signs_its_requests_with_its_token() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let system = opensail_commands::Caller::system("test");
    let token = world.commands.create_token(&system, ada.account.parse().unwrap(), "cli").await.unwrap();
    let bearer = format!("Bearer {token}");
    let me = world.send(request("GET", "/api/v1/auth/me", Some(&bearer), None)).await.is(200).json();
    assert_eq!(me["id"], ada.account);
    let team = world.send(request("POST", "/api/v1/teams", Some(&bearer), Some(json!({ "name": "T" })))).await.is(201).json();
    let path = format!("/api/v1/audit/events?team_id={}&min_position={}", team["id"].as_str().unwrap(), team["position"]);
    let events = world.send(request("GET", &path, Some(&bearer), None)).await.is(200).json();
    assert_eq!(events["items"][0]["actor"]["kind"], "api_key");
    world.send(request("POST", "/api/v1/auth/logout", Some(&bearer), None)).await.refused(409, "state");
}

#[tokio::test]
async fn guessing_is_slowed_down() {
    let world = World::new().await;
    world.person("ada").await;
    for _ in 0..100 {
        let answer = world.send(request("POST", "/api/v1/auth/login", None, Some(credentials("wrong wrong")))).await;
        if answer.status.as_u16() == 429 {
            assert!(answer.headers.contains_key(header::RETRY_AFTER));
            answer.refused(429, "limit");
            return;
        }
        answer.refused(401, "bad_credentials");
    }
    panic!("a hundred guesses were taken");
}

#[tokio::test]
async fn a_link_signs_in_once() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let system = opensail_commands::Caller::system("test");
    let link = world.commands.create_sign_in_link(&system, ada.account.parse().unwrap()).await.unwrap();
    let by_link = || request("POST", "/api/v1/auth/link", None, Some(json!({ "token": link.token })));
    world.send(by_link()).await.is(200);
    world.send(by_link()).await.refused(401, "bad_link");
}
