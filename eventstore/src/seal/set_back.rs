//! Whether the journal was set back: put to an earlier state, by a restore or a failover that lost something, while it still calls itself
//! what it was. Then positions that readers have seen would be given once more, to other events. What is remembered outside the database
//! tells; a new epoch says so to everybody, and from then on nothing speaks against the journal any more.

use std::sync::Arc;

use super::checkpoint::{Checkpoint, origin};
use super::reader::{Seal, SealError};
use super::roll::{OtherEpochs, Roll};
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
    #[error(transparent)]
    Epochs(#[from] OtherEpochs),
}

/// Holds the journal against the roll of its epochs and against notes from outside it; read them before this is called, for the journal may grow
/// meanwhile. The signatures of the notes are not looked at: the keys of a later time are not in an earlier state.
pub async fn set_back(tables: &Arc<dyn SealTables>, roll: &Roll, remembered: &[String]) -> Result<Option<SetBack>, SealError> {
    if let Some(other) = roll.differs(&tables.epochs().await?) {
        return Ok(Some(other.into()));
    }
    let memories = Memories::read(roll, remembered)?;
    if let Some(unknown) = memories.unknown.first() {
        return Ok(Some(SetBack::UnknownEpoch { size: unknown.size, epoch: unknown.epoch }));
    }
    let sealed = tables.sealed().await?;
    if let Some(beyond) = memories.ours.iter().find(|memory| memory.size > sealed) {
        return Ok(Some(SetBack::Shorter { remembered: beyond.size, sealed }));
    }
    let seal = Seal::new(tables.clone());
    for memory in &memories.ours {
        if seal.root(memory.size).await? != memory.root {
            return Ok(Some(SetBack::Parted(memory.size)));
        }
    }
    Ok(None)
}

/// Where a new epoch parts from the histories before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Parting {
    /// The last position that all of them share; `None`: the journal's end, whatever that is.
    pub shared: Option<Position>,
    /// The epoch is later than this (microseconds since 1970), though this machine's clock may be behind those that made the memories.
    pub later_than: i64,
}

impl Parting {
    /// The earliest time that the epoch may have, after others of which the newest began at `before`.
    pub(crate) fn earliest(&self, before: Option<i64>) -> i64 {
        self.later_than.max(before.unwrap_or(0)).saturating_add(1)
    }
}

/// What a new epoch has to say, so that nothing that is remembered speaks against the journal afterwards. Shared is what the journal surely has in
/// common with the memories; a memory vouches for its positions only when it was made before anything that speaks against the journal: one made
/// after it may be of the history that somebody went on with. `head` is the journal's end.
pub async fn parting(tables: &Arc<dyn SealTables>, roll: &Roll, head: Position, remembered: &[String]) -> Result<Parting, SealError> {
    let memories = Memories::read(roll, remembered)?;
    let (sealed, seal) = (tables.sealed().await?, Seal::new(tables.clone()));
    let mut speak_against = memories.unknown.iter().map(|memory| memory.time).min();
    let (mut agree, mut all_beyond) = (Vec::new(), true);
    for memory in &memories.ours {
        let beyond = memory.size > sealed;
        if !beyond && seal.root(memory.size).await? == memory.root {
            agree.push(memory);
        } else {
            all_beyond &= beyond;
            speak_against = Some(speak_against.map_or(memory.time, |first: i64| first.min(memory.time)));
        }
    }
    let Some(first) = speak_against else {
        return Ok(Parting { shared: None, later_than: memories.latest });
    };
    // Nothing was written since: all that is there was sealed before what is missing.
    let untouched = all_beyond && head == sealed && last_sealing(tables).await? < Some(first);
    let vouched = agree.iter().filter(|memory| memory.time < first).map(|memory| memory.size).max();
    Ok(Parting { shared: (!untouched).then(|| vouched.unwrap_or(0)), later_than: memories.latest })
}

/// When the journal itself was sealed last (microseconds since 1970).
async fn last_sealing(tables: &Arc<dyn SealTables>) -> Result<Option<i64>, SealError> {
    let last = tables.last_checkpoint().await?;
    Ok(last.map(|last| Checkpoint::unproven(&last.note)).transpose()?.map(|checkpoint| checkpoint.time))
}

#[derive(Default)]
struct Memories {
    /// What the journal must still be, by size.
    ours: Vec<Checkpoint>,
    /// Of an epoch that it does not know, and later than the one that it is in.
    unknown: Vec<Checkpoint>,
    /// When the newest of all was made, those included that are given up (microseconds since 1970; 0 for none).
    latest: i64,
}

impl Memories {
    fn read(roll: &Roll, notes: &[String]) -> Result<Memories, SealError> {
        let epochs = roll.histories();
        let mut memories = Memories::default();
        for note in notes {
            let checkpoint = Checkpoint::unproven(note)?;
            if checkpoint.origin != origin(roll.first) {
                tracing::warn!(origin = checkpoint.origin, "a checkpoint of another journal is remembered beside this one");
            } else if checkpoint.size > 0 {
                memories.latest = memories.latest.max(checkpoint.time);
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
        // Who began a new epoch after that has said that the journal was set back. Each epoch is later than what was remembered when it began, and no
        // checkpoint is older than its epoch: the order holds though clocks differ.
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
