//! The models against a real local HTTP server that plays recorded streams.

mod anthropic;
mod failures;
mod openai;
mod scripted;
mod server;
mod settings;
mod sse;

use std::sync::Arc;

use opensail_commands::ports::model::{Model, ModelError, ModelRequest, ModelTurn, ToolSpec};
use opensail_domain::agent_session::message::{Answer, CallOutcome, Message, ToolCall};
use serde_json::json;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{ApiKey, ModelSettings, Provider, build};

const KEY: &str = "sk-secret-123";

fn model(provider: Provider, base_url: &str) -> Arc<dyn Model> {
    build(settings(provider, base_url)).expect("the settings are sound")
}

fn settings(provider: Provider, base_url: &str) -> ModelSettings {
    ModelSettings {
        provider: Some(provider),
        base_url: Some(base_url.into()),
        api_key: Some(ApiKey::new(KEY).expect("a sound key")),
        model: Some("some-model".into()),
        ..ModelSettings::default()
    }
}

fn request() -> ModelRequest {
    ModelRequest {
        model: "some-model".into(),
        system: "Be brief.".into(),
        messages: vec![Message::User { text: "hello".into() }],
        tools: vec![ToolSpec { name: "read_file".into(), description: "Reads a file.".into(), parameters: json!({ "type": "object" }) }],
        max_output_tokens: 1000,
        attempt_index: 0,
    }
}

/// A conversation with two calls in one answer, one of them broken, and a person who spoke in between.
fn history() -> Vec<Message> {
    let call = |id: &str, tool: &str, arguments: &str| ToolCall { call_id: id.into(), tool: tool.into(), arguments: arguments.into() };
    let result =
        |id: &str, outcome, output: &str| Message::Tool { call_id: id.into(), tool: "read_file".into(), outcome, output: output.into() };
    vec![
        Message::User { text: "look".into() },
        Message::Assistant(Answer {
            text: String::new(),
            tool_calls: vec![
                call("1-0", "read_file", r#"{"file_path": "a"}"#),
                call("1-1", "no such.tool", r#"{"file_pa"#),
                call("1-2", "read_file", " "),
            ],
        }),
        result("1-0", CallOutcome::Ok, "content"),
        result("1-1", CallOutcome::Invalid, "no such tool"),
        result("1-2", CallOutcome::Interrupted, ""),
        Message::User { text: "go on".into() },
    ]
}

/// One turn with all its text pieces.
async fn turn(model: &dyn Model, request: ModelRequest) -> (Result<ModelTurn, ModelError>, Vec<String>) {
    let (deltas, mut pieces) = mpsc::channel(10_000);
    let answer = model.turn(request, deltas, CancellationToken::new()).await;
    let mut texts = Vec::new();
    while let Ok(text) = pieces.try_recv() {
        texts.push(text);
    }
    (answer, texts)
}
