//! A session as an ATIF-v1.4 trajectory, folded from its events.

use opensail_domain::agent_session::AgentSessionEvent;
use opensail_domain::agent_session::message::{Answer, Message, Tokens, ToolCall};
use opensail_domain::kernel::Micros;
use opensail_domain::kernel::private::FORGOTTEN;
use serde::Serialize;
use serde_json::{Value, json};

use crate::time::rfc3339;

const SCHEMA: &str = "ATIF-v1.4";

#[derive(Serialize, Debug)]
pub(crate) struct Trajectory {
    schema_version: &'static str,
    session_id: String,
    agent: Agent,
    steps: Vec<Step>,
    final_metrics: FinalMetrics,
}

#[derive(Serialize, Debug)]
struct Agent {
    name: &'static str,
    version: &'static str,
    model_name: String,
}

#[derive(Serialize, Debug)]
struct Step {
    /// 1 for the first.
    step_id: u64,
    timestamp: String,
    /// `system`, `user` or `agent`
    source: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    model_name: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Call>,
    #[serde(skip_serializing_if = "Option::is_none")]
    observation: Option<Observation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<Metrics>,
}

#[derive(Serialize, Debug)]
struct Call {
    tool_call_id: String,
    function_name: String,
    arguments: Value,
}

#[derive(Serialize, Debug, Default)]
struct Observation {
    results: Vec<ObservedResult>,
}

#[derive(Serialize, Debug)]
struct ObservedResult {
    source_call_id: String,
    content: String,
}

#[derive(Serialize, Debug)]
struct Metrics {
    prompt_tokens: u64,
    completion_tokens: u64,
    cached_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost_usd: Option<f64>,
}

#[derive(Serialize, Debug, Default)]
struct FinalMetrics {
    total_prompt_tokens: u64,
    total_completion_tokens: u64,
    total_cached_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_cost_usd: Option<f64>,
    total_steps: u64,
}

/// Builds the trajectory of one session from its events with their times, in order.
pub(crate) fn trajectory<'a>(session_id: String, events: impl IntoIterator<Item = (Micros, &'a AgentSessionEvent)>) -> Trajectory {
    let agent = Agent { name: "opensail", version: env!("CARGO_PKG_VERSION"), model_name: String::new() };
    let mut made = Trajectory { schema_version: SCHEMA, session_id, agent, steps: Vec::new(), final_metrics: FinalMetrics::default() };
    let (mut tokens, mut micro_usd) = (Tokens::default(), None);
    for (time, event) in events {
        match event {
            AgentSessionEvent::Requested(e) => {
                made.agent.model_name = e.model.clone();
                made.push(time, "user", e.task.text().into());
            }
            AgentSessionEvent::MessageAdded(e) => {
                made.push(time, "user", e.text.text().into());
            }
            AgentSessionEvent::TurnCompleted(e) => {
                let answer = e.answer.value().cloned().unwrap_or_else(|| forgotten(e));
                let cost_usd = e.micro_usd.map(usd);
                let step = made.push(time, "agent", answer.text);
                step.model_name = Some(e.model.clone());
                step.tool_calls = answer.tool_calls.into_iter().map(call).collect();
                let (prompt_tokens, completion_tokens, cached_tokens) = (e.tokens.input, e.tokens.output, e.tokens.cached);
                step.metrics = Some(Metrics { prompt_tokens, completion_tokens, cached_tokens, cost_usd });
                tokens.input += e.tokens.input;
                tokens.output += e.tokens.output;
                tokens.cached += e.tokens.cached;
                if let Some(spent) = e.micro_usd {
                    *micro_usd.get_or_insert(0) += spent;
                }
            }
            AgentSessionEvent::ToolCallCompleted(e) => made.observe(&e.call_id, e.output.text()),
            // The task is the first message of what was taken over.
            AgentSessionEvent::Forked(e) => {
                made.steps.clear();
                for message in e.conversation.value().into_iter().flatten() {
                    made.take_over(time, message);
                }
            }
            AgentSessionEvent::Undone(_) => {
                made.push(time, "system", "a person took the session back to an earlier step".into());
            }
            AgentSessionEvent::ForkMerged(e) => {
                made.push(time, "system", format!("the files of the fork {} were merged in", e.fork));
            }
            AgentSessionEvent::Failed(e) => {
                made.push(time, "system", format!("failed: {}: {}", e.reason, e.detail.text()));
            }
            AgentSessionEvent::LimitReached(e) => {
                made.push(time, "system", format!("limit reached: {}", e.limit.as_str()));
            }
            AgentSessionEvent::Cancelled(_) => {
                made.push(time, "system", "cancelled".into());
            }
            AgentSessionEvent::RunStarted(_)
            | AgentSessionEvent::TurnStarted(_)
            | AgentSessionEvent::TurnFailed(_)
            | AgentSessionEvent::ApprovalRequested(_)
            | AgentSessionEvent::ApprovalAnswered(_)
            | AgentSessionEvent::ApprovalTimedOut(_)
            | AgentSessionEvent::ToolCallStarted(_)
            | AgentSessionEvent::Requeued(_)
            | AgentSessionEvent::Paused(_)
            | AgentSessionEvent::Resumed(_)
            | AgentSessionEvent::CancelRequested(_)
            | AgentSessionEvent::Forgotten(_)
            | AgentSessionEvent::Completed(_)
            | AgentSessionEvent::WorkspaceCaptured(_)
            | AgentSessionEvent::CaptureFailed(_)
            | AgentSessionEvent::UndoStarted(_)
            | AgentSessionEvent::MergeStarted(_)
            | AgentSessionEvent::Merged(_)
            | AgentSessionEvent::ForkMergeStarted(_)
            | AgentSessionEvent::WorkspaceDiscarded(_)
            | AgentSessionEvent::SnapshotNamed(_)
            | AgentSessionEvent::SnapshotsReleased(_) => {}
        }
    }
    made.final_metrics = FinalMetrics {
        total_prompt_tokens: tokens.input,
        total_completion_tokens: tokens.output,
        total_cached_tokens: tokens.cached,
        total_cost_usd: micro_usd.map(usd),
        total_steps: made.steps.len() as u64,
    };
    made
}

