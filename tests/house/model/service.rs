//! A model service on this machine: chat completions that answer one sentence, and remember who asked.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

#[derive(Clone)]
struct Heard {
    key: &'static str,
    asked: Arc<Mutex<Vec<(String, String)>>>,
}

pub(super) struct Service {
    /// As OPENSAIL_MODEL_BASE_URL wants it.
    pub(super) base_url: String,
    heard: Heard,
    task: JoinHandle<()>,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Service {
    /// Answers only who has the key.
    pub(super) async fn start(key: &'static str) -> Service {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base_url = format!("http://{}/v1", listener.local_addr().expect("an address"));
        let heard = Heard { key, asked: Arc::default() };
        let router = Router::new().route("/v1/chat/completions", post(answer)).with_state(heard.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("served") });
        Service { base_url, heard, task }
    }

    /// Authorization and model of every request.
    pub(super) fn asked(&self) -> Vec<(String, String)> {
        self.heard.asked.lock().expect("unbroken").clone()
    }
}

async fn answer(State(heard): State<Heard>, headers: HeaderMap, body: String) -> Response {
    let who = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    let model = body["model"].as_str().unwrap_or_default().to_owned();
    heard.asked.lock().expect("unbroken").push((who.clone(), model.clone()));
    if who != format!("Bearer {}", heard.key) {
        let error = json!({ "error": { "message": format!("the key {who} is not valid") } });
        return (StatusCode::UNAUTHORIZED, axum::Json(error)).into_response();
    }
    let piece = json!({ "model": model, "choices": [{ "index": 0, "delta": { "content": "ready" }, "finish_reason": "stop" }] });
    let usage = json!({ "model": model, "choices": [], "usage": { "prompt_tokens": 3, "completion_tokens": 1 } });
    ([(header::CONTENT_TYPE, "text/event-stream")], format!("data: {piece}\n\ndata: {usage}\n\ndata: [DONE]\n\n")).into_response()
}
