//! The past of one session with all that was said in it, by folding its one stream. What views show of the past they know themselves
//! ([`Queries::as_of`]).

use opensail_domain::AnyEvent;
use opensail_domain::agent_session::AgentSessionEvent;
use opensail_domain::agent_session::Transcript;
use opensail_domain::agent_session::message::{Message, ToolCall};
use opensail_domain::kernel::DecodeError;
use opensail_domain::kernel::SessionId;
use opensail_eventstore::{Position, Recorded, StreamId};
use serde::Serialize;

use crate::agent_session::{Session, SessionDetails, Usage};
use crate::{Queries, QueryError, event_item};

/// Events read at once.
const PAGE: usize = 500;

/// A session with everything that was said in it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SessionReplay {
    pub session: SessionDetails,
    pub messages: Vec<Message>,
    /// Calls of the last answer without a result yet, in order.
    pub pending: Vec<ToolCall>,
    pub usage: Usage,
    /// Of the last event in it.
    pub position: Position,
}

impl Queries {
    /// The session up to a position, or to its end; `None` when it was not requested yet.
    pub async fn session_at(&self, id: SessionId, until: Option<Position>) -> Result<Option<SessionReplay>, QueryError> {
        let stream = StreamId::new("agent_session", id);
        let mut transcript = Transcript::default();
        let mut session: Option<Session> = None;
        let mut version = 0;
        loop {
            let page = self.journal.read_stream(&stream, version, PAGE).await?;
            let last = page.len() < PAGE;
            for recorded in &page {
                version = recorded.stream_version;
                if until.is_some_and(|until| recorded.position > until) {
                    return self.replay(session, transcript).await;
                }
                let Some(event) = self.session_event(recorded).await? else { continue };
                transcript.apply(&event);
                match (&mut session, &event) {
                    (None, AgentSessionEvent::Requested(requested)) => session = Some(Session::requested(recorded, requested)),
                    (Some(session), event) => session.apply(recorded, event),
                    (None, _) => {}
                }
            }
            if last {
                return self.replay(session, transcript).await;
            }
        }
    }

    async fn session_event(&self, recorded: &Recorded) -> Result<Option<AgentSessionEvent>, QueryError> {
        let payload = event_item::opened(&self.keys, recorded).await?;
        match AnyEvent::decode(&recorded.event_type, recorded.version, payload) {
            Ok(AnyEvent::AgentSession(event)) => Ok(Some(*event)),
            Ok(_) => Ok(None),
            // What it changed is not known, and nobody is told half of it.
            Err(DecodeError::Unknown { event_type, version }) => {
                Err(QueryError::NewerEvent { event_type, version, position: recorded.position })
            }
            Err(error @ DecodeError::Malformed { .. }) => {
                tracing::error!(%error, position = recorded.position, "a replay leaves out an event");
                Ok(None)
            }
        }
    }

    async fn replay(&self, session: Option<Session>, transcript: Transcript) -> Result<Option<SessionReplay>, QueryError> {
        let Some(session) = session else { return Ok(None) };
        let details = session.details(&self.keys).await?;
        Ok(Some(SessionReplay {
            usage: details.usage,
            position: details.position,
            session: details,
            messages: transcript.messages,
            pending: transcript.pending,
        }))
    }
}
