//! From the journal to a state: what came after the cached version, made new, opened, folded.

use std::fmt::Display;
use std::pin::pin;
use std::sync::Arc;

use futures::{Stream, StreamExt, TryStreamExt};
use opensail_domain::kernel::{Decider, Event};
use opensail_eventstore::{Fact, Position, Recorded, StreamId, facts, private};
use serde_json::Value;

use crate::{CommandError, Commands};

/// Events read from a stream at once.
const PAGE: usize = 500;

/// A state, and the version of the stream it is the fold of.
pub(crate) struct Loaded<D: Decider> {
    pub(crate) stream: StreamId,
    pub(crate) version: u64,
    pub(crate) state: Arc<D::State>,
    /// The journal was not asked, so it may be behind.
    pub(crate) from_cache: bool,
}

impl Commands {
    /// The present state; with `fresh` the journal is asked for what came after the cached one.
    pub(crate) async fn load<D: Decider>(&self, id: impl Display, fresh: bool) -> Result<Loaded<D>, CommandError> {
        let stream = StreamId::new(D::TYPE, id);
        let cached = self.cache().get::<D::State>(&stream);
        if let (Some((version, state)), false) = (&cached, fresh) {
            return Ok(Loaded { stream, version: *version, state: Arc::clone(state), from_cache: true });
        }
        let (mut version, mut state) = cached.unwrap_or_default();
        let mut pages = pin!(self.events_after::<D::Event>(&stream, version));
        while let Some(page) = pages.try_next().await? {
            for (after, event) in page {
                D::evolve(Arc::make_mut(&mut state), &event);
                version = after;
            }
        }
        if version > 0 {
            self.cache().put(&stream, version, Arc::clone(&state));
        }
        Ok(Loaded { stream, version, state, from_cache: false })
    }

    /// An event of a known room, its private fields open or forgotten.
    pub(crate) async fn decode<E: Event>(&self, recorded: &Recorded) -> Result<E, CommandError> {
        let payload = private::open_text(self.keyring(), &recorded.payload).await?;
        let event = E::read(&recorded.event_type, recorded.version, &payload);
        event.map_err(|error| CommandError::unreadable(&recorded.stream, recorded.position, &error))
    }

    /// A stream's events after a version with their own versions, page by page, private fields open or forgotten.
    pub fn events_after<E: Event>(
        &self,
        stream: &StreamId,
        version: u64,
    ) -> impl Stream<Item = Result<Vec<(u64, E)>, CommandError>> + Send + use<E> {
        let (commands, of) = (self.clone(), stream.clone());
        let opened = move |page| opened(commands.clone(), of.clone(), page);
        facts::pages(self.journal().clone(), stream.clone(), version, opened).map(|page| page?)
    }

    /// The payload with its private fields open (`$open`) or forgotten.
    pub(crate) async fn opened_payload(&self, recorded: &Recorded) -> Result<Value, CommandError> {
        let broken = |error| CommandError::broken(format!("event at position {}: {error}", recorded.position));
        let sealed: Value = serde_json::from_str(&recorded.payload).map_err(broken)?;
        Ok(private::open(self.keyring(), sealed).await?)
    }

    /// All events of a stream, opened; `until`: those up to this position, whatever came after them.
    pub(crate) async fn read_events<E: Event>(
        &self,
        stream: &StreamId,
        until: Option<Position>,
    ) -> Result<Vec<(Recorded, E)>, CommandError> {
        let (mut events, mut after) = (Vec::new(), 0);
        loop {
            let page = self.journal().read_stream(stream, after, PAGE).await?;
            let full = page.len() == PAGE;
            for recorded in page {
                if until.is_some_and(|until| recorded.position > until) {
                    return Ok(events);
                }
                after = recorded.stream_version;
                let event = self.decode(&recorded).await?;
                events.push((recorded, event));
            }
            if !full {
                return Ok(events);
            }
        }
    }
}

async fn opened<E: Event>(commands: Commands, stream: StreamId, page: Vec<Fact>) -> Result<Vec<(u64, E)>, CommandError> {
    let mut events = Vec::with_capacity(page.len());
    for fact in page {
        let payload = private::open_text(commands.keyring(), &fact.payload).await?;
        let event = E::read(&fact.event_type, fact.version, &payload);
        events.push((fact.stream_version, event.map_err(|error| CommandError::unreadable(&stream, fact.position, &error))?));
    }
    Ok(events)
}
