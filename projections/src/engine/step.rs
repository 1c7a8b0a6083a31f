//! One batch: all projections in one transaction, their rows written once at its end, and one by one when something in it fails.

use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use opensail_eventstore::{Position, Recorded};

use super::checkpoint::Checkpoint;
use super::orders::{self, Obeyed};
use super::{Engine, EngineError, Follower, Set, checkpoint, parked};
use crate::db::Tx;
use crate::projection::{ApplyError, Fault, Incoming, Projection};
use crate::rows::{Rows, Wants};

pub(super) enum Step {
    Done,
    /// The checkpoints are not what this process thinks; look again.
    Again,
}

type Streams = HashSet<(String, String)>;

/// Applies events in their order: the rows they want are read together, and what has become of them is written together.
pub(crate) async fn apply_all(view: &dyn Projection, tx: &mut Tx, events: &[&Incoming<'_>]) -> Result<(), ApplyError> {
    let mut wants = Wants::default();
    for incoming in events {
        view.wants(incoming, &mut wants);
    }
    let mut rows = Rows::over(tx);
    rows.fetch(wants).await?;
    for incoming in events {
        change(view, &mut rows, incoming).await?;
        rows.settle(incoming.recorded.position);
    }
    Ok(rows.write().await?)
}

/// A projection that panics has met an event it cannot apply.
async fn change(view: &dyn Projection, rows: &mut Rows<'_>, incoming: &Incoming<'_>) -> Result<(), ApplyError> {
    match AssertUnwindSafe(view.apply(rows, incoming)).catch_unwind().await {
        Ok(applied) => applied,
        Err(panic) => {
            let message = panic.downcast_ref::<&str>().map(|text| (*text).to_owned()).or_else(|| panic.downcast_ref::<String>().cloned());
            Err(ApplyError::Poison(format!("the projection panicked: {}", message.unwrap_or_default())))
        }
    }
}

/// Those that are to be applied: of the view's streams, unless they wait. What was skipped is passed over.
pub(super) async fn due<'a, 'e: 'a>(
    tx: &mut Tx,
    view: &dyn Projection,
    follower: &Follower,
    parked: &Streams,
    incoming: impl Iterator<Item = &'a Incoming<'e>>,
) -> Result<Vec<&'a Incoming<'e>>, sqlx::Error> {
    let mut due = Vec::new();
    for event in incoming {
        let Recorded { stream, position, .. } = event.recorded;
        let subscribed = view.streams().is_empty() || view.streams().contains(&stream.stream_type());
        let waits = || !parked.is_empty() && parked.contains(&(follower.set.key.clone(), stream.to_string()));
        if !subscribed || waits() {
            continue;
        }
        if follower.skipped.contains(position) {
            orders::pass(tx, &follower.set.key, *position).await?;
        } else {
            due.push(event);
        }
    }
    Ok(due)
}

