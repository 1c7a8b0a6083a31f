//! The conversation of a session, folded from its events alone: what the model is shown, and what a replay shows.

use serde::{Deserialize, Serialize};

use super::event::AgentSessionEvent;
use super::message::{CallOutcome, Message, ToolCall};
use crate::kernel::private::FORGOTTEN;

/// What a tool call that never ran says to the model.
const NOT_RUN: &str = "not run: the session was stopped before this call";

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Transcript {
    pub messages: Vec<Message>,
    /// Calls of the last answer without a result yet, in order.
    pub pending: Vec<ToolCall>,
    /// What people said while calls were pending; the model sees it after their results.
    held: Vec<Message>,
}

impl Transcript {
    pub fn of<'a>(events: impl IntoIterator<Item = &'a AgentSessionEvent>) -> Self {
        let mut transcript = Transcript::default();
        for event in events {
            transcript.apply(event);
        }
        transcript
    }

    pub fn apply(&mut self, event: &AgentSessionEvent) {
        use AgentSessionEvent as E;
        match event {
            E::Requested(e) => self.messages.push(Message::User { text: e.task.text().into() }),
            E::MessageAdded(e) => {
                let message = Message::User { text: e.text.text().into() };
                if self.pending.is_empty() { self.messages.push(message) } else { self.held.push(message) }
            }
            E::TurnCompleted(e) => {
                let answer = e.answer.value().cloned().unwrap_or_else(|| super::message::Answer {
                    text: FORGOTTEN.into(),
                    tool_calls: e
                        .calls
                        .iter()
                        .map(|call| ToolCall { call_id: call.call_id.clone(), tool: call.tool.clone(), arguments: "{}".into() })
                        .collect(),
                });
                self.pending = answer.tool_calls.clone();
                self.messages.push(Message::Assistant(answer));
            }
            E::ToolCallCompleted(e) => {
                self.pending.retain(|call| call.call_id != e.call_id);
                self.messages.push(Message::Tool {
                    call_id: e.call_id.clone(),
                    tool: e.tool.clone(),
                    outcome: e.outcome,
                    output: e.output.text().into(),
                });
                self.release();
            }
            E::Completed(_) | E::Failed(_) | E::Cancelled(_) | E::LimitReached(_) => {
                for call in std::mem::take(&mut self.pending) {
                    self.messages.push(Message::Tool {
                        call_id: call.call_id,
                        tool: call.tool,
                        outcome: CallOutcome::Cancelled,
                        output: NOT_RUN.into(),
                    });
                }
                self.release();
            }
            E::RunStarted(_)
            | E::TurnStarted(_)
            | E::TurnFailed(_)
            | E::ApprovalRequested(_)
            | E::ApprovalAnswered(_)
            | E::ApprovalTimedOut(_)
            | E::ToolCallStarted(_)
            | E::Requeued(_)
            | E::Paused(_)
            | E::Resumed(_)
            | E::CancelRequested(_)
            | E::Forgotten(_) => {}
        }
    }

    fn release(&mut self) {
        if self.pending.is_empty() {
            self.messages.append(&mut self.held);
        }
    }
}
