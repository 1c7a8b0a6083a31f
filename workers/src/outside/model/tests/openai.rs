use opensail_commands::ports::model::{ModelErrorKind as Kind, WantedCall};
use opensail_domain::agent_session::message::Tokens;
use serde_json::{Value, json};

use super::server::{End, Reply, Server};
use super::*;

fn lines(chunks: &[Value]) -> String {
    chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect()
}

fn delta(delta: Value) -> Value {
    json!({ "id": "c1", "model": "some-model-2026", "choices": [{ "index": 0, "delta": delta, "finish_reason": null }], "usage": null })
}

fn finish(reason: &str) -> Value {
    json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] })
}

fn usage() -> Value {
    json!({ "choices": [], "usage": { "prompt_tokens": 90, "completion_tokens": 7, "prompt_tokens_details": { "cached_tokens": 64 } } })
}

fn call(tool: &str, arguments: &str) -> WantedCall {
    WantedCall { tool: tool.into(), arguments: arguments.into() }
}

async fn answer(reply: Reply) -> Result<ModelTurn, ModelError> {
    let server = Server::start(vec![reply]).await;
    turn(&*model(Provider::OpenAi, &server.base), request()).await.0
}

async fn calls(chunks: &[Value]) -> Vec<WantedCall> {
    answer(Reply::stream(lines(chunks))).await.expect("an answer").calls
}

#[tokio::test]
async fn streams_text_byte_by_byte() {
    let chunks = [
        delta(json!({ "role": "assistant", "content": "" })),
        delta(json!({ "content": "Schöne " })),
        delta(json!({ "content": "Grüße ⛵🌊" })),
        finish("stop"),
        usage(),
    ];
    let server = Server::start(vec![Reply::stream(format!("{}data: [DONE]\n\n", lines(&chunks)))]).await;
    let (answer, pieces) = turn(&*model(Provider::OpenAi, &format!("{}/v1/", server.base)), request()).await;
    let answer = answer.expect("an answer");
    assert_eq!(pieces, ["Schöne ", "Grüße ⛵🌊"]);
    assert_eq!((answer.text.as_str(), answer.model.as_str(), answer.truncated), ("Schöne Grüße ⛵🌊", "some-model-2026", false));
    assert_eq!(answer.tokens, Tokens { input: 90, output: 7, cached: 64 });
    let asked = server.asked().remove(0);
    assert!(asked.head.starts_with("POST /v1/chat/completions "), "{}", asked.head);
    assert!(asked.head.contains("authorization: Bearer sk-secret-123"), "{}", asked.head);
    assert_eq!(asked.body["stream_options"]["include_usage"], true);
    assert_eq!(asked.body["max_tokens"], 1000);
    assert_eq!(asked.body["messages"][0], json!({ "role": "system", "content": "Be brief." }));
    assert_eq!(asked.body["tools"][0]["function"]["name"], "read_file");
}

#[tokio::test]
async fn puts_interleaved_calls_together_by_index() {
    let piece = |index: u64, id: Option<&str>, name: Option<&str>, arguments: &str| {
        delta(
            json!({ "tool_calls": [{ "index": index, "id": id, "type": "function", "function": { "name": name, "arguments": arguments } }] }),
        )
    };
    let chunks = [
        piece(0, Some("a"), Some("read_file"), ""),
        piece(0, None, None, "{\"file_"),
        piece(1, Some("b"), Some("bash_exec"), "{\"comm"),
        piece(0, None, None, "path\": \"ä\"}"),
        piece(1, None, None, "and\": \"ls\"}"),
        finish("tool_calls"),
    ];
    assert_eq!(calls(&chunks).await, [call("read_file", "{\"file_path\": \"ä\"}"), call("bash_exec", "{\"command\": \"ls\"}")]);
}

#[tokio::test]
async fn takes_whole_calls_however_they_are_marked() {
    let whole = |call: Value| delta(json!({ "tool_calls": [call] }));
    let function = |name: &str| json!({ "name": name, "arguments": "{\"a\":1}" });
    let wanted = [call("one", "{\"a\":1}"), call("two", "{\"a\":1}")];
    // No index and no id; one index for all with ids; one index and no ids; ids and no index.
    for (first, second) in [
        (json!({ "function": function("one") }), json!({ "function": function("two") })),
        (json!({ "index": 0, "id": "a", "function": function("one") }), json!({ "index": 0, "id": "b", "function": function("two") })),
        (json!({ "index": 0, "id": "", "function": function("one") }), json!({ "index": 0, "function": function("two") })),
        (json!({ "id": "a", "function": function("one") }), json!({ "id": "b", "function": function("two") })),
    ] {
        assert_eq!(calls(&[whole(first), whole(second), finish("stop")]).await, wanted);
    }
    let object = whole(json!({ "index": 0, "function": { "name": "one", "arguments": { "a": 1 } } }));
    let none = whole(json!({ "index": 1, "id": "b", "function": { "name": "two" } }));
    assert_eq!(calls(&[object, none, finish("tool_calls")]).await, [call("one", "{\"a\":1}"), call("two", "{}")]);
}

#[tokio::test]
async fn broken_arguments_reach_the_caller_as_they_are() {
    let chunks = [
        delta(json!({ "tool_calls": [{ "index": 0, "id": "a", "function": { "name": "x", "arguments": "{\"a\": tru" } }] })),
        finish("length"),
    ];
    let answer = answer(Reply::stream(lines(&chunks))).await.expect("an answer");
    assert_eq!((answer.calls, answer.truncated), (vec![call("x", "{\"a\": tru")], true));
}