impl Trajectory {
    fn observe(&mut self, call_id: &str, output: &str) {
        let of_call = |step: &&mut Step| step.tool_calls.iter().any(|call| call.tool_call_id == call_id);
        if let Some(step) = self.steps.iter_mut().rev().find(of_call) {
            let result = ObservedResult { source_call_id: call_id.into(), content: output.into() };
            step.observation.get_or_insert_default().results.push(result);
        }
    }

    fn take_over(&mut self, time: Micros, message: &Message) {
        match message {
            Message::User { text } => {
                self.push(time, "user", text.clone());
            }
            Message::Assistant(answer) => {
                self.push(time, "agent", answer.text.clone()).tool_calls = answer.tool_calls.iter().cloned().map(call).collect();
            }
            Message::Tool { call_id, output, .. } => self.observe(call_id, output),
        }
    }

    fn push(&mut self, time: Micros, source: &'static str, message: String) -> &mut Step {
        let step_id = self.steps.len() as u64 + 1;
        let timestamp = rfc3339(time);
        let step = Step { step_id, timestamp, source, message, model_name: None, tool_calls: Vec::new(), observation: None, metrics: None };
        self.steps.push(step);
        self.steps.last_mut().expect("a step was pushed just now")
    }
}

fn forgotten(e: &opensail_domain::agent_session::event::TurnCompleted) -> Answer {
    let call = |call: &opensail_domain::agent_session::event::CallName| ToolCall {
        call_id: call.call_id.clone(),
        tool: call.tool.clone(),
        arguments: "{}".into(),
    };
    Answer { text: FORGOTTEN.into(), tool_calls: e.calls.iter().map(call).collect() }
}

/// ATIF wants an object; what the model wrote may be no JSON at all.
fn call(call: ToolCall) -> Call {
    let arguments = match serde_json::from_str::<Value>(&call.arguments) {
        Ok(object @ Value::Object(_)) => object,
        _ => json!({ "raw": call.arguments }),
    };
    Call { tool_call_id: call.call_id, function_name: call.tool, arguments }
}

fn usd(micro_usd: u64) -> f64 {
    micro_usd as f64 / 1_000_000.0
}
