//! The past of one session with all that was said in it, by folding its one stream. What views show of the past they know themselves
//! ([`Queries::as_of`]).

use std::pin::pin;
use std::sync::Arc;

use futures::TryStreamExt;
use opensail_domain::AnyEvent;
use opensail_domain::agent_session::message::{Message, ToolCall};
use opensail_domain::agent_session::{AgentSessionDecider, AgentSessionEvent, Transcript};
use opensail_domain::kernel::{Decider, DecodeError, SessionId};
use opensail_eventstore::vault::keyring::Keyring;
use opensail_eventstore::{Fact, Position, StreamId, facts};
use serde::Serialize;

use crate::agent_session::{Moment, Session, SessionDetails, Usage};
use crate::recent::{KEPT_BYTES, Step};
use crate::{Queries, QueryError, event_item};

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
    fn apply(&mut self, at: Moment, event: &AgentSessionEvent) {
        self.transcript.apply(event);
        match (&mut self.session, event) {
            (None, AgentSessionEvent::Requested(requested)) => self.session = Some(Session::requested(at, requested)),
            (Some(session), event) => session.apply(at, event),
            (None, _) => {}
        }
    }
}

/// An event as it was read.
struct Opened {
    at: Moment,
    version: u64,
    /// Of the payload.
    bytes: usize,
    /// `None`: none that this fold knows.
    event: Result<Option<AgentSessionEvent>, QueryError>,
}

impl Queries {
    /// The session up to a position, or to its end; `None` when it was not requested yet.
    pub async fn session_at(&self, id: SessionId, until: Option<Position>) -> Result<Option<SessionReplay>, QueryError> {
        let within = |position| until.is_none_or(|until| position <= until);
        if let Some(steps) = self.recent_steps(id).await? {
            let mut fold = Fold::default();
            steps.iter().take_while(|step| within(step.at.position)).for_each(|step| fold.apply(step.at, &step.event));
            return self.replay(fold).await;
        }
        let (stream, mut fold) = (StreamId::new(AgentSessionDecider::TYPE, id), Fold::default());
        let begun = self.recent.begin();
        let mut steps = Some((Vec::new(), 0));
        let (keys, of) = (self.keys.clone(), stream.clone());
        let mut pages = pin!(facts::pages(self.journal.clone(), stream, 0, move |page| opened(keys.clone(), of.clone(), page)));
        while let Some(page) = pages.try_next().await? {
            for Opened { at, version, bytes, event } in page {
                if steps.is_none() && !within(at.position) {
                    return self.replay(fold).await;
                }
                let event = match event {
                    Ok(Some(event)) => event,
                    // Nothing may pass for the whole of it.
                    Ok(None) => {
                        steps = None;
                        continue;
                    }
                    Err(_) if !within(at.position) => return self.replay(fold).await,
                    Err(error) => return Err(error),
                };
                if within(at.position) {
                    fold.apply(at, &event);
                }
                steps = steps.and_then(|(mut steps, before)| {
                    steps.push(Step { at, version, event });
                    (before + bytes <= KEPT_BYTES).then_some((steps, before + bytes))
                });
            }
        }
        if let Some((steps, _)) = steps.filter(|(steps, _)| !steps.is_empty()) {
            self.recent.keep(begun, id, steps);
        }
        self.replay(fold).await
    }

    /// What was read a moment ago, if nothing has come since.
    async fn recent_steps(&self, id: SessionId) -> Result<Option<Arc<Vec<Step>>>, QueryError> {
        let Some(steps) = self.recent.get(id) else { return Ok(None) };
        let Some(last) = steps.last() else { return Ok(None) };
        let stream = StreamId::new(AgentSessionDecider::TYPE, id);
        let since = self.journal.read_facts(&stream, last.version - 1, 2).await?;
        if matches!(&since[..], [same] if Moment::from(same) == last.at) {
            return Ok(Some(steps));
        }
        self.recent.drop(id);
        Ok(None)
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

async fn opened(keys: Arc<Keyring>, stream: StreamId, page: Vec<Fact>) -> Vec<Opened> {
    let mut events = Vec::with_capacity(page.len());
    for fact in page {
        let event = session_event(&keys, &stream, &fact).await;
        events.push(Opened { at: Moment::from(&fact), version: fact.stream_version, bytes: fact.payload.len(), event });
    }
    events
}

async fn session_event(keys: &Keyring, stream: &StreamId, fact: &Fact) -> Result<Option<AgentSessionEvent>, QueryError> {
    let payload = event_item::opened_text(keys, stream, &fact.payload).await?;
    match AnyEvent::read(&fact.event_type, fact.version, &payload) {
        Ok(AnyEvent::AgentSession(event)) => Ok(Some(*event)),
        Ok(_) => Ok(None),
        // What it changed is not known, and nobody is told half of it.
        Err(DecodeError::Unknown { event_type, version }) => Err(QueryError::NewerEvent { event_type, version, position: fact.position }),
        Err(error @ DecodeError::Malformed { .. }) => {
            tracing::error!(%error, position = fact.position, "a replay leaves out an event");
            Ok(None)
        }
    }
}
