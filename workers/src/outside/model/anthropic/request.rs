//! A session's conversation in the words of the messages API: roles take turns, results of tools are a user's blocks, no text block
//! is blank, and a call's input is an object.

use opensail_commands::ports::model::ModelRequest;
use opensail_domain::agent_session::message::{Answer, CallOutcome, Message};
use serde_json::{Value, json};

use super::super::calls::{as_name, as_object};

/// Stands where a person said nothing, because something must stand there.
const NOTHING: &str = "(no text)";

pub(super) fn body(request: &ModelRequest, model: &str) -> Value {
    let mut body =
        json!({ "model": model, "max_tokens": request.max_output_tokens, "messages": messages(&request.messages), "stream": true });
    if !request.system.trim().is_empty() {
        body["system"] = json!(request.system);
    }
    if !request.tools.is_empty() {
        body["tools"] = request
            .tools
            .iter()
            .map(|tool| json!({ "name": tool.name, "description": tool.description, "input_schema": tool.parameters }))
            .collect();
    }
    body
}

fn messages(messages: &[Message]) -> Vec<Value> {
    let mut turns: Vec<(&str, Vec<Value>)> = Vec::new();
    for message in messages {
        let (role, blocks) = match message {
            Message::User { text } => ("user", vec![text_block(text).unwrap_or_else(|| json!({ "type": "text", "text": NOTHING }))]),
            Message::Assistant(answer) => ("assistant", said(answer)),
            Message::Tool { call_id, outcome, output, .. } => ("user", vec![result(call_id, *outcome, output)]),
        };
        match turns.last_mut() {
            _ if blocks.is_empty() => {}
            Some((last, sofar)) if *last == role => sofar.extend(blocks),
            _ => turns.push((role, blocks)),
        }
    }
    turns.into_iter().map(|(role, content)| json!({ "role": role, "content": content })).collect()
}

fn said(answer: &Answer) -> Vec<Value> {
    let calls = answer.tool_calls.iter().map(
        |call| json!({ "type": "tool_use", "id": as_id(&call.call_id), "name": as_name(&call.tool), "input": as_object(&call.arguments) }),
    );
    text_block(&answer.text).into_iter().chain(calls).collect()
}

fn result(call_id: &str, outcome: CallOutcome, output: &str) -> Value {
    let mut block = json!({ "type": "tool_result", "tool_use_id": as_id(call_id) });
    if let Some(text) = text_block(output) {
        block["content"] = json!([text]);
    }
    if outcome != CallOutcome::Ok {
        block["is_error"] = json!(true);
    }
    block
}

fn text_block(text: &str) -> Option<Value> {
    (!text.trim().is_empty()).then(|| json!({ "type": "text", "text": text }))
}

/// Ids are of letters, digits, `_` and `-` there.
fn as_id(call_id: &str) -> String {
    as_name(call_id)
}
