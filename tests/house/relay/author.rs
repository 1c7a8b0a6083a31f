//! A model service whose answers the test writes word by word, whoever asks.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures::StreamExt;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

type Answers = Arc<Mutex<VecDeque<mpsc::UnboundedReceiver<Value>>>>;

pub(super) struct Author {
    /// As OPENSAIL_MODEL_BASE_URL wants it.
    pub(super) base_url: String,
    answers: Answers,
    asked: Arc<Mutex<usize>>,
    task: JoinHandle<()>,
}

impl Drop for Author {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An answer that is being written; dropped, it is finished.
pub(super) struct Answer(mpsc::UnboundedSender<Value>);

impl Answer {
    pub(super) fn write(&self, text: &str) {
        // Who asked may be dead.
        let _ = self.0.send(json!({ "choices": [{ "index": 0, "delta": { "content": text }, "finish_reason": null }] }));
    }
}

impl Author {
    pub(super) async fn start() -> Author {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base_url = format!("http://{}/v1", listener.local_addr().expect("an address"));
        let (answers, asked): (Answers, Arc<Mutex<usize>>) = Default::default();
        let router = Router::new().route("/v1/chat/completions", post(answer)).with_state((answers.clone(), asked.clone()));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("served") });
        Author { base_url, answers, asked, task }
    }

    /// The settings that make it the model.
    pub(super) fn settings(&self) -> [(&str, &str); 4] {
        [
            ("OPENSAIL_MODEL_PROVIDER", "openai"),
            ("OPENSAIL_MODEL", "author"),
            ("OPENSAIL_MODEL_BASE_URL", self.base_url.as_str()),
            ("OPENSAIL_MODEL_API_KEY", "sk-author"),
        ]
    }

    /// The next answer that somebody asks for, to be written; without one it is `done`.
    pub(super) fn answer(&self) -> Answer {
        let (words, answer) = mpsc::unbounded_channel();
        self.answers.lock().expect("unbroken").push_back(answer);
        Answer(words)
    }

    /// The next answer is this call.
    pub(super) fn call(&self, tool: &str, arguments: Value) {
        let call = json!({ "index": 0, "id": "c", "type": "function", "function": { "name": tool, "arguments": arguments.to_string() } });
        let Answer(words) = self.answer();
        let _ = words.send(json!({ "choices": [{ "index": 0, "delta": { "tool_calls": [call] }, "finish_reason": "tool_calls" }] }));
    }

    /// Requests so far.
    pub(super) fn asked(&self) -> usize {
        *self.asked.lock().expect("unbroken")
    }
}

async fn answer(State((answers, asked)): State<(Answers, Arc<Mutex<usize>>)>) -> Response {
    *asked.lock().expect("unbroken") += 1;
    let words = answers.lock().expect("unbroken").pop_front().unwrap_or_else(|| {
        let (words, answer) = mpsc::unbounded_channel();
        let _ = words.send(json!({ "choices": [{ "index": 0, "delta": { "content": "done" }, "finish_reason": null }] }));
        answer
    });
    let chunks = futures::stream::unfold(words, |mut words| async move { words.recv().await.map(|word| (word, words)) });
    let end = futures::stream::iter([
        json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] }),
        json!({ "choices": [], "usage": { "prompt_tokens": 3, "completion_tokens": 1 } }),
    ]);
    let lines = chunks.chain(end).map(|chunk| Ok::<_, Infallible>(format!("data: {chunk}\n\n")));
    let lines = lines.chain(futures::stream::iter([Ok("data: [DONE]\n\n".to_owned())]));
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(lines)).into_response()
}
