//! Keeps the views: follows the journal and changes their rows, one transaction per batch with all checkpoints in it.
//!
//! - Several processes may run it over one database: they take turns, and each finds by the checkpoints what is left to do.
//! - An event that cannot be applied parks its stream for that projection; the others, and other streams, flow. What becomes of it people order
//!   (`orders.rs`).
//! - An event type of a newer program stops the projections that it concerns, with a message, and nothing else.
//! - A projection whose version changed, whose checkpoint lies beyond the journal's end or is of another epoch is built anew, beside what
//!   stands there; questions to it are refused until then, all others are answered.
//! - A rebuild that was asked for goes on beside the view, which is kept and read meanwhile; what it replaced is kept for a way back.

mod aside;
mod checkpoint;
mod follow;
mod generation;
mod orders;
mod overview;
mod page;
mod parked;
mod prepare;
mod rebuild;
mod step;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use opensail_eventstore::subscription::Tail;
use opensail_eventstore::{Position, ReadError};
use tokio::sync::Notify;
use tokio::task::JoinSet;

pub use overview::{Rebuilding, View};
pub use parked::ParkedStream;

use crate::db::{Db, Names};
use crate::feed::{Feed, Standing};
use crate::projection::{self, Projection, Trouble};
use generation::State;
#[cfg(test)]
pub(crate) use step::apply_all;

/// How long [`Projections::start`] waits for the views to catch up before it lets requests in.
pub const CATCH_UP_AT_START: Duration = Duration::from_secs(5);

#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("the views' database: {0}")]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Journal(#[from] ReadError),
    #[error("there is no projection {0:?}")]
    NoProjection(String),
    #[error("{projection}: {why}")]
    NoWayBack { projection: String, why: &'static str },
}

impl From<Trouble> for EngineError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Database(error) => EngineError::Database(error),
            Trouble::Journal(error) => EngineError::Journal(error),
        }
    }
}

/// The running engine; ends when the last clone is dropped.
#[derive(Clone)]
pub struct Projections {
    engine: Arc<Engine>,
    _task: Arc<JoinSet<()>>,
}

struct Engine {
    db: Db,
    tail: Tail,
    feed: Feed,
    views: Vec<Box<dyn Projection>>,
    /// Makes the running loop look at the checkpoints again.
    rouse: Notify,
    /// Makes the rebuilder look for work.
    wanted: Notify,
}

/// Tables of a view: those that are read, or others under names of their own.
#[derive(Clone, Debug)]
struct Set {
    /// Under which its checkpoint and its parked streams are.
    key: String,
    /// `None`: the plain ones.
    names: Option<Names>,
}

/// How one projection of this process stands.
#[derive(Clone, Debug)]
struct Follower {
    /// Its place in `Engine::views`.
    view: usize,
    set: Set,
    position: Position,
    parked: u64,
    stopped: Option<String>,
    /// Whether its tables can be read.
    served: bool,
    /// Events that do not count for it.
    skipped: orders::Skipped,
}

impl Follower {
    fn follows(&self) -> bool {
        self.stopped.is_none() && (self.served || self.set.names.is_some())
    }
}

impl Projections {
    /// Makes or rebuilds tables as needed, begins to follow, and waits a little for the views to catch up. A long rebuild goes on
    /// behind it, visible in [`Feed::lag`].
    pub async fn start(db: Db, tail: Tail) -> Result<Projections, EngineError> {
        Self::start_with(db, tail, projection::all()).await
    }

    async fn start_with(db: Db, tail: Tail, views: Vec<Box<dyn Projection>>) -> Result<Projections, EngineError> {
        let feed = Feed::new(tail.clone());
        let engine = Arc::new(Engine { db, tail, feed, views, rouse: Notify::new(), wanted: Notify::new() });
        let followers = engine.prepare().await?;
        engine.retry_all(&followers).await?;
        let end = engine.tail.journal().head().await?.position;
        let mut task = JoinSet::new();
        task.spawn(follow::keep_running(engine.clone()));
        let builder = engine.clone();
        task.spawn(async move { builder.keep_rebuilding().await });
        // Late is no failure: the lag says so.
        let _ = engine.feed.settle(end, CATCH_UP_AT_START).await;
        Ok(Projections { engine, _task: Arc::new(task) })
    }

