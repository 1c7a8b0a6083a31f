//! A session's conversation in the words of chat completions.

use std::collections::HashMap;

use opensail_commands::ports::model::ModelRequest;
use opensail_domain::agent_session::message::{Message, ToolCall};
use serde_json::{Value, json};

use super::super::calls::{as_name, as_object};

/// What differs between OpenAI and those who speak like it.
#[derive(Clone, Copy)]
pub(super) struct Dialect {
    /// OpenAI itself: newer models there refuse `max_tokens`, most others know nothing else.
    pub(super) own: bool,
    /// Ask for the usage in the stream.
    pub(super) usage: bool,
}

pub(super) fn body(request: &ModelRequest, dialect: Dialect) -> Vec<u8> {
    let mut body = json!({ "model": request.model, "messages": messages(request), "stream": true });
    body[if dialect.own { "max_completion_tokens" } else { "max_tokens" }] = json!(request.max_output_tokens);
    if dialect.usage {
        body["stream_options"] = json!({ "include_usage": true });
    }
    if !request.tools.is_empty() {
        body["tools"] = request
            .tools
            .iter()
            .map(|tool| json!({ "type": "function", "function": { "name": tool.name, "description": tool.description, "parameters": tool.parameters } }))
            .collect();
    }
    body.to_string().into_bytes()
}

fn messages(request: &ModelRequest) -> Vec<Value> {
    let mut ids = Ids::default();
    let system = (!request.system.trim().is_empty()).then(|| json!({ "role": "system", "content": request.system }));
    let conversation = request.messages.iter().map(|message| match message {
        Message::User { text } => json!({ "role": "user", "content": text }),
        Message::Assistant(answer) => {
            let mut said = json!({ "role": "assistant", "content": answer.text });
            if !answer.tool_calls.is_empty() {
                said["tool_calls"] = answer.tool_calls.iter().map(|call| wanted(call, &mut ids)).collect();
                if answer.text.is_empty() {
                    said["content"] = Value::Null;
                }
            }
            said
        }
        Message::Tool { call_id, output, .. } => json!({ "role": "tool", "tool_call_id": ids.of(call_id), "content": output }),
    });
    system.into_iter().chain(conversation).collect()
}

fn wanted(call: &ToolCall, ids: &mut Ids) -> Value {
    // The text as the model wrote it when it is an object; else wrapped, because many servers parse it and refuse the whole history.
    let object = serde_json::from_str::<serde_json::Map<String, Value>>(&call.arguments).is_ok();
    let arguments = if object { call.arguments.clone() } else { as_object(&call.arguments).to_string() };
    json!({ "id": ids.of(&call.call_id), "type": "function", "function": { "name": as_name(&call.tool), "arguments": arguments } })
}

/// Ids for the provider: nine letters and digits, the only form that all providers accept (Mistral demands exactly that).
#[derive(Default)]
struct Ids(HashMap<String, usize>);

impl Ids {
    fn of(&mut self, call_id: &str) -> String {
        let next = self.0.len();
        let number = *self.0.entry(call_id.to_owned()).or_insert(next);
        format!("call{number:05}")
    }
}
