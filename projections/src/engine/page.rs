//! Pages of the journal for views that are built: of the streams that concern them, read and decoded while the page before is written.

use std::sync::Arc;

use opensail_eventstore::{Filter, Journal, Position, ReadError, Recorded};
use tokio::task::JoinSet;

use super::{Engine, EngineError, Follower, orders};
use crate::projection::{Decoded, Incoming, Projection};

/// Events applied in one transaction; memory for at most three such pages is held.
pub(super) const PAGE: usize = 4096;

pub(super) struct Page {
    events: Vec<(Recorded, Decoded)>,
    /// Up to here the journal was seen.
    pub(super) seen: Position,
    /// Nothing lay behind it when it was read.
    pub(super) last: bool,
}

impl Page {
    /// The events up to a position.
    pub(super) fn up_to(self, end: Position) -> Page {
        let events = self.events.into_iter().filter(|(event, _)| event.position <= end).collect();
        Page { events, seen: self.seen.min(end), ..self }
    }

    pub(super) fn incoming(&mut self) -> Vec<Incoming<'_>> {
        self.events.iter_mut().map(|(recorded, decoded)| Incoming::with(recorded, std::mem::take(decoded))).collect()
    }
}

/// What is read for some views.
#[derive(Clone)]
pub(super) struct Pages {
    journal: Arc<dyn Journal>,
    filter: Filter,
    /// Whether any of them looks into payloads.
    opened: bool,
}

impl Pages {
    pub(super) async fn read(&self, after: Position) -> Result<Page, ReadError> {
        let page = self.journal.read_all(after, PAGE, &self.filter).await?;
        let last = page.events.len() < PAGE;
        let read = |event: Recorded| {
            let decoded = if self.opened { Incoming::new(&event).into_decoded() } else { Decoded::new() };
            (event, decoded)
        };
        Ok(Page { events: page.events.into_iter().map(read).collect(), seen: page.seen, last })
    }

    /// Begins to read on another thread; what is not waited for is given up.
    pub(super) fn ahead(&self, after: Position) -> JoinSet<Result<Page, ReadError>> {
        let (pages, mut reading) = (self.clone(), JoinSet::new());
        reading.spawn(async move { pages.read(after).await });
        reading
    }
}

pub(super) async fn arrived(mut reading: JoinSet<Result<Page, ReadError>>) -> Result<Page, EngineError> {
    match reading.join_next().await {
        Some(Ok(page)) => Ok(page?),
        Some(Err(panic)) => Err(ReadError::Unavailable(panic.to_string()).into()),
        None => Err(ReadError::Unavailable("nothing was being read".into()).into()),
    }
}

impl Engine {
    pub(super) fn pages(&self, followers: &[Follower]) -> Pages {
        let views: Vec<&dyn Projection> = followers.iter().map(|follower| self.views[follower.view].as_ref()).collect();
        let mut filter = Filter::default();
        if views.iter().all(|view| !view.streams().is_empty()) {
            let own = views.iter().flat_map(|view| view.streams()).copied();
            filter.stream_types = own.chain([orders::STREAMS]).map(str::to_owned).collect();
        }
        Pages { journal: self.tail.journal().clone(), filter, opened: views.iter().any(|view| view.opens()) }
    }
}
