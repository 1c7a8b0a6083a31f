//! Wakes readers when views have moved, and says how far they are.
//!
//! Only a hint travels here: a reader that was woken asks the views, whose rows and checkpoint moved together.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use opensail_eventstore::subscription::Tail;
use opensail_eventstore::{Position, ReadError};
use tokio::sync::watch;
use tokio::time::timeout;

/// How long a read waits for the views to reach a position.
pub const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// The views have not come as far as the caller wants.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[error("the views are at position {reached}, not yet at {wanted}")]
pub struct Behind {
    pub wanted: Position,
    pub reached: Position,
}

/// How one projection stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProjectionLag {
    pub projection: &'static str,
    pub position: Position,
    /// Events of the journal that it has not seen.
    pub events: u64,
    /// Age of the oldest of them.
    pub seconds: u64,
    /// Since when it has not moved, though there was something to see.
    pub still: Duration,
    /// Streams it has set aside because an event of theirs could not be applied.
    pub parked: u64,
    /// Why it does not go on, e.g. an event of a newer program.
    pub stopped: Option<String>,
    /// Whether it is read; not while what stands there is of another version of the program or of another journal.
    pub served: bool,
}

/// Whether the views can be relied on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lag {
    pub projections: Vec<ProjectionLag>,
    /// What keeps all of them from going on just now; it is tried again.
    pub failing: Option<String>,
}

impl Lag {
    /// True when every projection goes on and none is more than `events` behind.
    pub fn ready(&self, events: u64) -> bool {
        self.failing.is_none() && self.projections.iter().all(|lag| lag.stopped.is_none() && lag.events <= events)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) projection: &'static str,
    pub(crate) position: Position,
    pub(crate) parked: u64,
    pub(crate) stopped: Option<String>,
    pub(crate) served: bool,
}

#[derive(Clone, Debug, Default)]
struct Standings {
    projections: Vec<Standing>,
    failing: Option<String>,
    /// Why the rebuild of a view does not go on.
    rebuilds: BTreeMap<&'static str, String>,
    /// When each was first seen where it is.
    arrived: BTreeMap<&'static str, (Position, Instant)>,
}

impl Standings {
    /// What every view that is read and goes on has reached. Questions to the others are refused, so nobody waits for them; `None`: to all of them.
    fn reached(&self) -> Option<Position> {
        let going = self.projections.iter().filter(|standing| standing.served && standing.stopped.is_none());
        match going.map(|standing| standing.position).min() {
            // Nobody has said yet how they stand.
            None if self.projections.is_empty() => Some(0),
            reached => reached,
        }
    }
    fn have_reached(&self, wanted: Position) -> bool {
        self.reached().is_none_or(|reached| reached >= wanted)
    }
    /// A view that is not read until it is built stands where its rebuild stands.
    fn tell_stopped_rebuilds(&mut self) {
        for standing in self.projections.iter_mut().filter(|standing| !standing.served && standing.stopped.is_none()) {
            standing.stopped = self.rebuilds.get(standing.projection).cloned();
        }
    }
    fn note_arrivals(&mut self) {
        for standing in &self.projections {
            let arrived = self.arrived.entry(standing.projection).or_insert_with(|| (standing.position, Instant::now()));
            if arrived.0 != standing.position {
                *arrived = (standing.position, Instant::now());
            }
        }
    }
    /// How long it has been where it is.
    fn rested(&self, projection: &str) -> Duration {
        self.arrived.get(projection).map_or(Duration::ZERO, |(_, since)| since.elapsed())
    }
    /// Every view is read, except those that will not be by waiting.
    fn all_served(&self) -> bool {
        self.projections.iter().all(|standing| standing.served || standing.stopped.is_some())
    }
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Feed {
    standings: watch::Sender<Standings>,
    reached: watch::Sender<Position>,
    tail: Tail,
}

impl Feed {
    pub(crate) fn new(tail: Tail) -> Self {
        Feed { standings: watch::Sender::default(), reached: watch::Sender::default(), tail }
    }

