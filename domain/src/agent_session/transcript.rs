//! The conversation of a session, folded from its events alone: what the model is shown, and what a replay shows.

use serde::{Deserialize, Serialize};

use super::event::AgentSessionEvent;
use super::message::{CallOutcome, Message, ToolCall};
use crate::kernel::private::FORGOTTEN;

/// What a tool call that never ran says to the model.
const NOT_RUN: &str = "not run: the session was stopped before this call";
const UNDONE: &str = "not run: a person took the session back to before this call";
const LEFT: &str = "not run: this session was forked off before this call";

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Transcript {
    pub messages: Vec<Message>,
    /// Calls of the last answer without a result yet, in order.
    pub pending: Vec<ToolCall>,
    /// What people said while calls were pending; the model sees it after their results.
    held: Vec<Message>,
    /// Events that were applied: the version of the stream.
    version: u64,
    /// Where the conversation stood at the versions that changed it.
    marks: Vec<Mark>,
    /// What undos took away, so that they can be undone.
    cuts: Vec<Cut>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Mark {
    version: u64,
    /// Undos until then.
    cuts: usize,
    messages: usize,
    held: Vec<Message>,
}

/// From `from` on the conversation had this tail before.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Cut {
    from: usize,
    tail: Vec<Message>,
}

impl Transcript {
    pub fn of<'a>(events: impl IntoIterator<Item = &'a AgentSessionEvent>) -> Self {
        let mut transcript = Transcript::default();
        for event in events {
            transcript.apply(event);
        }
        transcript
    }

    /// The conversation as another session takes it over: calls without a result told as not run, nothing pending.
    pub fn into_conversation(mut self) -> Vec<Message> {
        self.close(LEFT);
        self.messages
    }

    pub fn apply(&mut self, event: &AgentSessionEvent) {
        self.version += 1;
        let (messages, held) = (self.messages.len(), self.held.len());
        self.take_in(event);
        let undone = matches!(event, AgentSessionEvent::Undone(_) | AgentSessionEvent::Forked(_));
        if undone || (messages, held) != (self.messages.len(), self.held.len()) {
            let (version, cuts, messages, held) = (self.version, self.cuts.len(), self.messages.len(), self.held.clone());
            self.marks.push(Mark { version, cuts, messages, held });
        }
    }

    fn take_in(&mut self, event: &AgentSessionEvent) {
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
                self.close(NOT_RUN);
            }
            E::Undone(e) => self.go_back(e.to),
            E::Forked(e) => match e.conversation.value() {
                Some(conversation) => self.messages = conversation.clone(),
                None => self.messages = vec![Message::User { text: FORGOTTEN.into() }],
            },
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
            | E::Forgotten(_)
            | E::WorkspaceCaptured(_)
            | E::CaptureFailed(_)
            | E::UndoStarted(_)
            | E::MergeStarted(_)
            | E::Merged(_)
            | E::ForkMergeStarted(_)
            | E::ForkMerged(_)
            | E::WorkspaceDiscarded(_)
            | E::SnapshotNamed(_)
            | E::SnapshotsReleased(_) => {}
        }
    }

    /// Ends what is pending with these words.
    fn close(&mut self, why: &str) {
        for call in std::mem::take(&mut self.pending) {
            self.messages.push(Message::Tool {
                call_id: call.call_id,
                tool: call.tool,
                outcome: CallOutcome::Cancelled,
                output: why.into(),
            });
        }
        self.release();
    }

    /// To what was said at a version, also one that an earlier undo took away.
    fn go_back(&mut self, to: u64) {
        let Some(mark) = self.marks.iter().rev().find(|mark| mark.version <= to).cloned() else { return };
        let mut then = self.messages.clone();
        let mut common = then.len();
        // Each undo since is taken back, the last first.
        for cut in self.cuts[mark.cuts..].iter().rev() {
            common = common.min(cut.from);
            then.truncate(cut.from);
            then.extend_from_slice(&cut.tail);
        }
        then.truncate(mark.messages);
        common = common.min(then.len());
        let tail = self.messages.split_off(common);
        self.messages.extend_from_slice(&then[common..]);
        self.cuts.push(Cut { from: common, tail });
        self.held = mark.held;
        self.pending = unanswered(&self.messages);
        self.close(UNDONE);
    }

    fn release(&mut self) {
        if self.pending.is_empty() {
            self.messages.append(&mut self.held);
        }
    }
}

/// Calls of the last answer that have no result after it, in order.
fn unanswered(messages: &[Message]) -> Vec<ToolCall> {
    let mut done = Vec::new();
    for message in messages.iter().rev() {
        match message {
            Message::Tool { call_id, .. } => done.push(call_id),
            Message::User { .. } => return Vec::new(),
            Message::Assistant(answer) => return answer.tool_calls.iter().filter(|call| !done.contains(&&call.call_id)).cloned().collect(),
        }
    }
    Vec::new()
}
