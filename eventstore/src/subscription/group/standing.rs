//! How far every consumer is that was ever worked on, whichever process its members live in: read from the checkpoints that they keep.

use std::collections::BTreeMap;

use super::{member, share};
use crate::clock;
use crate::envelope::Position;
use crate::journal::{Journal, ReadError};
use crate::vault::{Vault, VaultError};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    pub group: String,
    /// Everything up to here was handled, in every partition.
    pub position: Position,
    /// Events of the journal behind it, those included that do not concern the consumer, and the age of the oldest of them.
    pub lag_events: u64,
    pub lag_seconds: u64,
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
    let mut reached = BTreeMap::<String, Position>::new();
    let head = journal.head().await?;
    for (key, row) in vault.list(share::KIND, "").await? {
        let Some((group, _)) = key.rsplit_once('/') else { continue };
        let Some((_, cursor)) = share::read(&row) else { continue };
        let position = match cursor.epoch == head.epoch {
            true => cursor.position,
            // Of a history that is over: whoever takes the partition up goes on from what both have in common.
            false => match journal.check_epoch(cursor.epoch).await {
                Err(ReadError::EpochChanged { common, .. }) => cursor.position.min(common),
                Err(error) => return Err(error.into()),
                Ok(()) => cursor.position,
            },
        };
        reached.entry(group.to_owned()).and_modify(|least| *least = position.min(*least)).or_insert(position);
    }
    if reached.is_empty() {
        return Ok(Vec::new());
    }
    let members = vault.list(member::KIND, "").await?;
    let mut next: Vec<_> = reached.values().map(|position| position + 1).collect();
    next.sort_unstable();
    next.dedup();
    let waiting = journal.read_at(&next).await?;
    let now = clock::now();
    let standings = reached.into_iter().map(|(group, position)| {
        let oldest = waiting.iter().find(|event| event.position == position + 1);
        let age = oldest.map_or(0, |event| (now - event.time).max(0));
        let prefix = format!("{group}/");
        Standing {
            position,
            lag_events: head.position.saturating_sub(position),
            lag_seconds: age as u64 / 1_000_000,
            members: members.iter().filter(|(key, _)| key.starts_with(&prefix)).count() as u64,
            group,
        }
    });
    Ok(standings.collect())
}
