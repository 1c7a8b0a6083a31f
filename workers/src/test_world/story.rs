//! A session as tests look at it.

use opensail_domain::agent_session::event::ApprovalRequested;
use opensail_domain::agent_session::message::CallOutcome;
use opensail_domain::agent_session::{AgentSession, AgentSessionEvent, Transcript};
use opensail_domain::kernel::Event;

/// What has happened in a session.
pub(crate) struct Story {
    pub(crate) events: Vec<AgentSessionEvent>,
    pub(crate) state: AgentSession,
}

impl Story {
    pub(crate) fn status(&self) -> &'static str {
        self.state.status().map_or("absent", |status| status.as_str())
    }
    /// Without captures, which stand beside the rest in no fixed place.
    pub(crate) fn types(&self) -> Vec<&'static str> {
        let captured = |event: &&AgentSessionEvent| matches!(event, AgentSessionEvent::WorkspaceCaptured(_));
        self.events.iter().filter(|event| !captured(event)).map(|event| event.event_type().trim_start_matches("agent_session.")).collect()
    }
    pub(crate) fn results(&self) -> Vec<(CallOutcome, String)> {
        let completed = self.events.iter().filter_map(|event| match event {
            AgentSessionEvent::ToolCallCompleted(e) => Some((e.outcome, e.output.text().to_owned())),
            _ => None,
        });
        completed.collect()
    }
    pub(crate) fn question(&self) -> Option<&ApprovalRequested> {
        self.events.iter().rev().find_map(|event| match event {
            AgentSessionEvent::ApprovalRequested(e) => Some(e),
            _ => None,
        })
    }
    pub(crate) fn transcript(&self) -> Transcript {
        Transcript::of(&self.events)
    }
}
