//! The journal's face: append, read, wait.

use async_trait::async_trait;
use tokio::sync::watch;

use crate::append::{Append, AppendError, Appended};
use crate::envelope::{CommandId, Epoch, Fact, Position, Recorded, StreamId};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    pub epoch: Epoch,
    pub position: Position,
}

impl Head {
    /// What it means that this is the journal's end though `seen` was seen: nothing if another epoch has begun, and otherwise that some of it was lost.
    pub fn set_back(self, seen: Head) -> Option<String> {
        (self.epoch == seen.epoch && self.position < seen.position).then(|| {
            format!(
                "the journal ends at position {}, though {} was there in the same epoch: it was set back, by a failover that lost something or by a \
                 restore. Nothing is written or read any more. Stop every server, run `opensail new-epoch`, and start them again",
                self.position, seen.position
            )
        })
    }
}

/// Which events a reader wants; an empty list means "any".
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub tenants: Vec<String>,
    pub streams: Vec<StreamId>,
    /// Types of streams: the part of their names before the dash.
    pub stream_types: Vec<String>,
    /// Exact event types.
    pub types: Vec<String>,
}

impl Filter {
    pub fn matches(&self, event: &Recorded) -> bool {
        (self.tenants.is_empty() || self.tenants.contains(&event.tenant))
            && (self.streams.is_empty() || self.streams.contains(&event.stream))
            && (self.stream_types.is_empty() || self.stream_types.iter().any(|name| name == event.stream.stream_type()))
            && (self.types.is_empty() || self.types.contains(&event.event_type))
    }
}

/// Events in order, and how far the reader has now seen the journal (events that did not match included).
#[derive(Clone, Debug)]
pub struct Page {
    pub events: Vec<Recorded>,
    pub seen: Position,
}

#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum ReadError {
    #[error("the cursor is of another epoch; the last common position is {common}")]
    EpochChanged { epoch: Epoch, common: Position },
    #[error("the journal is unavailable: {0}")]
    Unavailable(String),
    /// See [`Journal::set_back`].
    #[error("{0}")]
    SetBack(String),
}

#[async_trait]
pub trait Journal: Send + Sync + 'static {
    /// Writes one atomic change; returns after it is durable.
    async fn append(&self, append: Append) -> Result<Appended, AppendError>;

    /// Why nothing is written or read any more, with what to do, once the journal was found to end before something that this process has seen in
    /// the same epoch. It stays so for as long as the process lives; [`Journal::head`] alone still answers.
    fn set_back(&self) -> watch::Receiver<Option<String>>;

    /// Appends of this process that wait for the writer just now, beside the batches that are under way.
    fn waiting(&self) -> usize;

    /// First result of a known command, kept for 30 days, with the fingerprint it was asked with.
    async fn command(&self, id: CommandId) -> Result<Option<(Appended, Option<[u8; 32]>)>, ReadError>;

    /// Events of one stream after a version, in order, at most `limit`.
    async fn read_stream(&self, stream: &StreamId, after: u64, limit: usize) -> Result<Vec<Recorded>, ReadError>;

    /// The same events without most of their envelope, at half the price: for who reads a long stream to fold it.
    async fn read_facts(&self, stream: &StreamId, after: u64, limit: usize) -> Result<Vec<Fact>, ReadError>;

    /// Version of a stream, 0 when it does not exist.
    async fn stream_version(&self, stream: &StreamId) -> Result<u64, ReadError>;

    /// Events of the whole journal after a position, in order; at most `limit` matching ones.
    async fn read_all(&self, after: Position, limit: usize, filter: &Filter) -> Result<Page, ReadError>;

    /// The events at these positions, in the order of the positions.
    async fn read_at(&self, positions: &[Position]) -> Result<Vec<Recorded>, ReadError>;

    /// The last position whose event is not after a time; 0 when there is none. Positions are dense and times never go back, so it is found
    /// by halving, without an index that every append would pay for.
    async fn position_at(&self, time: i64) -> Result<Position, ReadError>;

    async fn head(&self) -> Result<Head, ReadError>;

    /// Refuses a cursor of another epoch with the last common position.
    async fn check_epoch(&self, epoch: Epoch) -> Result<(), ReadError>;

    /// The highest position this node knows of; changes wake readers. Only a hint: a poll stands behind it.
    fn watch(&self) -> watch::Receiver<Position>;
}
