//! A session's whole history, opened: for the worker that takes it up, for replay and export.

use opensail_domain::agent_session::{AgentSession, AgentSessionDecider, AgentSessionEvent};
use opensail_domain::kernel::decider::fold;
use opensail_domain::kernel::{Decider, SessionId};
use opensail_eventstore::{Position, Recorded, StreamId};

use crate::{CommandError, Commands};

pub type SessionHistory = (Vec<(Recorded, AgentSessionEvent)>, AgentSession);

impl Commands {
    /// `until`: as it was at this position, whatever came after it. Asks nobody's permission: the caller has done so.
    pub async fn read_session(&self, session_id: SessionId, until: Option<Position>) -> Result<SessionHistory, CommandError> {
        let stream = StreamId::new(AgentSessionDecider::TYPE, session_id);
        let events = self.read_events::<AgentSessionEvent>(&stream, until).await?;
        if events.is_empty() {
            return Err(CommandError::NotFound);
        }
        let state = fold::<AgentSessionDecider>(events.iter().map(|(_, event)| event));
        Ok((events, state))
    }
}
