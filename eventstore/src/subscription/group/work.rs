//! A partition at work: its events are handled as they come, and what cannot be handled sets its stream aside.

use std::convert::Infallible;
use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::slice;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::doubt::Doubt;
use super::parked;
use super::{Group, Handler, Share, Unhandled, partition_of};
use crate::envelope::Recorded;
use crate::journal::Filter;
use crate::lease::Lease;

/// Events handled at once.
const AT_ONCE: usize = 64;
/// How often a checkpoint is moved over events that do not concern its partition, and orders are looked for while streams are set aside.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// So long what comes anew is waited for, before some more of what waits is handled.
const TURN: Duration = Duration::from_millis(10);
/// So often an event is tried alone before its stream is set aside: the others of its partition wait meanwhile, for some 1.5 seconds.
const TRIES: u32 = 6;
/// Pauses between these: the first, doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// Pauses of a partition that stands still.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Why the work ends.
enum Stop {
    /// The partition is to be given back.
    Ended,
    Failed(String),
}

impl<E: Error> From<E> for Stop {
    fn from(error: E) -> Self {
        Stop::Failed(error.to_string())
    }
}

struct Work<'a> {
    group: &'a Group,
    handler: &'a dyn Handler,
    share: Share,
    ends: watch::Receiver<bool>,
}

impl Group {
    /// Handles the partition's events until it is to be given back, or cannot go on.
    pub(super) async fn follow(
        &self,
        partition: u32,
        lease: Lease,
        handler: &dyn Handler,
        ends: watch::Receiver<bool>,
    ) -> Result<(), String> {
        let share = Share::take_over(self, partition, lease).await.map_err(|error| error.to_string())?;
        let work = Work { group: self, handler, share, ends };
        match work.go_on().await {
            Err(Stop::Ended) => Ok(()),
            Err(Stop::Failed(why)) => Err(why),
        }
    }
}