    pub fn feed(&self) -> &Feed {
        &self.engine.feed
    }

    /// Names of all projections.
    pub fn names(&self) -> Vec<&'static str> {
        self.engine.views.iter().map(|view| view.name()).collect()
    }

    /// Begins to build a projection's tables anew, beside those that are read; one that is under way goes on.
    pub async fn rebuild(&self, projection: &str) -> Result<(), EngineError> {
        let view = self.engine.view(projection)?;
        let mut tx = self.engine.db.begin().await?;
        let head = self.engine.tail.journal().head().await?;
        prepare::begin_beside(&mut tx, view, head).await?;
        tx.commit().await?;
        tracing::info!(projection, "the view is built anew beside the one that is read");
        self.engine.wanted.notify_one();
        Ok(())
    }

    /// Goes back to the tables that were read before the last switch: they are brought up to date, then switched to.
    pub async fn roll_back(&self, projection: &str) -> Result<(), EngineError> {
        let view = self.engine.view(projection)?;
        let mut tx = self.engine.db.begin().await?;
        let refused = |why| EngineError::NoWayBack { projection: projection.into(), why };
        if generation::find(&mut tx, projection, State::Beside).await?.is_some() {
            return Err(refused("another set of tables is being built; wait for it"));
        }
        let kept = generation::find(&mut tx, projection, State::Kept).await?.ok_or_else(|| refused("no earlier tables are kept"))?;
        let stands = checkpoint::one(&mut tx, &kept.key()).await?;
        let head = self.engine.tail.journal().head().await?;
        if stands.as_ref().is_none_or(|stands| stands.version != view.version()) {
            return Err(refused("the earlier tables are of another version of the program; start that one"));
        }
        if !matches!(prepare::judge(stands.as_ref(), view.version(), head), prepare::Tables::Good) {
            return Err(refused("the earlier tables are of another state of the journal"));
        }
        generation::take_up(&mut tx, &kept).await?;
        tx.commit().await?;
        tracing::info!(projection, "the view goes back to its earlier tables");
        self.engine.wanted.notify_one();
        Ok(())
    }

    /// Lets go of the tables that were read before the last switch; harmless when there are none.
    pub async fn drop_old(&self, projection: &str) -> Result<(), EngineError> {
        self.engine.view(projection)?;
        let mut tx = self.engine.db.begin().await?;
        if let Some(kept) = generation::find(&mut tx, projection, State::Kept).await? {
            generation::drop_set(&mut tx, &kept).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// How each view stands, from the database: also what other processes do.
    pub async fn overview(&self) -> Result<Vec<View>, EngineError> {
        self.engine.overview().await
    }

    /// Every stream that is set aside, in the tables that are read and in those that are being built.
    pub async fn parked(&self) -> Result<Vec<ParkedStream>, EngineError> {
        self.engine.parked().await
    }

    /// Whether a projection has set a stream aside at this very event.
    pub async fn is_parked(&self, projection: &str, stream: &str, position: Position) -> Result<bool, EngineError> {
        self.engine.view(projection)?;
        let all = parked::list(&self.engine.db).await?;
        Ok(all.iter().any(|parked| (parked.projection.as_str(), parked.stream.as_str(), parked.position) == (projection, stream, position)))
    }
}

impl Engine {
    fn view(&self, name: &str) -> Result<&dyn Projection, EngineError> {
        let found = self.views.iter().find(|view| view.name() == name);
        found.map(Box::as_ref).ok_or_else(|| EngineError::NoProjection(name.into()))
    }

    async fn publish(&self, followers: &[Follower]) -> Result<(), EngineError> {
        self.tell_aside(followers).await?;
        let standing = |follower: &Follower| Standing {
            projection: self.views[follower.view].name(),
            position: follower.position,
            parked: follower.parked,
            stopped: follower.stopped.clone(),
            served: follower.served,
        };
        let stands = |follower: &Follower| {
            let view = self.views[follower.view].as_ref();
            let (name, position) = (view.name(), follower.position);
            view.tables().iter().map(move |table| (table.name, (name, position)))
        };
        self.db.stop(followers.iter().filter(|follower| follower.stopped.is_some()).flat_map(stands).collect());
        self.feed.publish(followers.iter().map(standing).collect());
        Ok(())
    }
}
