//! The past of one session with all that was said in it, by folding its one stream. What views show of the past they know themselves
//! ([`Queries::as_of`]).

use std::sync::Arc;

use opensail_domain::AnyEvent;
use opensail_domain::agent_session::message::{Message, ToolCall};
use opensail_domain::agent_session::{AgentSessionEvent, Transcript};
use opensail_domain::kernel::DecodeError;
use opensail_domain::kernel::SessionId;
use opensail_eventstore::{Position, Recorded, StreamId};
use serde::Serialize;

use crate::agent_session::{Session, SessionDetails, Usage};
use crate::recent::{KEPT_BYTES, Step};
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

/// What was folded so far.
#[derive(Default)]
struct Fold {
    session: Option<Session>,
    transcript: Transcript,
}

impl Fold {
    fn apply(&mut self, recorded: &Recorded, event: &AgentSessionEvent) {
        self.transcript.apply(event);
        match (&mut self.session, event) {
            (None, AgentSessionEvent::Requested(requested)) => self.session = Some(Session::requested(recorded, requested)),
            (Some(session), event) => session.apply(recorded, event),
            (None, _) => {}
        }
    }
}

impl Queries {
    /// The session up to a position, or to its end; `None` when it was not requested yet.
    pub async fn session_at(&self, id: SessionId, until: Option<Position>) -> Result<Option<SessionReplay>, QueryError> {
        let within = |position| until.is_none_or(|until| position <= until);
        if let Some(steps) = self.recent_steps(id).await? {
            let mut fold = Fold::default();
            steps.iter().take_while(|step| within(step.recorded.position)).for_each(|step| fold.apply(&step.recorded, &step.event));
            return self.replay(fold).await;
        }
        let (stream, mut version, mut fold) = (StreamId::new("agent_session", id), 0, Fold::default());
        let begun = self.recent.begin();
        let mut steps = Some((Vec::new(), 0));
        loop {
            let page = self.journal.read_stream(&stream, version, PAGE).await?;
            let last = page.len() < PAGE;
            for mut recorded in page {
                version = recorded.stream_version;
                if steps.is_none() && !within(recorded.position) {
                    return self.replay(fold).await;
                }
                let event = match self.session_event(&recorded).await {
                    Ok(Some(event)) => event,
                    // Nothing may pass for the whole of it.
                    Ok(None) => {
                        steps = None;
                        continue;
                    }
                    Err(_) if !within(recorded.position) => return self.replay(fold).await,
                    Err(error) => return Err(error),
                };
                if within(recorded.position) {
                    fold.apply(&recorded, &event);
                }
                steps = steps.and_then(|(mut steps, bytes)| {
                    let bytes = bytes + std::mem::take(&mut recorded.payload).len();
                    steps.push(Step { recorded, event });
                    (bytes <= KEPT_BYTES).then_some((steps, bytes))
                });
            }
            if last {
                if let Some((steps, _)) = steps.filter(|(steps, _)| !steps.is_empty()) {
                    self.recent.keep(begun, id, steps);
                }
                return self.replay(fold).await;
            }
        }
    }

    /// What was read a moment ago, if nothing has come since.
    async fn recent_steps(&self, id: SessionId) -> Result<Option<Arc<Vec<Step>>>, QueryError> {
        let Some(steps) = self.recent.get(id) else { return Ok(None) };
        let Some(last) = steps.last().map(|step| &step.recorded) else { return Ok(None) };
        let since = self.journal.read_stream(&last.stream, last.stream_version - 1, 2).await?;
        if matches!(&since[..], [same] if same.event_id == last.event_id) {
            return Ok(Some(steps));
        }
        self.recent.drop(id);
        Ok(None)
    }

    async fn session_event(&self, recorded: &Recorded) -> Result<Option<AgentSessionEvent>, QueryError> {
        let payload = event_item::opened_text(&self.keys, recorded).await?;
        match AnyEvent::read(&recorded.event_type, recorded.version, &payload) {
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

    async fn replay(&self, Fold { session, transcript }: Fold) -> Result<Option<SessionReplay>, QueryError> {
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
