use opensail_commands::ports::model::{ModelErrorKind as Kind, WantedCall};
use opensail_domain::agent_session::message::Tokens;
use serde_json::{Value, json};

use super::server::{End, Reply, Server};
use super::*;

fn lines(events: &[Value]) -> String {
    events.iter().map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default())).collect()
}

fn start() -> Value {
    let usage = json!({ "input_tokens": 25, "cache_creation_input_tokens": 5, "cache_read_input_tokens": 70, "output_tokens": 1 });
    json!({ "type": "message_start", "message": { "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x", "content": [], "stop_reason": null, "usage": usage } })
}

fn block(index: u64, block: Value) -> Value {
    json!({ "type": "content_block_start", "index": index, "content_block": block })
}

fn delta(index: u64, delta: Value) -> Value {
    json!({ "type": "content_block_delta", "index": index, "delta": delta })
}

fn text(index: u64, text: &str) -> [Value; 2] {
    [block(index, json!({ "type": "text", "text": "" })), delta(index, json!({ "type": "text_delta", "text": text }))]
}

fn stop(reason: &str) -> [Value; 2] {
    [
        json!({ "type": "message_delta", "delta": { "stop_reason": reason, "stop_sequence": null }, "usage": { "output_tokens": 42 } }),
        json!({ "type": "message_stop" }),
    ]
}

async fn answer(reply: Reply) -> Result<ModelTurn, ModelError> {
    let server = Server::start(vec![reply]).await;
    turn(&*model(Provider::Anthropic, &server.base), request()).await.0
}

#[tokio::test]
async fn streams_text_and_calls_byte_by_byte() {
    let json_delta = |index, json: &str| delta(index, json!({ "type": "input_json_delta", "partial_json": json }));
    let mut events = vec![start(), json!({ "type": "ping" })];
    events
        .extend([block(0, json!({ "type": "thinking", "thinking": "" })), delta(0, json!({ "type": "thinking_delta", "thinking": "hm" }))]);
    events.extend(text(1, "Ich prüfe ⛵"));
    events.push(delta(1, json!({ "type": "text_delta", "text": " das." })));
    events.push(block(2, json!({ "type": "tool_use", "id": "toolu_1", "name": "read_file", "input": {} })));
    events.extend([
        json_delta(2, ""),
        json_delta(2, "{\"file_path\""),
        json_delta(2, ": \"ü\"}"),
        json!({ "type": "content_block_stop", "index": 2 }),
    ]);
    events.push(block(3, json!({ "type": "tool_use", "id": "toolu_2", "name": "git_status", "input": {} })));
    events.push(block(4, json!({ "type": "tool_use", "id": "toolu_3", "name": "glob", "input": { "pattern": "*" } })));
    events.extend(stop("tool_use"));
    let server = Server::start(vec![Reply::stream(lines(&events))]).await;
    let (answer, pieces) = turn(&*model(Provider::Anthropic, &server.base), request()).await;
    let answer = answer.expect("an answer");
    let call = |tool: &str, arguments: &str| WantedCall { tool: tool.into(), arguments: arguments.into() };
    assert_eq!(pieces, ["Ich prüfe ⛵", " das."]);
    assert_eq!((answer.text.as_str(), answer.model.as_str()), ("Ich prüfe ⛵ das.", "claude-x"));
    assert_eq!(answer.calls, [call("read_file", "{\"file_path\": \"ü\"}"), call("git_status", "{}"), call("glob", "{\"pattern\":\"*\"}")]);
    assert_eq!(answer.tokens, Tokens { input: 100, output: 42, cached: 70 });
    let asked = server.asked().remove(0);
    assert!(asked.head.starts_with("POST /v1/messages "), "{}", asked.head);
    assert!(asked.head.contains("x-api-key: sk-secret-123") && asked.head.contains("anthropic-version: 2023-06-01"), "{}", asked.head);
    assert_eq!((&asked.body["system"], &asked.body["max_tokens"]), (&json!("Be brief."), &json!(1000)));
    assert_eq!(asked.body["tools"][0]["input_schema"], json!({ "type": "object" }));
}

#[tokio::test]
async fn two_blocks_of_text_are_two_paragraphs() {
    let events = [vec![start()], text(0, "one").into(), text(1, "two").into(), stop("max_tokens").into()].concat();
    let answer = answer(Reply::stream(lines(&events))).await.expect("an answer");
    assert_eq!((answer.text.as_str(), answer.truncated), ("one\n\ntwo", true));
}

#[tokio::test]
async fn names_what_is_wrong_with_an_answer() {
    let failing = |name: &str| json!({ "type": "error", "error": { "type": name, "message": "sorry" } });
    let half = [vec![start()], text(0, "hal").into()].concat();
    let with = |event: Value| Reply::stream(lines(&[half.clone(), vec![event]].concat()));
    for (reply, kind) in [
        (with(failing("overloaded_error")), Kind::Overloaded),
        (with(failing("api_error")), Kind::Overloaded),
        (with(failing("rate_limit_error")), Kind::RateLimited),
        (with(failing("authentication_error")), Kind::Unauthorized),
        (with(failing("invalid_request_error")), Kind::BadRequest),
        (with(failing("timeout_error")), Kind::Timeout),
        (Reply::stream(lines(&half)), Kind::CutStream),
        (Reply::stream(lines(&half)).end(End::Cut), Kind::CutStream),
        (Reply::stream(lines(&[vec![start()], stop("end_turn").into()].concat())), Kind::EmptyAnswer),
        (Reply::stream(lines(&[vec![start()], stop("refusal").into()].concat())), Kind::BadRequest),
        (Reply::stream("event: message_start\ndata: {\"type\": 7}\n\n"), Kind::BadAnswer),
        (Reply::json(200, &json!({ "type": "message", "content": [] })), Kind::BadAnswer),
    ] {
        let got = answer(reply).await.expect_err("no answer");
        assert_eq!(got.kind, kind, "{}", got.detail);
    }
}

#[tokio::test]
async fn sends_a_history_that_the_provider_accepts() {
    let events = [vec![start()], text(0, "hi").into(), stop("end_turn").into()].concat();
    let server = Server::start(vec![Reply::stream(lines(&events))]).await;
    let mut messages = history();
    messages.insert(1, Message::User { text: " ".into() });
    turn(&*model(Provider::Anthropic, &format!("{}/v1/", server.base)), ModelRequest { messages, ..request() }).await.0.expect("an answer");
    let asked = server.asked().remove(0);
    assert!(asked.head.starts_with("POST /v1/messages "), "{}", asked.head);
    let call = |id: &str, name: &str, input: Value| json!({ "type": "tool_use", "id": id, "name": name, "input": input });
    let text = |text: &str| json!({ "type": "text", "text": text });
    assert_eq!(
        asked.body["messages"],
        json!([
            { "role": "user", "content": [text("look"), text("(no text)")] },
            { "role": "assistant", "content": [
                call("1-0", "read_file", json!({ "file_path": "a" })),
                call("1-1", "no_such_tool", json!({ "_invalid": "{\"file_pa" })),
                call("1-2", "read_file", json!({})),
            ] },
            { "role": "user", "content": [
                { "type": "tool_result", "tool_use_id": "1-0", "content": [text("content")] },
                { "type": "tool_result", "tool_use_id": "1-1", "content": [text("no such tool")], "is_error": true },
                { "type": "tool_result", "tool_use_id": "1-2", "is_error": true },
                text("go on"),
            ] },
        ])
    );
}
