//! The seal as those who ask see it: the newest checkpoint, its keys, and proofs.

use std::sync::Arc;
use std::time::Duration;

use super::attest;
use super::checkpoint::Checkpoint;
use super::export_end::ExportEnd;
use super::leaf::Hash;
use super::note::{NoteError, VerifierKey};
use super::roll::OtherEpochs;
use super::tables::{SealTables, StoredCheckpoint};
use super::tiles::Tiles;
use super::tree;
use crate::envelope::Position;
use crate::journal::ReadError;
use crate::vault::keyring::{KeyError, Keyring};

/// Pause between two looks at how far the seal is.
const LOOK: Duration = Duration::from_millis(20);

#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum SealError {
    /// Asked for more than is sealed.
    #[error("only {0} positions are sealed")]
    Beyond(u64),
    #[error("the event at position {0} does not say what it said when it was appended")]
    Altered(Position),
    #[error("the event at position {0} is missing")]
    Missing(Position),
    #[error(
        "the event at position {0} was there when it was read, and is not there or another one now: the journal was set back, or somebody changed it"
    )]
    Gone(Position),
    #[error("{sealed} positions were sealed, but the journal ends at {head}")]
    RolledBack { head: Position, sealed: u64 },
    #[error("the seal's hash {first} of level {level} is missing or damaged")]
    Damaged { level: u32, first: u64 },
    #[error("the journal has no epoch")]
    NoEpoch,
    #[error("no roll of the journal's epochs is signed by the seal's key: somebody else wrote those that are there")]
    NoRoll,
    #[error(transparent)]
    Epochs(#[from] OtherEpochs),
    #[error("a stored checkpoint or key of the seal cannot be read: {0}")]
    Note(#[from] NoteError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Unavailable(#[from] ReadError),
}

/// A checkpoint with the note that proves it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sealed {
    pub checkpoint: Checkpoint,
    /// The signed text.
    pub note: String,
}

/// Proof that a position is in a tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inclusion {
    pub position: Position,
    pub size: u64,
    pub leaf: Hash,
    pub path: Vec<Hash>,
}

/// Proof that a tree is the beginning of another one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Consistency {
    pub from: u64,
    pub size: u64,
    pub path: Vec<Hash>,
}

/// Answers questions about the seal. Cheap to clone.
#[derive(Clone)]
pub struct Seal {
    tables: Arc<dyn SealTables>,
    tiles: Tiles,
}

impl Seal {
    pub fn new(tables: Arc<dyn SealTables>) -> Self {
        Seal { tiles: Tiles::new(tables.clone()), tables }
    }

    /// The newest checkpoint; `None` before the first sealing.
    pub async fn latest(&self) -> Result<Option<Sealed>, SealError> {
        self.tables.last_checkpoint().await?.map(sealed).transpose()
    }

    /// The checkpoint of a tree of exactly this size, if one was made.
    pub async fn of_size(&self, size: u64) -> Result<Option<Sealed>, SealError> {
        self.tables.checkpoint_of(size).await?.map(sealed).transpose()
    }

    /// The newest checkpoint once it covers the position, waiting at most `patience`; an older one or none after that.
    pub async fn covering(&self, position: Position, patience: Duration) -> Result<Option<Sealed>, SealError> {
        let end = tokio::time::Instant::now() + patience;
        loop {
            let latest = self.latest().await?;
            let covered = latest.as_ref().map_or(0, |sealed| sealed.checkpoint.size) >= position;
            if covered || tokio::time::Instant::now() >= end {
                return Ok(latest);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The newest roll of the journal's epochs, signed.
    pub async fn roll(&self) -> Result<Option<String>, SealError> {
        Ok(self.tables.rolls().await?.pop().map(|roll| roll.note))
    }

    /// The end of an export, signed with the key of the checkpoint in its head, which its readers trust already.
    pub async fn sign_export(&self, keyring: &Keyring, checkpoint: &str, end: &ExportEnd) -> Result<String, SealError> {
        attest::countersign(&self.tables, keyring, checkpoint, end.to_string()).await
    }

    /// All keys that ever signed, oldest first.
    pub async fn keys(&self) -> Result<Vec<VerifierKey>, SealError> {
        self.tables.keys().await?.iter().map(|key| Ok(key.verifier.parse()?)).collect()
    }

    /// Proof that the position is in the tree of the first `size` positions. Both must be sealed, and `1 <= position <= size`.
    pub async fn inclusion(&self, position: Position, size: u64) -> Result<Inclusion, SealError> {
        self.inclusions(&[position], size).await?.pop().ok_or(SealError::Beyond(size))
    }

    /// [`Seal::inclusion`] of each position. What the proofs have in common is read once.
    pub async fn inclusions(&self, positions: &[Position], size: u64) -> Result<Vec<Inclusion>, SealError> {
        let sealed = self.tables.sealed().await?;
        if size > sealed || positions.iter().any(|position| !(1..=size).contains(position)) {
            return Err(SealError::Beyond(sealed.min(size)));
        }
        let mut look = self.tiles.look();
        let mut proofs = Vec::with_capacity(positions.len());
        for &position in positions {
            let index = position - 1;
            let leaf = look.hash(&(index..position)).await?;
            let path = look.hashes(&tree::inclusion(index, size)).await?;
            proofs.push(Inclusion { position, size, leaf, path });
        }
        Ok(proofs)
    }

    /// Proof that the tree of the first `from` positions is the beginning of the one of `size`; `1 <= from <= size`.
    pub async fn consistency(&self, from: u64, size: u64) -> Result<Consistency, SealError> {
        let sealed = self.tables.sealed().await?;
        if from == 0 || from > size || size > sealed {
            return Err(SealError::Beyond(sealed.min(size)));
        }
        Ok(Consistency { from, size, path: self.tiles.hashes(&tree::consistency(from, size)).await? })
    }

    /// The root of the tree of the first `size` positions.
    pub async fn root(&self, size: u64) -> Result<Hash, SealError> {
        let whole = std::iter::once(0..size).collect::<Vec<_>>();
        let hashes = self.tiles.hashes(&whole).await?;
        hashes.first().copied().ok_or(SealError::Beyond(size))
    }
}

fn sealed(stored: StoredCheckpoint) -> Result<Sealed, SealError> {
    Ok(Sealed { checkpoint: Checkpoint::unproven(&stored.note)?, note: stored.note })
}