    /// The position up to which every view has seen the journal.
    pub fn position(&self) -> Position {
        self.standings.borrow().reached().unwrap_or(0)
    }

    /// [`Feed::position`], for those who wait for it to change.
    pub fn watch(&self) -> watch::Receiver<Position> {
        self.reached.subscribe()
    }

    /// Returns once every view that goes on has reached the position, at most [`LONGEST_WAIT`] later. Questions to one that has stopped before it are
    /// refused where they are asked with [`Queries::since`](crate::Queries::since).
    pub async fn wait_for(&self, wanted: Position) -> Result<(), Behind> {
        self.reach(wanted, LONGEST_WAIT).await
    }

    pub(crate) async fn reach(&self, wanted: Position, longest: Duration) -> Result<(), Behind> {
        let mut standings = self.standings.subscribe();
        // Ended by the time limit or not, what counts is how far the views are.
        let _ = timeout(longest, standings.wait_for(|now| now.have_reached(wanted))).await;
        self.settled(wanted, true)
    }

    /// The same, and every view is read by then.
    pub(crate) async fn settle(&self, wanted: Position, longest: Duration) -> Result<(), Behind> {
        let mut standings = self.standings.subscribe();
        let settled = standings.wait_for(|now| now.have_reached(wanted) && now.all_served());
        let settled = timeout(longest, settled).await.is_ok();
        self.settled(wanted, settled)
    }

    fn settled(&self, wanted: Position, settled: bool) -> Result<(), Behind> {
        let standings = self.standings.borrow();
        if settled && standings.have_reached(wanted) {
            return Ok(());
        }
        Err(Behind { wanted, reached: standings.reached().unwrap_or(0) })
    }

    pub(crate) fn rebuild_stopped(&self, view: &'static str, why: String) {
        self.standings.send_modify(|standings| {
            standings.rebuilds.insert(view, why);
            standings.tell_stopped_rebuilds();
        });
    }

    pub(crate) fn why_stopped(&self, view: &str) -> Option<String> {
        self.standings.borrow().rebuilds.get(view).cloned()
    }

    /// For readiness and metrics.
    pub async fn lag(&self) -> Result<Lag, ReadError> {
        let standings = self.standings.borrow().clone();
        let journal = self.tail.journal();
        let head = journal.head().await?.position;
        let mut next: Vec<_> = standings.projections.iter().map(|standing| standing.position + 1).filter(|next| *next <= head).collect();
        next.sort_unstable();
        next.dedup();
        let waiting = if next.is_empty() { Vec::new() } else { journal.read_at(&next).await? };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as i64);
        let projections = standings.projections.iter().cloned().map(|standing| {
            let oldest = waiting.iter().find(|event| event.position == standing.position + 1);
            let age = oldest.map_or(0, |event| (now - event.time).max(0) as u64);
            ProjectionLag {
                projection: standing.projection,
                position: standing.position,
                events: head.saturating_sub(standing.position),
                seconds: age / 1_000_000,
                // At the journal's end it rests; what came since is what it may be late with.
                still: standings.rested(standing.projection).min(Duration::from_micros(age)),
                parked: standing.parked,
                stopped: standing.stopped,
                served: standing.served,
            }
        });
        Ok(Lag { projections: projections.collect(), failing: standings.failing })
    }

    pub(crate) fn publish(&self, projections: Vec<Standing>) {
        self.standings.send_modify(|standings| {
            standings.projections = projections;
            standings.note_arrivals();
            standings.failing = None;
            standings.tell_stopped_rebuilds();
        });
        let reached = self.position();
        self.reached.send_if_modified(|position| std::mem::replace(position, reached) != reached);
    }

    pub(crate) fn failing(&self, why: String) {
        self.standings.send_modify(|standings| standings.failing = Some(why));
    }
}
