//! Builds a view beside the one that is read, and switches when it stands where that one stands.
//!
//! The set beside is filled in large steps, each with its checkpoint in one transaction, so that a process that dies loses at most one of them and
//! any other takes it up. Nobody is woken by it. The last step and the switch are one transaction under the writers' lock: whoever keeps the
//! view, in whichever process, has either not yet moved it or finds it at the very same position in its new tables.

use std::collections::HashMap;
use std::time::Duration;

use opensail_eventstore::subscription::Batch;
use opensail_eventstore::{Filter, Head, Page, Position};

use super::checkpoint::Checkpoint;
use super::generation::{self, Generation, State};
use super::prepare::{Tables, judge};
use super::step::Step;
use super::{Engine, EngineError, Follower, Set, checkpoint};
use crate::db::sql;
use crate::projection::Incoming;

/// Events applied in one transaction; memory for at most two such pages is held.
const PAGE: usize = 2048;
/// How often it is asked whether another process began a rebuild, or left one behind.
const LOOK: Duration = Duration::from_secs(1);

enum Built {
    /// More is to be done at once.
    Some,
    Switched,
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

    /// One step for each view that is being built; true when there is nothing to do at once.
    async fn rebuild_once(&self, stopped: &mut HashMap<String, String>) -> Result<bool, EngineError> {
        let mut wait = true;
        let building = self.db.one(sql!("SELECT projection FROM generations WHERE state = 'beside'")).await?.is_some();
        if !building && self.views.iter().all(|view| self.db.withheld(view.tables()[0].name).is_none()) {
            return Ok(wait);
        }
        for (index, view) in self.views.iter().enumerate() {
            let mut tx = self.db.begin().await?;
            let Some(next) = generation::find(&mut tx, view.name(), State::Beside).await? else {
                // Another process may have switched.
                let served = checkpoint::one(&mut tx, view.name()).await?.is_some_and(|found| found.version == view.version());
                if served && self.db.withheld(view.tables()[0].name).is_some() {
                    self.rouse.notify_one();
                }
                continue;
            };
            let Some(found) = checkpoint::one(&mut tx, &next.key()).await? else { continue };
            drop(tx);
            if found.version != view.version() || stopped.contains_key(&next.key()) {
                continue;
            }
            let set = Set { key: next.key(), names: Some(next.names()) };
            let mut follower = Follower { view: index, set, position: found.position, parked: 0, stopped: None, served: false };
            let built = self.build(&mut follower, &next).await?;
            if let Some(why) = follower.stopped {
                self.feed.rebuild_stopped(view.name(), why.clone());
                stopped.insert(next.key(), why);
                continue;
            }
            match built {
                Built::Some => wait = false,
                Built::Switched => {
                    wait = false;
                    self.db.serve(view.name(), view.tables().iter().map(|table| table.name), true);
                    tracing::info!(projection = view.name(), "the view that was built is the one that is read");
                    self.rouse.notify_one();
                }
                Built::Wait => {}
            }
        }
        Ok(wait)
    }

    /// Fills the set up to where the fence is near, then tries to switch. Others that are to be built wait.
    async fn build(&self, follower: &mut Follower, next: &Generation) -> Result<Built, EngineError> {
        let mut page = self.page(follower.position).await?;
        loop {
            if page.events.len() < PAGE {
                return self.fence(follower, next).await;
            }
            let from = follower.position;
            let batch = Batch { events: page.events.into_iter().map(std::sync::Arc::new).collect(), seen: page.seen };
            // While one page is written the next is read.
            let (done, ahead) = tokio::join!(self.step(std::slice::from_mut(follower), from, &batch), self.page(batch.seen));
            match done? {
                Step::Done if follower.stopped.is_some() => return Ok(Built::Wait),
                Step::Done => page = ahead?,
                Step::Again => return Ok(Built::Wait),
            }
        }
    }

    async fn page(&self, after: Position) -> Result<Page, EngineError> {
        Ok(self.tail.journal().read_all(after, PAGE, &Filter::default()).await?)
    }

    /// Applies the last events and switches, in one transaction that no writer of the views can come between.
    async fn fence(&self, follower: &mut Follower, next: &Generation) -> Result<Built, EngineError> {
        let view = self.views[follower.view].as_ref();
        let head = self.tail.journal().head().await?;
        let read = checkpoint::one(&mut self.db.begin().await?, view.name()).await?;
        let end = read.filter(|read| good(read, view.version(), head)).map_or(head.position, |read| read.position);
        // What would be parked or stop it goes the slow way, before the fence.
        let page = self.page(follower.position).await?;
        let due: Vec<_> = page.events.into_iter().filter(|event| event.position <= end).map(std::sync::Arc::new).collect();
        if due.len() == PAGE || page.seen < end {
            return Ok(Built::Some);
        }
        if follower.position < end {
            let (from, batch) = (follower.position, Batch { events: due, seen: end });
            match self.step(std::slice::from_mut(follower), from, &batch).await? {
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
            let page = self.page(beside.position).await?;
            let due: Vec<_> = page.events.iter().filter(|event| event.position <= fence).collect();
            if due.len() == PAGE || page.seen < fence {
                return Ok(Built::Some);
            }
            let parked = super::parked::all(&mut tx).await?;
            tx.call(follower.set.names.clone());
            for event in due {
                let incoming = Incoming::new(event);
                if super::step::concerns(view, &follower.set, &parked, &incoming)
                    && super::step::apply(view, &mut tx, &incoming).await.is_err()
                {
                    // Parked by the ordinary way, then once more to here.
                    return Ok(Built::Some);
                }
            }
            tx.call(None);
            checkpoint::advance(&mut tx, &next.key(), beside.position, fence).await?;
        }
        generation::switch(&mut tx, view, next).await?;
        tx.commit().await?;
        Ok(Built::Switched)
    }
}
