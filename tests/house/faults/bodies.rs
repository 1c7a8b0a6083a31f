//! Bodies that are too large, no JSON, of the wrong type, or hold what nobody knows.

use opensail_tests::world::World;
use reqwest::Method;
use serde_json::{Value, json};

use crate::PROGRAM;

#[tokio::test]
async fn each_kind_of_bad_body_has_its_answer() {
    let world = World::start(PROGRAM, &[]).await;
    let bearer = format!("Bearer {}", world.token);
    let teams = "/api/v1/teams";
    let post =
        async |kind: &str, body: Vec<u8>| world.ask(Method::POST, teams, &[("authorization", &bearer), ("content-type", kind)], body).await;
    let json_type = "application/json";
    for body in [
        &b""[..],
        b"{",
        b"{\"name\": \"t\"} x",
        b"nul",
        b"\x00",
        b"{\"name\": \"\xff\xfe\"}",
        "[".repeat(100_000).as_bytes(),
        b"{\"name\": \"\\ud800\"}",
    ] {
        let answer = post(json_type, body.to_vec()).await;
        assert!(matches!(answer.status.as_u16(), 400 | 422), "{:?}: {}", &body[..body.len().min(30)], answer.text);
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert!(matches!(answer.body["code"].as_str(), Some("malformed" | "validation")));
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx", ""] {
        let answer = post(kind, b"{\"name\": \"t\"}".to_vec()).await;
        assert_eq!((answer.status.as_u16(), answer.body["code"].as_str()), (415, Some("unsupported_media_type")), "{kind}");
    }
    let large = format!("{{\"name\": \"{}\"}}", "x".repeat(1024 * 1024)).into_bytes();
    let answer = post(json_type, large).await;
    assert_eq!((answer.status.as_u16(), answer.body["code"].as_str()), (413, Some("too_large")));
    // Who asks is settled before a byte of the body is read.
    let host = world.url.strip_prefix("http://").expect("an address");
    let head = format!("POST {teams} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {json_type}\r\nContent-Length: 8388608\r\n\r\n");
    assert_eq!(world.raw(head.as_bytes()).await.0, 401);

    for (body, pointers) in [
        (json!({ "name": "t", "nmae": 1, "a/b~c": 2 }), vec!["/a~1b~0c", "/nmae"]),
        (json!({ "name": 7 }), vec!["/name"]),
        (json!({ "name": null }), vec!["/name"]),
        (json!([]), vec![""]),
        (json!("name"), vec![""]),
        (json!({}), vec![""]),
    ] {
        let answer = post(json_type, body.to_string().into_bytes()).await;
        assert_eq!(answer.status, 422, "{body} {}", answer.text);
        let mut named: Vec<&str> =
            answer.body["errors"].as_array().expect("errors").iter().filter_map(|error| error["pointer"].as_str()).collect();
        named.sort_unstable();
        assert_eq!(named, pointers, "{body}");
    }
    // Twice the same name in one object is two wishes.
    let twice = post(json_type, b"{\"name\": \"a\", \"name\": \"b\"}".to_vec()).await;
    assert!(matches!(twice.status.as_u16(), 400 | 422), "{}", twice.text);
    let listed = world.get(teams).await;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "nothing came of any of it: {listed}");
}

#[tokio::test]
async fn every_problem_is_of_one_form() {
    let world = World::start(PROGRAM, &[]).await;
    let (nothing, team) = (uuid::Uuid::now_v7(), world.team().await);
    for (method, path, status) in [
        (Method::GET, "/no/such/page".to_owned(), 404),
        (Method::GET, "/api/v1/nothing".into(), 404),
        (Method::PUT, "/api/v1/teams".into(), 405),
        (Method::GET, format!("/api/v1/teams/{nothing}"), 404),
        (Method::GET, "/api/v1/teams/x".into(), 404),
        (Method::GET, format!("/api/v1/teams/{team}?x=1"), 422),
        (Method::GET, "/api/v1/templates?as_of=1".into(), 422),
    ] {
        let answer = world.send(method.clone(), &path, None).await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{path}");
        for member in ["type", "title", "status", "detail", "code", "errors"] {
            assert!(answer.body.get(member).is_some(), "{path}: {member} is missing in {}", answer.text);
        }
        assert_eq!(answer.body["status"], status);
    }
    let as_of = world.send(Method::GET, "/api/v1/templates?as_of=1", None).await;
    assert_eq!(as_of.body["code"], "as_of_unsupported");
}

/// Lines that are no HTTP, and clients that hang up, harm nobody else.
#[tokio::test]
async fn noise_on_the_wire() {
    let world = World::start(PROGRAM, &[]).await;
    let host = world.url.strip_prefix("http://").expect("an address").to_owned();
    let long_header = format!("GET / HTTP/1.1\r\nHost: {host}\r\nX: {}\r\n\r\n", "x".repeat(1 << 20));
    let lie = format!(
        "POST /api/v1/teams HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\nConnection: close\r\n\r\n0\r\n\r\n",
        world.token
    );
    for noise in
        [&b"\x16\x03\x01\x02\x00\x01\x00"[..], b"GET\r\n\r\n", long_header.as_bytes(), lie.as_bytes(), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nx"]
    {
        let (status, answer) = world.raw(noise).await;
        assert!(status == 0 || (400..=505).contains(&status), "{answer}");
        assert!(!answer.contains("panicked"));
    }
    // Sent by halves and left.
    for part in [&b"\r\n\r\n\r\n"[..], b"POST /api/v1/teams HTTP/1.1\r\nContent-Le"].repeat(10) {
        let mut connection = tokio::net::TcpStream::connect(&host).await.expect("connected");
        tokio::io::AsyncWriteExt::write_all(&mut connection, part).await.expect("sent");
    }
    let alive = world.get("/api/v1/teams").await;
    assert_ne!(alive, Value::Null);
    assert!(!world.log().contains("panicked"), "{}", world.log());
}
