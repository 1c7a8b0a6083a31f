//! Builds a view beside the one that is read, and switches when it stands where that one stands.
//!
//! The sets beside are filled in large steps, those that stand at the same place together, each step with its checkpoints in one transaction, so
//! that a process that dies loses at most one of them and any other takes it up. Nobody is woken by it. The last step and the switch are one
//! transaction under the writers' lock: whoever keeps the view, in whichever process, has either not yet moved it or finds it at the very same
//! position in its new tables.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::Duration;

use opensail_eventstore::{Head, Position};

use super::checkpoint::Checkpoint;
use super::generation::{self, Generation, State};
use super::page::arrived;
use super::prepare::{Tables, UNTOLD, judge};
use super::step::{Step, apply_all, due};
use super::{Engine, EngineError, Follower, Set, checkpoint, orders, parked};
use crate::db::{is_locked, sql};
use crate::projection::Projection;

/// How often it is asked whether another process began a rebuild, or left one behind.
const LOOK: Duration = Duration::from_secs(1);

/// How long a switch waits for questions that are under way. All that ask the view afterwards wait behind it, and so do the writers; so it is short,
/// and the switch is tried again.
const SWITCH_WAIT: Duration = Duration::from_millis(200);

enum Built {
    /// More is to be done at once.
    Some,
    /// At this position.
    Switched(Position),
    /// Another process builds, or the view that is read must move first.
    Wait,
}

fn good(stands: &Checkpoint, version: i64, head: Head) -> bool {
    matches!(judge(Some(stands), version, head), Tables::Good)
}

