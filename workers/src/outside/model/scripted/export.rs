//! The export of a session played as a script: its answers, in order. Failed attempts are left out, as nobody wants them back.

use opensail_commands::ports::model::WantedCall;
use opensail_domain::agent_session::message::{Answer, Tokens};
use serde::Deserialize;
use serde_json::Value;

use super::trajectory::Step;

const ANSWERED: &str = "agent_session.turn_completed";

#[derive(Deserialize)]
struct Answered {
    answer: Answer,
    #[serde(default)]
    tokens: Tokens,
}

/// Whether a line is an event item, as only exports hold.
pub(super) fn is_event(value: &Value) -> bool {
    value.get("type").is_some_and(Value::is_string) && value.get("data").is_some_and(Value::is_object)
}

pub(super) fn steps(lines: &[(usize, Value)], name: &str) -> Result<Vec<Step>, String> {
    lines
        .iter()
        .filter(|(_, value)| value["type"] == ANSWERED && is_event(value))
        .map(|(number, value)| step(&value["data"], *number, name))
        .collect()
}

fn step(data: &Value, number: usize, name: &str) -> Result<Step, String> {
    let answered = Answered::deserialize(data)
        .map_err(|e| format!("{name}, line {number}: the answer cannot be played; is it sealed or forgotten? ({e})"))?;
    let calls = answered.answer.tool_calls.into_iter().map(|call| WantedCall { tool: call.tool, arguments: call.arguments }).collect();
    Ok(Step { text: answered.answer.text, calls, tokens: answered.tokens, ..Step::default() })
}
