//! Only requests that name this server are answered: a page whose name was rebound to our address names itself.

use opensail_tests::world::World;

use crate::PROGRAM;

#[tokio::test]
async fn a_rebound_name_gets_nothing() {
    let world = World::start(PROGRAM, &[]).await;
    let ours = world.url.strip_prefix("http://").expect("an address");
    let port = ours.rsplit(':').next().expect("a port");
    let token = &world.token;
    let get = async |path: &str, host: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");
        world.raw(request.as_bytes()).await
    };
    for host in [ours.to_owned(), format!("localhost:{port}"), format!("[::1]:{port}")] {
        assert_eq!(get("/api/v1/auth/me", &host).await.0, 200, "{host}");
    }
    for host in [
        "evil.example",
        &format!("evil.example:{port}"),
        &format!("127.0.0.1.evil.example:{port}"),
        &format!("localhost.evil.example:{port}"),
        &format!("a@127.0.0.1:{port}"),
        "",
        "169.254.169.254",
    ] {
        for path in ["/api/v1/auth/me", "/", "/api/openapi.json", "/metrics"] {
            let (status, text) = get(path, host).await;
            assert!(matches!(status, 400 | 403 | 421), "{host} {path}: {text}");
            assert!(!text.contains("@localhost"), "{text}");
        }
    }
    let without =
        world.raw(format!("GET /api/v1/auth/me HTTP/1.1\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n").as_bytes()).await;
    assert_eq!(without.0, 400, "{}", without.1);
    let twice = format!(
        "GET /api/v1/auth/me HTTP/1.1\r\nHost: {ours}\r\nHost: evil.example\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    );
    assert_eq!(world.raw(twice.as_bytes()).await.0, 400);
}

#[tokio::test]
async fn pages_cannot_be_framed_or_sniffed() {
    let world = World::start(PROGRAM, &[]).await;
    for path in ["/", "/api/docs", "/api/v1/teams", "/no-such-page"] {
        let answer = world.send(reqwest::Method::GET, path, None).await;
        let header = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert!(header("content-security-policy").contains("frame-ancestors 'none'"), "{path}: {:?}", answer.headers);
        assert!(!header("access-control-allow-origin").contains('*'), "{path}");
        assert!(!answer.text.contains("cdn."), "{path} loads from a CDN");
    }
    // Nobody else's page may ask with our rights.
    let preflight = world
        .ask(reqwest::Method::OPTIONS, "/api/v1/teams", &[("origin", "http://evil.example"), ("access-control-request-method", "POST")], "")
        .await;
    assert!(!preflight.headers.contains_key("access-control-allow-origin"));
}
