//! How each view stands, as people who administer it want to know.

use std::time::Duration;

use super::generation::{self, State};
use super::{Engine, EngineError};
use opensail_eventstore::Position;

/// A set of tables on its way beside those that are read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rebuilding {
    /// Events applied, and still to be applied.
    pub done: u64,
    pub to_do: u64,
    /// Why it does not go on in this process.
    pub stopped: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct View {
    pub name: &'static str,
    /// Of this program's tables.
    pub version: i64,
    pub position: Position,
    /// Events of the journal that it has not seen, and the age of the oldest of them in seconds.
    pub lag_events: u64,
    pub lag_seconds: u64,
    /// Since when it has not moved, though there was something to see.
    pub still: Duration,
    pub parked: u64,
    /// Whether it is read.
    pub served: bool,
    pub stopped: Option<String>,
    pub rebuilding: Option<Rebuilding>,
    /// Where the tables stand that were read before.
    pub kept: Option<Position>,
}

impl Engine {
    pub(super) async fn overview(&self) -> Result<Vec<View>, EngineError> {
        let lag = self.feed.lag().await?;
        let head = self.tail.journal().head().await?.position;
        let sets = generation::stand(&self.db).await?;
        let mut views = Vec::new();
        for (view, lag) in self.views.iter().zip(lag.projections) {
            let stands = |state| sets.iter().find(|set| set.0 == view.name() && set.1 == state).map(|set| set.2);
            views.push(View {
                name: view.name(),
                version: view.version(),
                position: lag.position,
                lag_events: lag.events,
                lag_seconds: lag.seconds,
                still: lag.still,
                parked: lag.parked,
                served: lag.served,
                stopped: lag.stopped,
                rebuilding: stands(State::Beside).map(|done| Rebuilding {
                    done,
                    to_do: head.saturating_sub(done),
                    stopped: self.feed.why_stopped(view.name()),
                }),
                kept: stands(State::Kept),
            });
        }
        Ok(views)
    }
}
