//! What readiness asks: the journal, its seal, the second place of checkpoints, each view, consumer groups, and the relays.

mod groups;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use opensail_api::health::{Found, Numbers, Probe, Trouble};
use opensail_eventstore::relay::{LiveRelay, WorkRelay};
use opensail_eventstore::seal::{SealState, SecondPlace};
use opensail_eventstore::{Journal, Position};
use opensail_projections::{Projections, View};
use tokio::sync::watch;

use super::relays::Relays;
use super::sealing::Sealing;
use super::stores::Stores;
use groups::GroupsProbe;

/// A view further behind than this is not ready.
const MOST_BEHIND: u64 = 10_000;
/// Neither is one that has not moved for so long though the journal has: longer than a transaction that is held up, or a database that fails over. Nor does
/// a consumer group go on then.
const LONGEST_STILL: Duration = Duration::from_secs(30);

struct JournalProbe {
    journal: Arc<dyn Journal>,
    /// Something let events be altered, at the start.
    loosened: bool,
}

#[async_trait]
impl Probe for JournalProbe {
    fn name(&self) -> &'static str {
        "journal"
    }
    async fn check(&self) -> Result<Found, String> {
        let head = self.journal.head().await.map_err(|e| e.to_string())?;
        let numbers = Numbers::from([("position", head.position as f64), ("waiting_appends", self.journal.waiting() as f64)]);
        let set_back = self.journal.set_back().borrow().clone().map(|why| Trouble { why, tolerable: false });
        // Anybody may ask this; which way stood open is for the log.
        let why = "at the start it was not append-only; the log and `opensail audit verify` say what was wrong";
        let trouble = set_back.or_else(|| self.loosened.then(|| Trouble { why: why.into(), tolerable: true }));
        Ok(Found { numbers, trouble, ..Found::default() })
    }
}

struct ViewProbe {
    name: &'static str,
    projections: Projections,
}

#[async_trait]
impl Probe for ViewProbe {
    fn name(&self) -> &'static str {
        self.name
    }
    async fn check(&self) -> Result<Found, String> {
        if let Some(why) = self.projections.feed().lag().await.map_err(|e| e.to_string())?.failing {
            return Err(why);
        }
        let views = self.projections.overview().await.map_err(|e| e.to_string())?;
        let own = views.into_iter().find(|view| view.name == self.name).ok_or("it has not begun yet")?;
        let mut numbers = vec![
            ("position", own.position),
            ("lag_events", own.lag_events),
            ("lag_seconds", own.lag_seconds),
            ("still_seconds", own.still.as_secs()),
            ("parked", own.parked),
            ("stopped", u64::from(own.stopped.is_some())),
            ("served", u64::from(own.served)),
        ];
        if let Some(rebuilding) = &own.rebuilding {
            numbers.extend([("rebuild_done", rebuilding.done), ("rebuild_to_do", rebuilding.to_do)]);
        }
        let numbers = numbers.into_iter().map(|(name, number)| (name, number as f64)).collect();
        Ok(Found { numbers, trouble: trouble(own), ..Found::default() })
    }
}

/// What keeps a view from going on.
fn trouble(view: View) -> Option<Trouble> {
    let stopped = view.stopped.or_else(|| view.rebuilding.filter(|_| !view.served)?.stopped);
    if let Some(why) = stopped {
        // At an event that this program does not know it is read as it is, and every other question is answered.
        return Some(Trouble { why, tolerable: view.served });
    }
    // While it is built it answers nothing, and everything else does: the process is ready.
    if !view.served {
        return None;
    }
    if let Some(why) = stands_still(view.position, view.still, view.lag_events) {
        return Some(Trouble { why, tolerable: false });
    }
    let behind = view.lag_events > MOST_BEHIND;
    behind.then(|| Trouble { why: format!("{} events behind", view.lag_events), tolerable: false })
}

/// What is wrong with whoever has not moved for too long, though the journal has.
fn stands_still(position: Position, still: Duration, waiting: u64) -> Option<String> {
    let seconds = still.as_secs();
    (still >= LONGEST_STILL).then(|| format!("it has not moved from position {position} for {seconds} s, and {waiting} events wait"))
}

/// Positions sealed, and why no more.
struct SealProbe(watch::Receiver<SealState>);

#[async_trait]
impl Probe for SealProbe {
    fn name(&self) -> &'static str {
        "seal"
    }
    async fn check(&self) -> Result<Found, String> {
        let state = self.0.borrow().clone();
        match state.trouble {
            Some(why) => Err(why),
            None => Ok(Numbers::from([("position", state.size as f64)]).into()),
        }
    }
}

/// A second place of checkpoints. Without it everything is sealed all the same, so that its loss takes nobody out of service.
struct CheckpointsProbe {
    state: watch::Receiver<SealState>,
    place: Arc<dyn SecondPlace>,
}

#[async_trait]
impl Probe for CheckpointsProbe {
    fn name(&self) -> &'static str {
        if self.place.remote() { "checkpoint_bucket" } else { "checkpoints" }
    }
    fn needed(&self) -> bool {
        false
    }
    async fn check(&self) -> Result<Found, String> {
        self.state.borrow().place_trouble.get(&self.place.name()).cloned().map_or(Ok(Found::default()), Err)
    }
}

/// A relay that is away makes everything slower and nothing wrong: it is told, and the process stays ready.
struct RelayProbe<R: ?Sized>(&'static str, Arc<R>);

/// What it says itself stands in the log, where the relay puts it.
fn away(trouble: opensail_eventstore::relay::Trouble) -> Trouble {
    Trouble { why: trouble.cause.to_string(), tolerable: true }
}

#[async_trait]
impl Probe for RelayProbe<dyn LiveRelay> {
    fn name(&self) -> &'static str {
        self.0
    }
    fn needed(&self) -> bool {
        false
    }
    async fn check(&self) -> Result<Found, String> {
        Ok(Found { trouble: self.1.trouble().map(away), ..Found::default() })
    }
}

#[async_trait]
impl Probe for RelayProbe<dyn WorkRelay> {
    fn name(&self) -> &'static str {
        self.0
    }
    fn needed(&self) -> bool {
        false
    }
    async fn check(&self) -> Result<Found, String> {
        if let Some(trouble) = self.1.trouble() {
            return Ok(Found { trouble: Some(away(trouble)), ..Found::default() });
        }
        let parked = self.1.parked_count().await.map_err(|error| error.to_string())?;
        Ok(Numbers::from([("parked", parked as f64)]).into())
    }
}

pub(super) fn all(stores: &Stores, projections: &Projections, sealing: Sealing, relays: &Relays) -> Vec<Box<dyn Probe>> {
    let mut probes: Vec<Box<dyn Probe>> = vec![
        Box::new(JournalProbe { journal: stores.journal.clone(), loosened: !stores.loosened().is_empty() }),
        Box::new(SealProbe(sealing.state.clone())),
    ];
    for place in sealing.places {
        probes.push(Box::new(CheckpointsProbe { state: sealing.state.clone(), place }));
    }
    for name in projections.names() {
        probes.push(Box::new(ViewProbe { name, projections: projections.clone() }));
    }
    probes.push(Box::new(GroupsProbe::new(stores.journal.clone(), stores.vault.clone())));
    if let Some(relay) = &relays.live {
        probes.push(Box::new(RelayProbe("redis", relay.clone())));
    }
    // The queue in this process's memory sets work aside, too.
    probes.push(Box::new(RelayProbe(if relays.work.shared() { "nats" } else { "work_queue" }, relays.work.clone())));
    probes
}
