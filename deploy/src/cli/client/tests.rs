//! What a server says, in words; and what is done about it.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use serde_json::Value;

use super::lacking::lacks;
use super::*;

#[test]
fn what_an_answer_lacks_is_said_in_words() {
    let line = lacks("project-7;view=project;position=12");
    assert!(line.starts_with("not all is shown: project-7 is told as it was before position 12"), "{line}");
    assert_eq!(lacks("more;streams=3"), "and so for 3 more streams");
    assert!(lacks("\u{1b}[2J").starts_with("not all is shown: "), "nothing is printed as it came");
    assert!(!lacks("\u{1b}[2J").contains('\u{1b}'));
}

#[test]
fn a_name_stays_one_part_of_the_address() {
    let of = |base: &str, path: &str| address(base, path).map(String::from);
    assert_eq!(of("http://h:1", "/api/v1/a/b c/skip").expect("an address"), "http://h:1/api/v1/a/b%20c/skip");
    assert_eq!(of("https://h/sail", "/api/v1/a#b/c?d=1/skip").expect("an address"), "https://h/sail/api/v1/a%23b/c%3Fd=1/skip");
    assert_eq!(of("http://h", "/api/v1/%2e%2e/x").expect("an address"), "http://h/api/v1/%252e%252e/x");
    assert!(matches!(of("http://h", "/api/v1/../x"), Err(ClientError::LeadsElsewhere(_))));
}

/// A server that gives these answers, one for each request; what it was asked with.
async fn server(answers: Vec<&'static str>) -> (String, tokio::task::JoinHandle<Vec<String>>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let serving = tokio::spawn(async move {
        let mut keys = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut asked = Vec::new();
            while !asked.windows(4).any(|end| end == b"\r\n\r\n") {
                let mut piece = [0; 4096];
                let read = stream.read(&mut piece).await.expect("a request");
                asked.extend_from_slice(&piece[..read]);
            }
            let head = String::from_utf8_lossy(&asked).to_ascii_lowercase();
            keys.push(head.lines().find_map(|line| line.strip_prefix("idempotency-key: ")).unwrap_or_default().to_owned());
            stream.write_all(answer.as_bytes()).await.expect("answered");
        }
        keys
    });
    (base, serving)
}

const DONE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
const UNKNOWN: &str = "HTTP/1.1 503 x\r\nretry-after: 0\r\ncontent-length: 26\r\nconnection: close\r\n\r\n{\"code\":\"outcome_unknown\"}";
const OVERLOADED: &str = "HTTP/1.1 503 x\r\nretry-after: 0\r\ncontent-length: 21\r\nconnection: close\r\n\r\n{\"code\":\"overloaded\"}";
const AWAY: &str = "HTTP/1.1 503 x\r\nretry-after: 0\r\ncontent-length: 22\r\nconnection: close\r\n\r\n{\"code\":\"unavailable\"}";

async fn ordered(answers: Vec<&'static str>) -> (Result<Value, ClientError>, Vec<String>) {
    let (base, serving) = server(answers).await;
    let done = Client::new(&base, "t").expect("a client").post("/api/v1/teams", &Value::Null).await;
    (done, serving.await.expect("served"))
}

#[tokio::test]
async fn an_order_is_given_again_under_its_key_until_its_outcome_is_known() {
    let (done, keys) = ordered(vec![OVERLOADED, UNKNOWN, AWAY, DONE]).await;
    done.expect("done");
    assert!(!keys[0].is_empty() && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    let (done, _) = ordered(vec![UNKNOWN; TRIES]).await;
    let why = done.expect_err("nobody knows").to_string();
    assert!(why.contains("look whether it is there") && !why.contains("Idempotency-Key"), "{why}");
    // Nothing was begun: it is said at once.
    let (done, _) = ordered(vec![AWAY]).await;
    assert!(matches!(done, Err(ClientError::Problem { code, .. }) if code == "unavailable"));
}