impl Work<'_> {
    async fn go_on(&self) -> Result<Infallible, Stop> {
        let mut ends = self.ends.clone();
        let mut events = self.group.tail.subscribe(self.share.position(), self.group.filter.clone());
        // Positions of one history say nothing in another.
        let (read, kept) = (events.epoch(), self.share.epoch());
        if read != kept {
            return Err(Stop::Failed(format!("this process reads the journal of epoch {read} still, and the checkpoint is of {kept}")));
        }
        // Also what was ordered about streams that are set aside no more, lest it be carried out when they are once again.
        self.obey().await?;
        let mut looked = Instant::now();
        loop {
            if looked.elapsed() >= LOOK_EVERY {
                self.share.keep(events.passed()).await?;
                if self.share.sets_aside() {
                    self.obey().await?;
                }
                looked = Instant::now();
            }
            let more = self.flow().await?;
            let deadline = if more { Instant::now() + TURN } else { looked + LOOK_EVERY };
            let batch = tokio::select! {
                biased;
                _ = ends.wait_for(|end| *end) => return Err(Stop::Ended),
                batch = events.next_batch_until(AT_ONCE, deadline) => batch?,
            };
            let is_own = |event: &Arc<Recorded>| partition_of(&event.stream, self.group.partitions) == self.share.partition();
            let own: Vec<_> = batch.events.into_iter().filter(is_own).collect();
            if own.is_empty() {
                continue;
            }
            while !self.handle(&self.share, &own).await? {
                self.rest(LONGEST_PAUSE).await?;
                self.obey().await?;
                while self.flow().await? {}
            }
            // Also what waits is behind it now: it is read from the journal, and does not come once more.
            self.share.keep(batch.seen).await?;
        }
    }

    /// Handles them together, and one by one where that fails: what fails alone sets its stream aside. False when as many are set aside as may be, or one is of
    /// a newer program; what is left of them is to be handled then.
    async fn handle(&self, share: &Share, events: &[Arc<Recorded>]) -> Result<bool, Stop> {
        let (group, partition) = (self.group.name.as_str(), share.partition());
        let due: Vec<_> = events.iter().filter(|event| !share.leaves_out(event)).cloned().collect();
        let Some(first) = due.first() else { return Ok(true) };
        let Err(error) = self.tried(share, &due).await? else { return Ok(true) };
        tracing::warn!(group, partition, position = first.position, %error, "events were not handled; they come again one by one");
        for event in &due {
            if share.leaves_out(event) {
                continue;
            }
            let Err(error) = self.alone(share, event).await? else {
                share.keep(event.position).await?;
                continue;
            };
            let (stream, position) = (&event.stream, event.position);
            let error = match error {
                // Of a stream that is set aside nobody else waits.
                Unhandled::Newer(why) if share.stream().is_none() => {
                    if !share.stop(&why).await? {
                        tracing::error!(group, partition, %stream, position, why, "the partition stands still");
                    }
                    return Ok(false);
                }
                Unhandled::Newer(why) | Unhandled::Poison(why) => why,
            };
            share.confirm().await?;
            parked::forget_orders(self.group.vault.as_ref(), &share.key(), event.event_id).await?;
            if !share.set_aside(event, &error).await? {
                tracing::error!(
                    group, partition, %stream, position, error,
                    "an event cannot be handled, and as many streams are set aside as may be; the partition stands still"
                );
                return Ok(false);
            }
            tracing::error!(
                group, partition, %stream, position, error,
                "an event cannot be handled; its stream is set aside for this consumer"
            );
        }
        Ok(true)
    }

    /// Tries it so often, and answers how that ended. One of a newer program is no better the next time.
    async fn alone(&self, share: &Share, event: &Arc<Recorded>) -> Result<Result<(), Unhandled>, Stop> {
        let mut pause = FIRST_PAUSE;
        for _ in 1..TRIES {
            match self.tried(share, slice::from_ref(event)).await? {
                Err(Unhandled::Poison(_)) => {}
                done => return Ok(done),
            }
            self.rest(pause).await?;
            pause *= 2;
        }
        self.tried(share, slice::from_ref(event)).await
    }

    /// What the handler says; a panic is an error, too, whose words are for the log alone.
    async fn tried(&self, share: &Share, events: &[Arc<Recorded>]) -> Result<Result<(), Unhandled>, Stop> {
        let handled = AssertUnwindSafe(self.handler.handle(share, events)).catch_unwind().await;
        let handled =
            handled.unwrap_or_else(|_| Err(Unhandled::Poison("the handler panicked; the log of its process says over what".into())));
        match (handled, share.take_doubt()) {
            // The row says how far the events were handled.
            (_, Some(Doubt::Unknown(why))) | (Err(_), Some(Doubt::Refused(why))) => Err(Stop::Failed(why)),
            (handled, _) => Ok(handled),
        }
    }

    /// Handles some of what waits of each stream that is to go on; true while there is more.
    async fn flow(&self) -> Result<bool, Stop> {
        if *self.ends.borrow() {
            return Err(Stop::Ended);
        }
        let journal = self.group.tail.journal();
        for share in self.share.going_on() {
            let filter = Filter { streams: share.stream().cloned().into_iter().collect(), ..self.group.filter.clone() };
            let page = journal.read_all(share.position(), AT_ONCE, &filter).await?;
            // Asked afterwards: what was read is of this history.
            journal.check_epoch(share.epoch()).await?;
            let end = self.share.position();
            let waiting: Vec<_> = page.events.into_iter().filter(|event| event.position <= end).map(Arc::new).collect();
            match waiting.last() {
                Some(last) => {
                    self.handle(&share, &waiting).await?;
                    share.keep(last.position).await?;
                }
                None => {
                    share.rejoin().await?;
                    let stream = share.stream().map(|stream| stream.as_str());
                    tracing::info!(group = self.group.name, stream, "a parked stream flows again");
                }
            }
        }
        Ok(!self.share.going_on().is_empty())
    }

    /// Carries out what was ordered about streams that are set aside.
    async fn obey(&self) -> Result<(), Stop> {
        let vault = self.group.vault.as_ref();
        for order in parked::orders(vault, &self.share.key()).await? {
            let (event, what) = (order.event, order.what);
            if self.share.obey(event, what).await? {
                tracing::info!(group = self.group.name, %event, ?what, "an order about a parked stream");
            } else {
                tracing::warn!(group = self.group.name, %event, ?what, "an order about a stream that is not parked there any more; it has no effect");
            }
            order.remove(vault).await?;
        }
        Ok(())
    }

    async fn rest(&self, pause: Duration) -> Result<(), Stop> {
        let mut ends = self.ends.clone();
        tokio::select! {
            _ = ends.wait_for(|end| *end) => Err(Stop::Ended),
            () = sleep(pause) => Ok(()),
        }
    }
}
