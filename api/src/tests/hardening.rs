//! Requests that are wrong in ways that have nothing to do with what they ask.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::json;

use super::world::{World, request};
use crate::config::MAX_JSON_BYTES;

#[tokio::test]
async fn only_our_names_are_answered() {
    let world = World::new().await;
    for (host, status) in
        [("127.0.0.1:7420", 200), ("localhost:1", 200), ("[::1]:7420", 200), ("evil.example", 403), ("127.0.0.1.evil.example", 403)]
    {
        let asked = Request::builder().uri("/healthz").header(header::HOST, host).body(Body::empty()).unwrap();
        assert_eq!(world.send(asked).await.status.as_u16(), status, "{host}");
    }
    let nameless = Request::builder().uri("/healthz").body(Body::empty()).unwrap();
    world.send(nameless).await.refused(400, "malformed");
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_too() {
    let world = World::new().await;
    world.send(request("GET", "/api/v1/nothing", None, None)).await.refused(404, "not_found");
    world.send(request("PUT", "/api/v1/teams", None, None)).await.refused(405, "method_not_allowed");
    let ada = world.person("ada").await;
    world.get(&ada, "/api/v1/teams/not-an-id").await.refused(404, "not_found");
    world.get(&ada, "/api/v1/projects/%FF/files/a").await.refused(400, "malformed");
    world.get(&ada, "/api/v1/teams?limti=1").await.refused(422, "unknown_field");
    world.get(&ada, "/api/v1/teams?after=%21").await.refused(422, "validation");
}

#[tokio::test]
async fn bodies_are_checked_before_anything_is_done() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let with = |kind: &str, body: String| {
        let request = Request::builder().method("POST").uri("/api/v1/teams").header(header::HOST, "localhost");
        request.header(header::AUTHORIZATION, &ada.bearer).header(header::CONTENT_TYPE, kind).body(Body::from(body)).unwrap()
    };
    let json = "application/json";
    world.send(with("text/plain", r#"{"name":"n"}"#.into())).await.refused(415, "unsupported_media_type");
    world.send(with(json, "{".into())).await.refused(400, "malformed");
    world.send(with(json, "[".repeat(100_000))).await.refused(400, "malformed");
    world.send(with(json, format!("{{\"name\":\"{}\"}}", "x".repeat(MAX_JSON_BYTES)))).await.refused(413, "too_large");
    world.send(with(json, r#"{"name":7}"#.into())).await.refused(422, "validation");
    let unknown = world.send(with(json, r#"{"name":"n","a":1,"b":{"c":2}}"#.into())).await.refused(422, "unknown_field");
    assert_eq!(unknown["errors"].as_array().unwrap().len(), 2, "{unknown}");
    let rule = world.send(with(json, r#"{"name":" "}"#.into())).await.refused(422, "validation");
    assert_eq!((rule["reason"].as_str(), rule["errors"][0]["pointer"].as_str()), (Some("bad_name"), Some("/name")));
    assert_eq!(world.get(&ada, "/api/v1/teams").await.is(200).json()["items"], json!([]));
}

#[tokio::test]
async fn every_answer_carries_the_browsers_orders() {
    let world = World::new().await;
    for path in ["/", "/sign-in", "/api/docs", "/assets/docs.js", "/api/v1/teams", "/nothing"] {
        let answer = world.send(request("GET", path, None, None)).await;
        let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        assert_eq!(answer.headers[header::REFERRER_POLICY], "no-referrer", "{path}");
    }
}

#[tokio::test]
async fn numbers_are_told() {
    let world = World::new().await;
    world.send(request("GET", "/readyz", None, None)).await.is(200);
    let numbers = world.send(request("GET", "/metrics", None, None)).await.is(200).text();
    assert!(numbers.contains("opensail_http_requests_total{route=\"/readyz\",method=\"GET\",status=\"200\"} 1"), "{numbers}");
    assert!(numbers.contains("opensail_live_streams 0"));
}

#[tokio::test]
async fn a_server_stops_although_streams_are_open() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let world = World::new().await;
    let ada = world.person("ada").await;
    let team = world.team(&ada).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(crate::serve(listener, world.api.clone(), crate::Offer::Everything, async {
        let _ = stopped.await;
    }));
    let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
    let asked = format!("GET /api/v1/live?teams={team} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {}\r\n\r\n", ada.bearer);
    connection.write_all(asked.as_bytes()).await.unwrap();
    let mut text = String::new();
    while !text.contains("retry: 1000") {
        let mut bytes = [0; 1024];
        let count = connection.read(&mut bytes).await.unwrap();
        assert!(count > 0, "{text}");
        text.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
    }
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
}

/// A server on a port of its own, for what is below a request.
async fn listening(world: &World) -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(crate::serve(listener, world.api.clone(), crate::Offer::Everything, std::future::pending()));
    address
}

#[tokio::test]
async fn an_unfinished_head_is_not_waited_for_for_ever() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let world = World::new().await;
    let mut connection = tokio::net::TcpStream::connect(listening(&world).await).await.unwrap();
    connection.write_all(b"GET /healthz HTTP/1.1\r\nHo").await.unwrap();
    // From here the clock jumps to the next timer whenever there is nothing else to do.
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let mut answer = Vec::new();
    let _ = connection.read_to_end(&mut answer).await;
    assert!(begun.elapsed() >= crate::serve::HEAD_TIMEOUT, "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn a_refusal_reaches_who_still_sends() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let world = World::new().await;
    let mut connection = tokio::net::TcpStream::connect(listening(&world).await).await.unwrap();
    let body = vec![b' '; 8 * 1024 * 1024];
    let head = format!(
        "POST /api/v1/teams HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    // Twice over one connection: the first body is read to its end, so the second request is understood.
    for _ in 0..2 {
        connection.write_all(head.as_bytes()).await.unwrap();
        connection.write_all(&body).await.unwrap();
        let mut answer = String::new();
        while !answer.ends_with('}') {
            let mut bytes = [0; 1024];
            let count = connection.read(&mut bytes).await.unwrap();
            assert!(count > 0, "cut after {answer:?}");
            answer.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
        }
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    }
}
