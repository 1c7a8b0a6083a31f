//! How far every consumer is that was ever worked on, whichever process its members live in: read from the checkpoints that they keep.

use std::collections::BTreeMap;

use super::member;
use super::row::{self, Row};
use crate::clock;
use crate::envelope::Position;
use crate::journal::{Journal, ReadError};
use crate::vault::{Vault, VaultError};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    pub group: String,
    /// Everything up to here was handled, in every partition, less what waits of the streams that are set aside. 0 where a checkpoint cannot be read.
    pub position: Position,
    /// A partition that has come no further.
    pub slowest: u32,
    /// A partition that goes no further, and why: the next event is of a newer program.
    pub stopped: Option<(u32, String)>,
    /// Events of the journal behind it, those included that do not concern the consumer, and the age of the oldest of them.
    pub lag_events: u64,
    pub lag_seconds: u64,
    /// Streams that are set aside, in all partitions.
    pub parked: u64,
    /// That live just now.
    pub members: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum StandingError {
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Journal(#[from] ReadError),
}

/// Of a consumer's partitions.
struct Reached {
    slowest: (Position, u32),
    stopped: Option<(u32, String)>,
    parked: u64,
}

/// By name. A consumer that nobody works on any more is told of for ever: what it has not handled waits.
pub async fn standings(journal: &dyn Journal, vault: &dyn Vault) -> Result<Vec<Standing>, StandingError> {
    let mut reached = BTreeMap::<String, Reached>::new();
    let head = journal.head().await?;
    for (key, row) in vault.list(row::KIND, "").await? {
        let Some((group, partition)) = row::place(&key) else { continue };
        let row = match Row::read(&row) {
            Some(row) => Some(row.in_epoch(journal, head.epoch).await?),
            None => None,
        };
        let slowest = (row.as_ref().map_or(0, |row| row.cursor.position), partition);
        let reached = reached.entry(group.to_owned()).or_insert(Reached { slowest, stopped: None, parked: 0 });
        reached.slowest = slowest.min(reached.slowest);
        if let Some(row) = row {
            reached.parked += row.aside.len() as u64;
            reached.stopped = reached.stopped.take().or(row.stopped.map(|why| (partition, why)));
        }
    }
    if reached.is_empty() {
        return Ok(Vec::new());
    }
    let members = vault.list(member::KIND, "").await?;
    let mut next: Vec<_> = reached.values().map(|reached| reached.slowest.0 + 1).collect();
    next.sort_unstable();
    next.dedup();
    let waiting = journal.read_at(&next).await?;
    let now = clock::now();
    let standings = reached.into_iter().map(|(group, Reached { slowest: (position, slowest), stopped, parked })| {
        let oldest = waiting.iter().find(|event| event.position == position + 1);
        let age = oldest.map_or(0, |event| (now - event.time).max(0));
        let prefix = format!("{group}/");
        Standing {
            position,
            slowest,
            stopped,
            lag_events: head.position.saturating_sub(position),
            lag_seconds: age as u64 / 1_000_000,
            parked,
            members: members.iter().filter(|(key, _)| key.starts_with(&prefix)).count() as u64,
            group,
        }
    });
    Ok(standings.collect())
}