impl Engine {
    /// For ever. Failures are told and tried again.
    pub(super) async fn keep_rebuilding(&self) {
        let mut stopped = HashMap::new();
        loop {
            let wait = match self.rebuild_once(&mut stopped).await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::error!(%error, "the rebuild of a view does not go on; trying again");
                    true
                }
            };
            if wait {
                tokio::select! { () = self.wanted.notified() => {}, () = tokio::time::sleep(LOOK) => {} }
            }
        }
    }

    /// Goes on with every view that is being built; true when there is nothing to do at once.
    async fn rebuild_once(&self, stopped: &mut HashMap<String, String>) -> Result<bool, EngineError> {
        if self.others_keep_what_is_read().await? {
            self.rouse.notify_one();
        }
        let building = self.db.one(sql!("SELECT projection FROM generations WHERE state = 'beside'")).await?.is_some();
        if !building && self.views.iter().all(|view| self.db.withheld(view.tables()[0].name).is_none()) {
            return Ok(true);
        }
        let mut begun = self.begun(stopped).await?;
        let mut wait = true;
        // Those that stand at the same place are built together: the journal is read once for all of them.
        for together in begun.chunk_by_mut(|one, next| one.0.position == next.0.position) {
            let (mut followers, nexts): (Vec<_>, Vec<_>) = together.iter().cloned().unzip();
            let near = self.build(&mut followers).await?;
            for (mut follower, next) in followers.into_iter().zip(nexts) {
                if near && follower.stopped.is_none() {
                    wait &= !self.try_fence(&mut follower, &next).await?;
                }
                if let Some(why) = follower.stopped {
                    self.feed.rebuild_stopped(self.views[follower.view].name(), why.clone());
                    stopped.insert(next.key(), why);
                }
            }
        }
        Ok(wait)
    }

    /// Whether a program of another version has switched a view that is read here. An event tells that as well, but none may come for long.
    async fn others_keep_what_is_read(&self) -> Result<bool, EngineError> {
        let stands: HashMap<String, i64> = self
            .db
            .all(sql!("SELECT projection, version FROM checkpoints"))
            .await?
            .iter()
            .map(|row| Ok((row.text(0)?, row.int(1)?)))
            .collect::<Result<_, sqlx::Error>>()?;
        let switched = |view: &dyn Projection| stands.get(view.name()).is_some_and(|version| *version != view.version());
        Ok(self.views.iter().any(|view| self.db.withheld(view.tables()[0].name).is_none() && switched(view.as_ref())))
    }

    /// The sets that are to be filled, the nearest to their end first.
    async fn begun(&self, stopped: &HashMap<String, String>) -> Result<Vec<(Follower, Generation)>, EngineError> {
        let mut begun = Vec::new();
        for (view, projection) in self.views.iter().enumerate() {
            let mut tx = self.db.begin().await?;
            let Some(next) = generation::find(&mut tx, projection.name(), State::Beside).await? else {
                // Another process may have switched.
                let served = checkpoint::one(&mut tx, projection.name()).await?.is_some_and(|found| found.version == projection.version());
                if served && self.db.withheld(projection.tables()[0].name).is_some() {
                    self.rouse.notify_one();
                }
                continue;
            };
            let Some(found) = checkpoint::one(&mut tx, &next.key()).await? else { continue };
            if found.version != projection.version() || stopped.contains_key(&next.key()) {
                continue;
            }
            let set = Set { key: next.key(), names: Some(next.names()) };
            let skipped = orders::skipped(self.tail.journal().as_ref(), projection.as_ref()).await?;
            begun.push((Follower { view, set, position: found.position, parked: 0, stopped: None, served: false, skipped }, next));
        }
        begun.sort_by_key(|(follower, _)| Reverse(follower.position));
        Ok(begun)
    }

    /// Fills the sets up to where the fence is near; false when another process does.
    async fn build(&self, followers: &mut [Follower]) -> Result<bool, EngineError> {
        let pages = self.pages(followers);
        let mut from = followers[0].position;
        let mut page = pages.read(from).await?;
        while !page.last && followers.iter().any(Follower::follows) {
            // While one page is written the next is read.
            let ahead = pages.ahead(page.seen);
            let seen = page.seen;
            match self.step(followers, from, &page.incoming(), seen).await? {
                Step::Done => (from, page) = (seen, arrived(ahead).await?),
                Step::Again => return Ok(false),
            }
        }
        Ok(true)
    }

    /// True when there is more to do at once.
    async fn try_fence(&self, follower: &mut Follower, next: &Generation) -> Result<bool, EngineError> {
        let view = self.views[follower.view].as_ref();
        match self.fence(follower, next).await? {
            Built::Some => Ok(true),
            Built::Switched(fence) => {
                self.db.serve(view.name(), view.tables().iter().map(|table| table.name), true);
                if fence > UNTOLD {
                    tracing::info!(projection = view.name(), "the view that was built is the one that is read");
                }
                self.rouse.notify_one();
                Ok(true)
            }
            Built::Wait => Ok(false),
        }
    }

    /// Applies the last events and switches, in one transaction that no writer of the views can come between.
    async fn fence(&self, follower: &mut Follower, next: &Generation) -> Result<Built, EngineError> {
        let view = self.views[follower.view].as_ref();
        let head = self.tail.journal().head().await?;
        let read = checkpoint::one(&mut self.db.begin().await?, view.name()).await?;
        let end = read.filter(|read| good(read, view.version(), head)).map_or(head.position, |read| read.position);
        // What would be parked or stop it goes the slow way, before the fence.
        let pages = self.pages(std::slice::from_ref(follower));
        let mut page = pages.read(follower.position).await?.up_to(end);
        if page.seen < end {
            return Ok(Built::Some);
        }
        if follower.position < end {
            let from = follower.position;
            match self.step(std::slice::from_mut(follower), from, &page.incoming(), end).await? {
                Step::Done if follower.stopped.is_none() => {}
                Step::Done | Step::Again => return Ok(Built::Wait),
            }
        }
        let mut tx = self.db.begin().await?;
        tx.lock_beside().await?;
        // What is read is not ours to keep: then the journal's end counts.
        let head = self.tail.journal().head().await?;
        let live = checkpoint::one(&mut tx, view.name()).await?;
        let fence = live.filter(|live| good(live, view.version(), head)).map_or(head.position, |live| live.position);
        let Some(beside) = checkpoint::one(&mut tx, &next.key()).await? else { return Ok(Built::Wait) };
        if beside.position > fence {
            // The one that is read is on its way.
            return Ok(Built::Wait);
        }
        if beside.position < fence {
            let mut page = pages.read(beside.position).await?.up_to(fence);
            if page.seen < fence {
                return Ok(Built::Some);
            }
            let (incoming, parked) = (page.incoming(), parked::all(&mut tx).await?);
            if incoming.iter().any(|event| orders::is_for(view, event.recorded)) {
                // Obeyed by the ordinary way, then once more to here.
                return Ok(Built::Some);
            }
            let due = due(&mut tx, view, follower, &parked, incoming.iter()).await?;
            tx.call(follower.set.names.clone());
            if apply_all(view, &mut tx, &due).await.is_err() {
                // Parked by the ordinary way, then once more to here.
                return Ok(Built::Some);
            }
            tx.call(None);
            checkpoint::advance(&mut tx, &[(&next.key(), beside.position)], fence).await?;
        }
        tx.wait_for_tables(SWITCH_WAIT).await?;
        match generation::switch(&mut tx, view, next).await {
            Err(error) if is_locked(&error) => {
                tracing::info!(projection = view.name(), "the switch waits for questions that are under way");
                return Ok(Built::Wait);
            }
            switched => switched?,
        }
        tx.commit().await?;
        Ok(Built::Switched(fence))
    }
}