#[tokio::test]
async fn does_without_usage_done_and_a_last_blank_line() {
    let text = lines(&[delta(json!({ "content": "hi" })), finish("stop")]);
    let answer = answer(Reply::stream(text.trim_end())).await.expect("an answer");
    assert_eq!((answer.text.as_str(), answer.tokens.output), ("hi", 1));
    assert!(answer.tokens.input > 0, "estimated from the request");
}

#[tokio::test]
async fn a_finished_answer_outlives_a_broken_line() {
    let text = lines(&[delta(json!({ "content": "hi" })), finish("stop")]);
    assert_eq!(answer(Reply::stream(text).end(End::Cut)).await.expect("an answer").text, "hi");
}

#[tokio::test]
async fn takes_an_answer_that_is_not_streamed() {
    let message = json!({ "role": "assistant", "content": [{ "type": "thinking", "thinking": [] }, { "type": "text", "text": "hi" }], "tool_calls": [{ "id": "a", "function": { "name": "x", "arguments": "{}" } }] });
    let body = json!({ "model": "m", "choices": [{ "index": 0, "message": message, "finish_reason": "stop" }], "usage": { "prompt_tokens": 3, "completion_tokens": 2 } });
    let answer = answer(Reply::json(200, &body)).await.expect("an answer");
    assert_eq!((answer.text.as_str(), answer.calls, answer.tokens.input), ("hi", vec![call("x", "{}")], 3));
}

#[tokio::test]
async fn names_what_is_wrong_with_an_answer() {
    let text = delta(json!({ "content": "hal" }));
    let big = json!({ "index": 0, "function": { "name": "x", "arguments": "x".repeat((1 << 20) + 1) } });
    let many: Vec<Value> = (0..129).map(|n| json!({ "index": n, "function": { "name": "x", "arguments": "{}" } })).collect();
    let whole = |chunks: &[Value]| Reply::pieces(vec![lines(chunks).into_bytes()]);
    for (reply, kind) in [
        (whole(std::slice::from_ref(&text)), Kind::CutStream),
        (whole(std::slice::from_ref(&text)).end(End::Cut), Kind::CutStream),
        (Reply::stream("data: {\"choices\": [{\"del"), Kind::CutStream),
        (Reply::stream(""), Kind::CutStream),
        (Reply::stream("data: {nonsense}\n\n"), Kind::BadAnswer),
        (Reply::stream(b"data: \xff\n\n"), Kind::BadAnswer),
        (whole(&[finish("stop")]), Kind::EmptyAnswer),
        (Reply::stream("data: [DONE]\n\n"), Kind::EmptyAnswer),
        (whole(&[finish("content_filter")]), Kind::BadRequest),
        (whole(&[delta(json!({ "tool_calls": [big] })), finish("tool_calls")]), Kind::BadAnswer),
        (whole(&[delta(json!({ "tool_calls": many })), finish("tool_calls")]), Kind::BadAnswer),
        (whole(&[delta(json!({ "tool_calls": [{ "index": 0, "function": { "arguments": "{}" } }] })), finish("stop")]), Kind::BadAnswer),
        (Reply::pieces(vec![vec![b':'; 1 << 20]; 17]), Kind::BadAnswer),
        (whole(&[text.clone(), json!({ "error": { "message": "too busy", "type": "server_error" } })]), Kind::Overloaded),
        (whole(&[json!({ "error": { "message": "slow down", "code": 429 } })]), Kind::RateLimited),
        (whole(&[json!({ "error": { "message": "too long", "code": "context_length_exceeded" } })]), Kind::BadRequest),
        (Reply::json(200, &json!({ "hello": 1 })), Kind::BadAnswer),
    ] {
        let got = answer(reply).await.expect_err("no answer");
        assert_eq!(got.kind, kind, "{}", got.detail);
    }
}

#[tokio::test]
async fn asks_again_without_stream_options_where_they_are_unknown() {
    let refused = || Reply::json(400, &json!({ "error": { "message": "unknown field stream_options" } }));
    let text = || Reply::stream(lines(&[delta(json!({ "content": "hi" })), finish("stop")]));
    let server = Server::start(vec![refused(), text(), text()]).await;
    let model = model(Provider::OpenAi, &server.base);
    assert_eq!(turn(&*model, request()).await.0.expect("an answer").text, "hi");
    assert_eq!(turn(&*model, request()).await.0.expect("an answer").text, "hi");
    let had: Vec<bool> = server.asked().iter().map(|asked| asked.body.get("stream_options").is_some()).collect();
    assert_eq!(had, [true, false, false]);
}

#[tokio::test]
async fn sends_a_history_that_providers_accept() {
    let server = Server::start(vec![Reply::stream(lines(&[delta(json!({ "content": "hi" })), finish("stop")]))]).await;
    turn(&*model(Provider::OpenAi, &server.base), ModelRequest { messages: history(), ..request() }).await.0.expect("an answer");
    let function = |id: &str, name: &str, arguments: &str| json!({ "id": id, "type": "function", "function": { "name": name, "arguments": arguments } });
    let result = |id: &str, content: &str| json!({ "role": "tool", "tool_call_id": id, "content": content });
    assert_eq!(
        server.asked()[0].body["messages"],
        json!([
            { "role": "system", "content": "Be brief." },
            { "role": "user", "content": "look" },
            { "role": "assistant", "content": null, "tool_calls": [
                function("call00000", "read_file", "{\"file_path\": \"a\"}"),
                function("call00001", "no_such_tool", "{\"_invalid\":\"{\\\"file_pa\"}"),
                function("call00002", "read_file", "{}"),
            ] },
            result("call00000", "content"),
            result("call00001", "no such tool"),
            result("call00002", ""),
            { "role": "user", "content": "go on" },
        ])
    );
}
