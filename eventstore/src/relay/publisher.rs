//! Fills a work queue from the journal, after the commit.
//!
//! Of several processes over one queue one publishes, under a lease, from a checkpoint in the vault. After a failover the last seconds are
//! published again and dropped by their ids. A queue in this process's memory is filled by this process, from its start on: what was
//! there before, workers find by themselves.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, interval_at};

use super::{FIRST_PAUSE, LONGEST_PAUSE, Work, WorkRelay};
use crate::envelope::{Cursor, Position};
use crate::journal::Filter;
use crate::lease::{LeaseError, Leases};
use crate::subscription::Tail;
use crate::vault::Vault;

/// Resource of the lease.
const LEASE: &str = "publish-work";
const LEASE_FOR: Duration = Duration::from_secs(15);
/// How often the lease is renewed, or asked for by who stands by.
const RENEW_EVERY: Duration = Duration::from_secs(5);
/// The vault's row that says how far the journal was published.
const KIND: &str = "relay";
const KEY: &str = "work";
const AT_ONCE: usize = 64;

/// What it works with; clones share it.
#[derive(Clone)]
pub struct Publisher {
    pub tail: Tail,
    pub work: Arc<dyn WorkRelay>,
    pub vault: Arc<dyn Vault>,
    pub leases: Arc<dyn Leases>,
    /// Node and boot id of this process.
    pub holder: String,
    /// The event types that make work.
    pub types: Vec<String>,
    /// Where a queue that is not shared begins: what was there before is found without it.
    pub from: Position,
}

impl Publisher {
    /// Runs until it is dropped or the tail ends.
    pub async fn run(&self) -> Result<(), String> {
        if !self.work.shared() {
            return self.publish(self.from, None).await;
        }
        loop {
            let lease = match self.leases.acquire(LEASE, &self.holder, LEASE_FOR).await {
                Ok(lease) => lease,
                Err(LeaseError::Held { .. } | LeaseError::Unavailable(_)) => {
                    tokio::time::sleep(RENEW_EVERY).await;
                    continue;
                }
            };
            let from = self.checkpoint().await?;
            tokio::select! {
                ended = self.publish(from, Some(KEY)) => return ended,
                () = self.keep(lease) => {}
            }
        }
    }

    /// Returns when the lease may be somebody else's; the other then publishes, and what both did counts once.
    async fn keep(&self, mut lease: crate::lease::Lease) {
        let mut tick = interval_at(Instant::now() + RENEW_EVERY, RENEW_EVERY);
        let mut until = Instant::now() + LEASE_FOR;
        loop {
            tick.tick().await;
            match self.leases.renew(&lease, LEASE_FOR).await {
                Ok(renewed) => {
                    lease = renewed;
                    until = Instant::now() + LEASE_FOR;
                }
                Err(LeaseError::Held { .. }) => return,
                Err(LeaseError::Unavailable(_)) if Instant::now() >= until => return,
                Err(LeaseError::Unavailable(_)) => {}
            }
        }
    }

    /// Where publishing goes on; the journal's end for one that was never published.
    async fn checkpoint(&self) -> Result<Position, String> {
        let head = self.tail.journal().head().await.map_err(|error| error.to_string())?;
        let row = self.vault.get(KIND, KEY).await.map_err(|error| error.to_string())?;
        let kept = row.and_then(|row| String::from_utf8(row).ok()?.parse::<Cursor>().ok());
        if let Some(kept) = kept.filter(|cursor| cursor.epoch == head.epoch && cursor.position <= head.position) {
            return Ok(kept.position);
        }
        let now = Cursor { epoch: head.epoch, position: head.position }.to_string();
        self.vault.put(KIND, KEY, now.as_bytes(), None).await.map_err(|error| error.to_string())?;
        Ok(head.position)
    }

    async fn publish(&self, from: Position, keep: Option<&str>) -> Result<(), String> {
        let mut events = self.tail.subscribe(from, Filter { types: self.types.clone(), ..Filter::default() });
        let mut kept = Instant::now();
        let mut unkept: Option<Cursor> = None;
        loop {
            let batch = tokio::select! {
                batch = events.next_batch(AT_ONCE) => batch.map_err(|error| error.to_string())?,
                () = tokio::time::sleep_until(kept + RENEW_EVERY), if unkept.is_some() => {
                    if let (Some(cursor), Some(key)) = (unkept.take(), keep) {
                        self.vault.put(KIND, key, cursor.to_string().as_bytes(), None).await.map_err(|error| error.to_string())?;
                    }
                    kept = Instant::now();
                    continue;
                }
            };
            for event in &batch.events {
                let cursor = Cursor { epoch: event.epoch, position: event.position };
                self.put(&Work { id: cursor.to_string(), kind: event.event_type.clone() }).await;
                unkept = keep.map(|_| cursor);
            }
        }
    }

    /// A relay that is away is waited for; workers look by themselves meanwhile.
    async fn put(&self, work: &Work) {
        let mut pause = FIRST_PAUSE;
        while self.work.put(work).await.is_err() {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}