impl Engine {
    /// Applies a batch that holds everything that concerns these from after `from` up to `seen`.
    pub(super) async fn step(
        &self,
        followers: &mut [Follower],
        from: Position,
        incoming: &[Incoming<'_>],
        seen: Position,
    ) -> Result<Step, EngineError> {
        let mut rest = incoming;
        loop {
            // An order is the first of what is applied together: what waited for it goes before what follows it.
            let order = rest.iter().skip(1).position(|event| self.is_order(followers, event)).map(|at| at + 1);
            let (part, others) = rest.split_at(order.unwrap_or(rest.len()));
            let end = others.first().map_or(seen, |order| order.recorded.position - 1);
            match self.part(followers, from, part, end).await? {
                Step::Done if others.is_empty() => return Ok(Step::Done),
                Step::Done => rest = others,
                Step::Again => return Ok(Step::Again),
            }
        }
    }

    fn is_order(&self, followers: &[Follower], incoming: &Incoming<'_>) -> bool {
        followers.iter().any(|follower| orders::is_for(self.views[follower.view].as_ref(), incoming.recorded))
    }

    async fn part(
        &self,
        followers: &mut [Follower],
        from: Position,
        incoming: &[Incoming<'_>],
        seen: Position,
    ) -> Result<Step, EngineError> {
        match self.together(followers, from, incoming, seen).await {
            Ok(step) => return Ok(step),
            Err(error) => error.fault()?,
        };
        for follower in followers {
            let one = std::slice::from_mut(follower);
            let step = match self.together(one, from, incoming, seen).await {
                Ok(step) => step,
                Err(error) => {
                    error.fault()?;
                    self.one_by_one(follower, from, incoming, seen).await?
                }
            };
            if let Step::Again = step {
                return Ok(step);
            }
        }
        Ok(Step::Done)
    }

    /// All or nothing.
    async fn together(
        &self,
        followers: &mut [Follower],
        from: Position,
        incoming: &[Incoming<'_>],
        seen: Position,
    ) -> Result<Step, ApplyError> {
        let Some(mut tx) = self.begin(followers).await? else { return Ok(Step::Again) };
        let (stand, mut parked) = (checkpoint::all(&mut tx).await?, parked::all(&mut tx).await?);
        let (mut reached, mut moved) = (Vec::with_capacity(followers.len()), Vec::with_capacity(followers.len()));
        for follower in followers.iter() {
            let (view, set) = (self.views[follower.view].as_ref(), &follower.set);
            if !follower.follows() {
                // A newer process may have gone on over what this one does not know.
                let moved = stand.get(&set.key).filter(|stored| stored.version == view.version() && stored.position > follower.position);
                reached.push(moved.map_or((follower.position, follower.stopped.clone()), |stored| (stored.position, None)));
                continue;
            }
            let Some(at) = place(&stand, view, set, from) else { return Ok(Step::Again) };
            if let Some(order) = incoming.first().filter(|first| first.recorded.position > at && orders::is_for(view, first.recorded)) {
                match self.obey(&mut tx, follower, order).await? {
                    Obeyed::Done => {}
                    Obeyed::Anew if set.names.is_some() => return self.begin_again(tx, follower).await,
                    Obeyed::Anew => self.build_anew(&mut tx, follower).await?,
                }
                parked = parked::all(&mut tx).await?;
            }
            let new = incoming.iter().filter(|event| event.recorded.position > at);
            let due = due(&mut tx, view, follower, &parked, new).await?;
            tx.call(set.names.clone());
            apply_all(view, &mut tx, &due).await?;
            tx.call(None);
            if seen > at {
                moved.push((set.key.as_str(), at));
            }
            reached.push((seen.max(at), None));
        }
        checkpoint::advance(&mut tx, &moved, seen).await?;
        tx.commit().await?;
        for (follower, (position, stopped)) in followers.iter_mut().zip(reached) {
            follower.position = position;
            follower.stopped = stopped;
            follower.parked = count(&parked, &follower.set.key);
        }
        Ok(Step::Done)
    }

    /// What was done in the transaction is of tables that are let go.
    async fn begin_again(&self, done: Tx, follower: &Follower) -> Result<Step, ApplyError> {
        drop(done);
        if let Some(mut tx) = self.begin(std::slice::from_ref(follower)).await? {
            self.build_anew(&mut tx, follower).await?;
            tx.commit().await?;
        }
        Ok(Step::Again)
    }

    /// A transaction per event, so that what fails fails alone.
    async fn one_by_one(
        &self,
        follower: &mut Follower,
        from: Position,
        incoming: &[Incoming<'_>],
        seen: Position,
    ) -> Result<Step, EngineError> {
        let view = self.views[follower.view].as_ref();
        for event in incoming {
            let recorded = event.recorded;
            let fault = match self.together(std::slice::from_mut(follower), from, std::slice::from_ref(event), recorded.position).await {
                Ok(Step::Done) => continue,
                Ok(Step::Again) => return Ok(Step::Again),
                Err(error) => error.fault()?,
            };
            match fault {
                Fault::Unknown(error) => {
                    tracing::error!(projection = view.name(), position = recorded.position, %error, "a projection does not go on");
                    follower.stopped = Some(format!("at position {}: {error}", recorded.position));
                    return Ok(Step::Done);
                }
                Fault::Poison(error) => {
                    tracing::error!(
                        projection = view.name(), stream = %recorded.stream, position = recorded.position, error,
                        "an event cannot be applied; its stream is set aside for this projection"
                    );
                    let Some(mut tx) = self.begin(std::slice::from_ref(follower)).await? else { return Ok(Step::Again) };
                    let stand = checkpoint::all(&mut tx).await?;
                    let Some(at) = place(&stand, view, &follower.set, from) else { return Ok(Step::Again) };
                    if recorded.position > at {
                        parked::park(&mut tx, &follower.set.key, recorded, &error).await?;
                        checkpoint::advance(&mut tx, &[(&follower.set.key, at)], recorded.position).await?;
                        follower.parked += 1;
                    }
                    tx.commit().await?;
                    follower.position = recorded.position.max(at);
                }
            }
        }
        // Positions without events that follow the last one.
        match self.together(std::slice::from_mut(follower), from, &[], seen).await {
            Ok(step) => Ok(step),
            // Of no event.
            Err(error) => Err(EngineError::Database(sqlx::Error::Protocol(error.fault()?.to_string()))),
        }
    }

    /// As the one writer of what these follow: of the views that are read, or of one beside them.
    async fn begin(&self, followers: &[Follower]) -> Result<Option<Tx>, sqlx::Error> {
        if followers.iter().all(|follower| follower.set.names.is_some()) {
            self.db.begin_beside().await
        } else {
            self.db.begin().await.map(Some)
        }
    }
}

/// Where the projection stands, under the writer's lock. `None`: before this batch, or its tables are no longer ours, since somebody rebuilt
/// them meanwhile.
fn place(stand: &HashMap<String, Checkpoint>, view: &dyn Projection, set: &Set, from: Position) -> Option<Position> {
    let stored = stand.get(&set.key)?;
    (stored.version == view.version() && stored.position >= from).then_some(stored.position)
}

fn count(parked: &Streams, projection: &str) -> u64 {
    parked.iter().filter(|(of, _)| of == projection).count() as u64
}
