use std::time::Duration;

use chrono::{DateTime, Utc};
use opensail_commands::ports::model::ModelErrorKind as Kind;
use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};
use serde_json::json;
use tokio::net::TcpListener;

use super::super::failure::{MAX_RETRY_AFTER, retry_after};
use super::super::openai::OpenAi;
use super::server::{End, Reply, Server};
use super::*;

async fn failing(reply: Reply) -> ModelError {
    let server = Server::start(vec![reply]).await;
    turn(&*model(Provider::Anthropic, &server.base), request()).await.0.expect_err("no answer")
}

#[tokio::test]
async fn a_status_becomes_a_kind() {
    for (status, message, kind) in [
        (429, "slow down", Kind::RateLimited),
        (429, "You exceeded your quota (insufficient_quota)", Kind::BadRequest),
        (429, "Budget has been exceeded", Kind::BadRequest),
        (500, "oops", Kind::Overloaded),
        (503, "", Kind::Overloaded),
        (529, "Overloaded", Kind::Overloaded),
        (401, "who?", Kind::Unauthorized),
        (403, "no", Kind::Unauthorized),
        (400, "prompt is too long", Kind::BadRequest),
        (402, "pay", Kind::BadRequest),
        (404, "model: not found", Kind::BadRequest),
        (408, "late", Kind::Timeout),
        (413, "too large", Kind::BadRequest),
    ] {
        let got = failing(Reply::json(status, &json!({ "type": "error", "error": { "type": "some_error", "message": message } }))).await;
        assert_eq!(got.kind, kind, "{status} {message}");
        assert!(got.detail.contains(message) && got.detail.contains(&status.to_string()), "{}", got.detail);
    }
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let got = failing(Reply::json(429, &json!({ "error": "later" })).header("retry-after", "7")).await;
    assert_eq!((got.kind, got.retry_after), (Kind::RateLimited, Some(Duration::from_secs(7))));
    let got = failing(Reply::json(400, &json!({ "error": "never" })).header("retry-after", "7")).await;
    assert_eq!((got.kind, got.retry_after), (Kind::BadRequest, None));
}

#[test]
fn retry_after_may_be_seconds_or_a_date() {
    let now: DateTime<Utc> = "2026-11-06T08:49:37Z".parse().expect("a time");
    let read = |text: &'static str| retry_after(&HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]), now);
    assert_eq!(read("0"), Some(Duration::ZERO));
    assert_eq!(read(" 1.2 "), Some(Duration::from_secs(2)));
    assert_eq!(read("Fri, 06 Nov 2026 08:50:07 GMT"), Some(Duration::from_secs(30)));
    assert_eq!(read("Thu, 05 Nov 2026 08:50:07 GMT"), Some(Duration::ZERO));
    assert_eq!(read("99999999999999999999999"), Some(MAX_RETRY_AFTER));
    for nonsense in ["soon", "-1", "NaN", ""] {
        assert_eq!(read(nonsense), None, "{nonsense}");
    }
    assert_eq!(retry_after(&HeaderMap::new(), now), None);
}

#[tokio::test]
async fn details_are_short_and_never_hold_the_key() {
    let got = failing(Reply::json(401, &json!({ "error": { "message": format!("bad key {KEY} {}", "ä".repeat(5000)) } }))).await;
    assert!(got.detail.starts_with("anthropic answered 401: bad key [key] ä"), "{}", got.detail);
    assert_eq!(got.detail.chars().count(), 2001);
}

#[tokio::test]
async fn an_error_page_is_told_as_it_is() {
    let page = Reply {
        status: 502,
        headers: vec![("content-type", "text/html".into())],
        pieces: vec![b"<h1>Bad gateway</h1>\n".into()],
        end: End::Cut,
    };
    let got = failing(page).await;
    assert_eq!((got.kind, got.detail.as_str()), (Kind::Overloaded, "anthropic answered 502: <h1>Bad gateway</h1>"));
    let page = Reply {
        status: 200,
        headers: vec![("content-type", "text/html; charset=utf-8".into())],
        pieces: vec![b"<h1>Welcome</h1>".into()],
        end: End::Whole,
    };
    assert_eq!(failing(page).await.kind, Kind::BadAnswer);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Server::start(vec![Reply::stream("")]).await;
    let got = failing(Reply::json(307, &json!({})).header("location", &elsewhere.base)).await;
    assert_eq!(got.kind, Kind::BadRequest);
    assert!(got.detail.contains(&elsewhere.base) && got.detail.contains("OPENSAIL_MODEL_BASE_URL"), "{}", got.detail);
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn a_closed_door_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("a bound address"));
    drop(listener);
    let got = turn(&*model(Provider::OpenAi, &base), request()).await.0.expect_err("no answer");
    assert_eq!(got.kind, Kind::Unreachable, "{}", got.detail);
}

#[tokio::test]
async fn silence_is_a_timeout_and_a_finished_answer_waits_only_briefly() {
    let begun = "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\n";
    let finished = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    let hold = |text: String| Reply::stream(text).end(End::Hold);
    let short = Duration::from_millis(200);
    let server = Server::start(vec![hold(begun.into()), hold(format!("{begun}{finished}"))]).await;
    let mut openai = OpenAi::new(&server.base, None).expect("a sound URL");
    let (deltas, _pieces) = mpsc::channel(10);
    openai.door.waits.idle = short;
    assert_eq!(openai.answer(&request(), &deltas).await.expect_err("no answer").kind, Kind::Timeout);
    openai.door.waits.idle = Duration::from_secs(60);
    openai.door.waits.tail = short;
    assert_eq!(openai.answer(&request(), &deltas).await.expect("an answer").text, "hi");
}

#[tokio::test]
async fn cancelling_ends_the_turn_and_the_connection() {
    let mut server = Server::start(vec![Reply::stream("data: {\"choices\":[]}\n\n").end(End::Hold)]).await;
    let model = model(Provider::OpenAi, &server.base);
    let cancel = CancellationToken::new();
    let (deltas, _pieces) = mpsc::channel(10);
    let turn = tokio::spawn({
        let cancel = cancel.clone();
        async move { model.turn(request(), deltas, cancel).await }
    });
    assert_eq!(server.steps.recv().await, Some("played"));
    cancel.cancel();
    assert_eq!(turn.await.expect("no panic").expect_err("no answer").kind, Kind::Cancelled);
    assert_eq!(server.steps.recv().await, Some("gone"));
}

#[tokio::test]
async fn a_reader_that_stands_still_does_not_hold_a_cancel_and_one_that_left_is_no_error() {
    let text =
        "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n".repeat(3) + "data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n\n";
    let mut server = Server::start(vec![Reply::stream(&text), Reply::stream(&text)]).await;
    let model = model(Provider::OpenAi, &server.base);
    let (deltas, mut pieces) = mpsc::channel(1);
    let cancel = CancellationToken::new();
    let stuck = tokio::spawn({
        let (model, cancel) = (model.clone(), cancel.clone());
        async move { model.turn(request(), deltas, cancel).await }
    });
    assert_eq!(server.steps.recv().await, Some("played"));
    assert_eq!(pieces.recv().await.as_deref(), Some("a"));
    cancel.cancel();
    assert_eq!(stuck.await.expect("no panic").expect_err("no answer").kind, Kind::Cancelled);
    let (deltas, pieces) = mpsc::channel(1);
    drop(pieces);
    assert_eq!(model.turn(request(), deltas, CancellationToken::new()).await.expect("an answer").text, "aaa");
}
