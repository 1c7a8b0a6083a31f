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
    /// Everything up to here was handled, in every partition, less what waits of the streams that are set aside.
    pub position: Position,
    /// A partition that has come no further.
    pub slowest: u32,
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

/// By name. A consumer that nobody works on any more is told of for ever: what it has not handled waits.
pub async fn standings(journal: &dyn Journal, vault: &dyn Vault) -> Result<Vec<Standing>, StandingError> {
    let mut reached = BTreeMap::<String, ((Position, u32), u64)>::new();
    let head = journal.head().await?;
    for (key, row) in vault.list(row::KIND, "").await? {
        let (Some((group, partition)), Some(row)) = (row::place(&key), Row::read(&row)) else { continue };
        let row = row.in_epoch(journal, head.epoch).await?;
        let stands = (row.cursor.position, partition);
        let (slowest, parked) = reached.entry(group.to_owned()).or_insert((stands, 0));
        *slowest = stands.min(*slowest);
        *parked += row.aside.len() as u64;
    }
    if reached.is_empty() {
        return Ok(Vec::new());
    }
    let members = vault.list(member::KIND, "").await?;
    let mut next: Vec<_> = reached.values().map(|((position, _), _)| position + 1).collect();
    next.sort_unstable();
    next.dedup();
    let waiting = journal.read_at(&next).await?;
    let now = clock::now();
    let standings = reached.into_iter().map(|(group, ((position, slowest), parked))| {
        let oldest = waiting.iter().find(|event| event.position == position + 1);
        let age = oldest.map_or(0, |event| (now - event.time).max(0));
        let prefix = format!("{group}/");
        Standing {
            position,
            slowest,
            lag_events: head.position.saturating_sub(position),
            lag_seconds: age as u64 / 1_000_000,
            parked,
            members: members.iter().filter(|(key, _)| key.starts_with(&prefix)).count() as u64,
            group,
        }
    });
    Ok(standings.collect())
}
