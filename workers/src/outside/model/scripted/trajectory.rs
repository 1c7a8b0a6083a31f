//! Trajectory files: JSON lines, one turn each; `#` begins a comment line.
//!
//! `{"text": "…", "tool_calls": [{"name": "…", "arguments": {…}}], "delay_ms": 0, "usage": {"input": 0, "output": 0}}` answers;
//! `{"error": {"status": 429, "retry_after": 1}}` fails as a provider would, after the text if there is one. Arguments given as a text
//! are played as they stand, broken or not.

use std::time::Duration;

use opensail_commands::ports::model::WantedCall;
use opensail_domain::agent_session::message::Tokens;
use serde::Deserialize;
use serde_json::Value;

use super::export;

/// One thing the script does when it is asked.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Step {
    pub(super) text: String,
    pub(super) calls: Vec<WantedCall>,
    pub(super) delay_ms: u64,
    pub(super) tokens: Tokens,
    pub(super) failure: Option<Failure>,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) struct Failure {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    pub(super) message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(default)]
    text: String,
    #[serde(default)]
    tool_calls: Vec<Call>,
    #[serde(default)]
    delay_ms: u64,
    #[serde(default)]
    usage: Tokens,
    error: Option<Failing>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    name: String,
    #[serde(default)]
    arguments: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Failing {
    status: u16,
    /// Seconds.
    retry_after: Option<u32>,
    #[serde(default)]
    message: String,
}

/// Reads a trajectory or an export; errors name `name` and the line.
pub(super) fn parse(bytes: &[u8], name: &str) -> Result<Vec<Step>, String> {
    let lines = lines(bytes, name)?;
    if lines.iter().any(|(_, value)| export::is_event(value)) {
        return export::steps(&lines, name);
    }
    lines.into_iter().map(|(number, value)| step(value).map_err(|e| format!("{name}, line {number}: {e}"))).collect()
}

/// The JSON values with their line numbers, from 1.
fn lines(bytes: &[u8], name: &str) -> Result<Vec<(usize, Value)>, String> {
    let mut values = Vec::new();
    for (line, number) in bytes.split(|byte| *byte == b'\n').zip(1..) {
        let text = std::str::from_utf8(line).map_err(|_| format!("{name}, line {number}: it is not UTF-8"))?;
        let text = text.trim_start_matches('\u{feff}').trim();
        if !text.is_empty() && !text.starts_with('#') {
            values.push((number, serde_json::from_str(text).map_err(|e| format!("{name}, line {number}: {e}"))?));
        }
    }
    Ok(values)
}

fn step(value: Value) -> Result<Step, String> {
    let line: Line = serde_json::from_value(value).map_err(|e| e.to_string())?;
    let failure = match line.error {
        Some(failing) if !(400..600).contains(&failing.status) => {
            return Err(format!("status {} is no error: use 400 to 599", failing.status));
        }
        Some(failing) => Some(Failure {
            status: failing.status,
            retry_after: failing.retry_after.map(|seconds| Duration::from_secs(seconds.into())),
            message: failing.message,
        }),
        None => None,
    };
    let calls = line.tool_calls.into_iter().map(|call| WantedCall { tool: call.name, arguments: text_of(call.arguments) }).collect();
    Ok(Step { text: line.text, calls, delay_ms: line.delay_ms, tokens: line.usage, failure })
}

fn text_of(arguments: Value) -> String {
    match arguments {
        Value::Null => "{}".into(),
        Value::String(text) => text,
        other => other.to_string(),
    }
}
