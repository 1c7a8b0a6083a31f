//! The seal's tables, behind both back ends: tiles, checkpoints, keys. Rows are only ever added.

use async_trait::async_trait;

use super::leaf::Hash;
use crate::envelope::{Epoch, Position, Recorded};
use crate::journal::ReadError;

/// Hashes of a tile; a tree of 10^9 leaves has four levels of them.
pub const TILE: u64 = 256;
/// Leaves under one hash of a level, as a power of two: a hash of level `l` stands for `2^(8·l)` leaves.
pub const TILE_HEIGHT: u32 = 8;

/// Hashes of one level, within one tile: as many as were new when they were written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Piece {
    pub level: u32,
    /// Index of its first hash in the level.
    pub first: u64,
    pub hashes: Vec<Hash>,
}

impl Piece {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.hashes.concat()
    }

    /// `None` when the bytes are no hashes.
    pub(crate) fn stored(level: u32, first: u64, bytes: &[u8]) -> Option<Piece> {
        let (hashes, rest) = bytes.as_chunks::<32>();
        rest.is_empty().then(|| Piece { level, first, hashes: hashes.to_vec() })
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredCheckpoint {
    /// 1, 2, 3 … in the order of sealing.
    pub n: u64,
    pub size: u64,
    /// A signed note.
    pub note: String,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredKey {
    /// 1, 2, 3 …; the last one signs.
    pub n: u64,
    /// As [`super::VerifierKey`] writes itself.
    pub verifier: String,
    /// Microseconds since 1970.
    pub time: i64,
}

/// A history of the journal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredEpoch {
    pub id: Epoch,
    /// The last position that it shares with those before it.
    pub started_after: Position,
    /// Microseconds since 1970.
    pub time: i64,
}

/// A roll of the journal's epochs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredRoll {
    /// 1, 2, 3 …; the last one holds all that those before it do.
    pub n: u64,
    /// A signed note.
    pub note: String,
}

/// What one sealing writes, in one transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sealing {
    pub pieces: Vec<Piece>,
    pub checkpoint: StoredCheckpoint,
    /// The last event among what is new. It must still be there as the statement sees it: what was read may be lost since, by a failover, and a seal
    /// of what is not there is never right again.
    pub last_event: Option<LastEvent>,
}

/// An event as its leaf has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LastEvent {
    pub position: Position,
    pub content_hash: Hash,
    pub tenant_position: u64,
    /// Microseconds since 1970.
    pub time: i64,
}

impl LastEvent {
    pub fn of(event: &Recorded) -> LastEvent {
        let Recorded { position, content_hash, tenant_position, time, .. } = event;
        LastEvent { position: *position, content_hash: *content_hash, tenant_position: *tenant_position, time: *time }
    }
}

/// What became of a sealing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    Written,
    /// Another sealer was faster and wrote one of the rows.
    Taken,
    /// The last event is not there.
    Gone,
}

/// Nothing here checks a hash; what is read may have been changed by others.
#[async_trait]
pub trait SealTables: Send + Sync + 'static {
    /// Leaves that are written.
    async fn sealed(&self) -> Result<u64, ReadError>;

    /// Pieces of a level whose first hash lies in `from..to`, in order.
    async fn pieces(&self, level: u32, from: u64, to: u64) -> Result<Vec<Piece>, ReadError>;

    /// The newest checkpoint.
    async fn last_checkpoint(&self) -> Result<Option<StoredCheckpoint>, ReadError>;

    /// The newest checkpoint of this size.
    async fn checkpoint_of(&self, size: u64) -> Result<Option<StoredCheckpoint>, ReadError>;

    /// Checkpoints after the `after`-th, in order, at most `limit`.
    async fn checkpoints(&self, after: u64, limit: u32) -> Result<Vec<StoredCheckpoint>, ReadError>;

    /// Writes all of it, or nothing.
    async fn seal(&self, sealing: &Sealing) -> Result<Outcome, ReadError>;

    /// Keys in the order of their numbers.
    async fn keys(&self) -> Result<Vec<StoredKey>, ReadError>;

    /// False: there is a key of that number already.
    async fn add_key(&self, key: &StoredKey) -> Result<bool, ReadError>;

    /// The lowest position of an event before the first, which no reader of the journal sees and its stream would count.
    async fn before_the_first(&self) -> Result<Option<i64>, ReadError>;

    /// The journal's epochs, oldest first.
    async fn epochs(&self) -> Result<Vec<StoredEpoch>, ReadError>;

    /// Rolls of the epochs in the order of their numbers. One is added with each epoch that begins.
    async fn rolls(&self) -> Result<Vec<StoredRoll>, ReadError>;

    /// Adds one that names the epochs there are. False: there is a roll of that number already.
    async fn add_roll(&self, roll: &StoredRoll) -> Result<bool, ReadError>;
}
