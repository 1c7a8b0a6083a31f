//! A member at work: it says that it lives, takes the partitions that are its, keeps their leases, and gives back what is another's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at, sleep_until};

use super::{Group, Handler};
use crate::clock;
use crate::lease::{Lease, LeaseError};
use crate::vault::VaultError;

/// Of the vault's rows by which members know of each other.
pub(super) const KIND: &str = "group-member";

/// Partitions at work, each with what tells it to end.
type Working = BTreeMap<u32, watch::Sender<bool>>;

impl Group {
    /// Works until `stop`, and then gives everything back, so that others go on at once. Dropped, it is as a process that died. Panics over a slash in the
    /// group's name, which is a constant of its code: its rows would be found among those of the group that is named by what stands before the slash.
    pub async fn run(&self, handler: Arc<dyn Handler>, stop: impl Future<Output = ()> + Send) {
        assert!(!self.name.contains('/'), "a consumer group cannot be named {:?}: a slash divides its name from what is of it", self.name);
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
