//! A member at work: it says that it lives, takes the partitions that are its, keeps their leases, and gives back what is another's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at, sleep_until};

use super::{Group, Handler, Share, ShareError, partition_of};
use crate::clock;
use crate::envelope::Recorded;
use crate::journal::ReadError;
use crate::lease::{Lease, LeaseError};
use crate::vault::VaultError;

/// Of the vault's rows by which members know of each other.
pub(super) const KIND: &str = "group-member";
/// Events handled at once.
const AT_ONCE: usize = 64;
/// How often a checkpoint is moved over events that do not concern its partition.
const KEEP_EVERY: Duration = Duration::from_secs(1);
/// Pauses after errors of a handler: the first, doubled up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Partitions at work, each with what tells it to end.
type Working = BTreeMap<u32, watch::Sender<bool>>;

impl Group {
    /// Works until `stop`, and then gives everything back, so that others go on at once. Dropped, it is as a process that died.
    pub async fn run(&self, handler: Arc<dyn Handler>, stop: impl Future<Output = ()> + Send) {
        let (mut tasks, mut working) = (JoinSet::new(), Working::new());
        let mut tick = interval(self.beat());
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        tokio::pin!(stop);
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                () = &mut stop => break,
            }
            while let Some(ended) = tasks.try_join_next() {
                note_end(&mut working, ended);
            }
            match self.own().await {
                Ok(own) => self.balance(&own, &mut working, &mut tasks, &handler).await,
                Err(error) => tracing::warn!(group = self.name, %error, "the members of a group cannot be known; trying again"),
            }
        }
        working.values().for_each(|end| _ = end.send_replace(true));
        while let Some(ended) = tasks.join_next().await {
            note_end(&mut working, ended);
        }
        if let Err(error) = self.vault.delete(KIND, &self.member_key()).await {
            tracing::warn!(group = self.name, %error, "a member could not sign off; it counts as dead in a moment");
        }
    }

    /// So often it says that it lives, and renews its leases.
    fn beat(&self) -> Duration {
        (self.lease / 3).max(Duration::from_millis(1))
    }

    fn member_key(&self) -> String {
        format!("{}/{}", self.name, self.member)
    }

    /// Says that it lives, and answers which partitions are its among the living: every n-th.
    async fn own(&self) -> Result<BTreeSet<u32>, VaultError> {
        let expires = clock::now() + i64::try_from(self.lease.as_micros()).unwrap_or(i64::MAX / 2);
        self.vault.put(KIND, &self.member_key(), b"", Some(expires)).await?;
        let members = self.vault.list(KIND, &format!("{}/", self.name)).await?;
        let count = u32::try_from(members.len()).unwrap_or(u32::MAX).max(1);
        let place = members.iter().position(|(key, _)| *key == self.member_key());
        let place = place.and_then(|place| u32::try_from(place).ok()).unwrap_or(0);
        Ok((0..self.partitions).filter(|partition| partition % count == place).collect())
    }

    async fn balance(&self, own: &BTreeSet<u32>, working: &mut Working, tasks: &mut JoinSet<u32>, handler: &Arc<dyn Handler>) {
        working.iter().filter(|(partition, _)| !own.contains(partition)).for_each(|(_, end)| _ = end.send_replace(true));
        for partition in own.iter().copied().filter(|partition| !working.contains_key(partition)).collect::<Vec<_>>() {
            let asked = Instant::now();
            match self.leases.acquire(&format!("group/{}/{partition}", self.name), &self.member, self.lease).await {
                Ok(lease) => {
                    let end = watch::Sender::new(false);
                    let (group, handler, ends) = (self.clone(), handler.clone(), end.subscribe());
                    tasks.spawn(async move { group.hold(partition, lease, asked, handler, ends).await });
                    working.insert(partition, end);
                }
                // Its member gives it back, or its lease runs out.
                Err(LeaseError::Held { .. }) => {}
                Err(error) => tracing::warn!(group = self.name, partition, %error, "a partition cannot be taken; trying again"),
            }
        }
    }

    /// Handles the partition's events as long as the lease is held and nobody ends it.
    async fn hold(self, partition: u32, lease: Lease, asked: Instant, handler: Arc<dyn Handler>, ends: watch::Receiver<bool>) -> u32 {
        let ended = tokio::select! {
            ended = self.follow(partition, lease.clone(), handler.as_ref(), ends) => ended,
            () = self.keep(lease.clone(), asked) => Err("its lease ran out".into()),
        };
        if let Err(why) = ended {
            tracing::warn!(group = self.name, partition, why, "a partition was let go; whose it is takes it up");
        }
        if let Err(error) = self.leases.release(&lease).await {
            tracing::warn!(group = self.name, partition, %error, "a lease could not be given back; it runs out by itself");
        }
        partition
    }

    /// Returns when the lease may be somebody else's.
    async fn keep(&self, mut lease: Lease, asked: Instant) {
        let mut until = asked + self.lease;
        let mut tick = interval_at(Instant::now() + self.beat(), self.beat());
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                () = sleep_until(until) => return,
            }
            let asked = Instant::now();
            match tokio::time::timeout_at(until, self.leases.renew(&lease, self.lease)).await {
                Ok(Ok(renewed)) => (lease, until) = (renewed, asked + self.lease),
                Ok(Err(LeaseError::Unavailable(_))) => {}
                Ok(Err(LeaseError::Held { .. })) | Err(_) => return,
            }
        }
    }

    /// Whether it is the journal's event at its position now.
    async fn stands(&self, event: &Recorded) -> Result<bool, ReadError> {
        let there = self.tail.journal().read_at(&[event.position]).await?;
        Ok(there.first().is_some_and(|there| there.event_id == event.event_id))
    }

    async fn follow(&self, partition: u32, lease: Lease, handler: &dyn Handler, mut ends: watch::Receiver<bool>) -> Result<(), String> {
        let told = |error: ShareError| error.to_string();
        let share = Share::take_over(self, partition, lease).await.map_err(told)?;
        let mut events = self.tail.subscribe(share.position(), self.filter.clone());
        let mut kept = Instant::now();
        // Seen, and nothing of it concerns the partition: kept in a moment, also when nothing more comes.
        let mut unkept = None;
        loop {
            let batch = tokio::select! {
                biased;
                _ = ends.wait_for(|end| *end) => return Ok(()),
                batch = events.next_batch(AT_ONCE) => Some(batch.map_err(|error| error.to_string())?),
                () = sleep_until(kept + KEEP_EVERY), if unkept.is_some() => None,
            };
            let Some(batch) = batch else {
                if let Some(seen) = unkept.take() {
                    share.keep(seen).await.map_err(told)?;
                }
                kept = Instant::now();
                continue;
            };
            // The ring may still hold a history that is over; its positions say nothing in the new one. What both have in common stands in the journal as
            // it was, up to the last of these events if that one does.
            if let Some(other) = batch.events.iter().rfind(|event| event.epoch != share.epoch())
                && !self.stands(other).await.map_err(|error| error.to_string())?
            {
                return Err(format!("position {} is of epoch {}, and the checkpoint of {}", other.position, other.epoch, share.epoch()));
            }
            let own: Vec<_> = batch.events.into_iter().filter(|event| partition_of(&event.stream, self.partitions) == partition).collect();
            let mut pause = FIRST_PAUSE;
            while !own.is_empty() {
                let Err(error) = handler.handle(&share, &own).await else { break };
                tracing::warn!(group = self.name, partition, position = own[0].position, error, "events were not handled; they come again");
                tokio::select! {
                    _ = ends.wait_for(|end| *end) => return Ok(()),
                    () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
                }
            }
            if !own.is_empty() || kept.elapsed() >= KEEP_EVERY {
                share.keep(batch.seen).await.map_err(told)?;
                (kept, unkept) = (Instant::now(), None);
            } else {
                unkept = Some(batch.seen);
            }
        }
    }
}

fn note_end(working: &mut Working, ended: Result<u32, tokio::task::JoinError>) {
    match ended {
        Ok(partition) => _ = working.remove(&partition),
        Err(error) => {
            tracing::error!(%error, "the work on a partition panicked; its lease runs out");
            // Which one it was is not told: those whose task is gone have nobody who listens.
            working.retain(|_, end| end.receiver_count() > 0);
        }
    }
}
