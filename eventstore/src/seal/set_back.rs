//! Whether the journal was set back: put to an earlier state, by a restore or a failover that lost something, while it still calls itself
//! what it was. Then positions that readers have seen would be given once more, to other events. What is remembered outside the database
//! tells; a new epoch says so to everybody, and from then on nothing speaks against the journal any more.

use std::sync::Arc;

use super::checkpoint::{Checkpoint, origin};
use super::reader::{Seal, SealError};
use super::tables::{SealTables, StoredEpoch};
use crate::envelope::{Epoch, Position};

/// What speaks against it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SetBack {
    /// The seal is written before any memory of it, so it never ends before one.
    #[error("positions 1 to {remembered} were sealed, and the journal's seal ends at {sealed}")]
    Shorter { remembered: u64, sealed: u64 },
    #[error("positions 1 to {0} were sealed, and not all of them hold the same events now")]
    Parted(u64),
    #[error("positions 1 to {size} were sealed in epoch {epoch}, of which the journal does not know")]
    UnknownEpoch { size: u64, epoch: Epoch },
}

/// Holds the journal against notes from outside it; read them before this is called, for the journal may grow meanwhile. Their signatures are not
/// looked at: the keys of a later time are not in an earlier state.
pub async fn set_back(tables: &Arc<dyn SealTables>, remembered: &[String]) -> Result<Option<SetBack>, SealError> {
    let memories = Memories::read(tables, remembered).await?;
    if let Some(unknown) = memories.unknown.first() {
        return Ok(Some(SetBack::UnknownEpoch { size: unknown.size, epoch: unknown.epoch }));
    }
    let sealed = tables.sealed().await?;
    if let Some(beyond) = memories.ours.iter().find(|memory| memory.size > sealed) {
        return Ok(Some(SetBack::Shorter { remembered: beyond.size, sealed }));
    }
    let (_, parted) = agreed(&Seal::new(tables.clone()), &memories.ours).await?;
    Ok(parted.map(SetBack::Parted))
}

/// The last position up to which the journal surely is what is remembered, when something else was written after it had been set back; `None`
/// when all of it is, as far as anybody remembers.
pub async fn shared(tables: &Arc<dyn SealTables>, remembered: &[String]) -> Result<Option<Position>, SealError> {
    let mut memories = Memories::read(tables, remembered).await?.ours;
    let sealed = tables.sealed().await?;
    memories.retain(|memory| memory.size <= sealed);
    let (agreed, parted) = agreed(&Seal::new(tables.clone()), &memories).await?;
    Ok(parted.map(|_| agreed))
}

/// Size of the largest memory that agrees, and of the smallest that does not.
async fn agreed(seal: &Seal, memories: &[Checkpoint]) -> Result<(u64, Option<u64>), SealError> {
    let mut agreed = 0;
    for memory in memories {
        if seal.root(memory.size).await? != memory.root {
            return Ok((agreed, Some(memory.size)));
        }
        agreed = memory.size;
    }
    Ok((agreed, None))
}

#[derive(Default)]
struct Memories {
    /// What the journal must still be, by size.
    ours: Vec<Checkpoint>,
    /// Of an epoch that it does not know, and later than the one that it is in.
    unknown: Vec<Checkpoint>,
}

impl Memories {
    async fn read(tables: &Arc<dyn SealTables>, notes: &[String]) -> Result<Memories, SealError> {
        let epochs = tables.epochs().await?;
        let first = epochs.first().ok_or(SealError::NoEpoch)?;
        let mut memories = Memories::default();
        for note in notes {
            let checkpoint = Checkpoint::unproven(note)?;
            if checkpoint.origin != origin(first.id) {
                tracing::warn!(origin = checkpoint.origin, "a checkpoint of another journal is remembered beside this one");
            } else if checkpoint.size > 0 {
                match left_behind(&checkpoint, &epochs) {
                    LeftBehind::Yes { .. } => {}
                    LeftBehind::No => memories.ours.push(checkpoint),
                    LeftBehind::UnknownEpoch => memories.unknown.push(checkpoint),
                }
            }
        }
        memories.ours.sort_by_key(|memory| memory.size);
        Ok(memories)
    }
}

/// Whether a later epoch has given a checkpoint up.
pub(super) enum LeftBehind {
    No,
    /// Everything after this position.
    Yes {
        after: Position,
    },
    UnknownEpoch,
}

pub(super) fn left_behind(checkpoint: &Checkpoint, epochs: &[StoredEpoch]) -> LeftBehind {
    let Some(n) = epochs.iter().position(|epoch| epoch.id == checkpoint.epoch) else {
        // Who began a new epoch after that has said that the journal was set back.
        return match epochs.last().is_some_and(|newest| newest.time > checkpoint.time) {
            true => LeftBehind::Yes { after: 0 },
            false => LeftBehind::UnknownEpoch,
        };
    };
    match epochs[n + 1..].iter().map(|epoch| epoch.started_after).min().filter(|after| *after < checkpoint.size) {
        Some(after) => LeftBehind::Yes { after },
        None => LeftBehind::No,
    }
}
