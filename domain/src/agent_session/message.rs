//! What people, the model and the tools say to each other in a session.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A model's wish to use a tool.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ToolCall {
    /// Unique within the session: `<turn>-<index>`, ours and not the model's.
    pub call_id: String,
    pub tool: String,
    /// The arguments exactly as the model wrote them: JSON text, which may be broken.
    pub arguments: String,
}

/// One answer of the model.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    pub text: String,
    pub tool_calls: Vec<ToolCall>,
}

/// One entry of the conversation, in the order the model sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum Message {
    User { text: String },
    Assistant(Answer),
    Tool { call_id: String, tool: String, outcome: CallOutcome, output: String },
}

/// Tokens of one or many model calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Tokens {
    pub input: u64,
    pub output: u64,
    /// Part of `input` that the provider read from its cache.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cached: u64,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// How a tool call ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallOutcome {
    Ok,
    /// The tool ran and failed; the output says why.
    Failed,
    /// Unknown tool, arguments that are no JSON or do not fit: nothing was done.
    Invalid,
    /// A person or the edit mode said no: nothing was done.
    Denied,
    TimedOut,
    Cancelled,
    /// The server stopped while it ran; it may have had effects and is not run again.
    Interrupted,
}
