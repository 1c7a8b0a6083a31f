//! What an append asks for and what it answers.

pub(crate) mod check;
pub(crate) mod group;
pub mod hash;
mod queue;

use std::time::Duration;

use uuid::Uuid;

use crate::envelope::{Actor, CommandId, Epoch, NewEvent, Position, StreamId};
use crate::vault::VaultWrite;
pub use check::{MAX_EVENTS, MAX_NAME_BYTES, MAX_PAYLOAD_BYTES, MAX_PAYLOAD_DEPTH};
pub use group::UNDER_WAY;
pub use hash::content_hash;
pub use queue::{BATCH_APPENDS, MAX_WAITING, MAX_WAITING_BYTES, MAX_WAITING_BYTES_OF_TENANT, MAX_WAITING_OF_TENANT};

/// Events for one stream, if it still stands at `expected`.
#[derive(Clone, Debug)]
pub struct Part {
    pub stream: StreamId,
    /// Version the stream must have before: 0 means that it must not exist yet.
    pub expected: u64,
    /// A team's id, or `account-<id>`.
    pub tenant: String,
    pub project: Option<String>,
    /// At least one.
    pub events: Vec<NewEvent>,
}

/// A stream that was only read, with the version the decision rests on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Guard {
    pub stream: StreamId,
    pub version: u64,
}

/// A lease the writer must still hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fence {
    pub resource: String,
    pub token: u64,
}

/// One atomic change: everything in it is written, or nothing.
#[derive(Clone, Debug)]
pub struct Append {
    pub command_id: CommandId,
    /// Hash of the request behind `command_id`; a repeated id with another fingerprint answers [`AppendError::Reused`].
    pub fingerprint: Option<[u8; 32]>,
    pub fence: Option<Fence>,
    pub actor: Actor,
    pub correlation_id: Uuid,
    pub causation_id: Option<Uuid>,
    pub client_address: Option<String>,
    pub parts: Vec<Part>,
    pub guards: Vec<Guard>,
    /// Vault rows written in the same transaction.
    pub vault: Vec<VaultWrite>,
    /// Kept with the command id for 30 days and given back when it is repeated (e.g. the new resource's id).
    pub answer: Option<String>,
}

impl Append {
    /// Stream versions once it is written.
    pub(crate) fn versions(&self) -> Vec<(StreamId, u64)> {
        self.parts.iter().map(|part| (part.stream.clone(), part.expected + part.events.len() as u64)).collect()
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Appended {
    pub epoch: Epoch,
    /// Position of the last event written; the journal's head when the append had no events.
    pub position: Position,
    /// Stream versions after the append, in the order of the parts.
    pub versions: Vec<(StreamId, u64)>,
    /// Microseconds since 1970 given to the events.
    pub time: i64,
    /// True when the command id was known and this is the first result.
    pub repeated: bool,
    pub answer: Option<String>,
}

#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum AppendError {
    #[error("{stream} is at version {actual}, not {expected}")]
    Conflict { stream: StreamId, expected: u64, actual: u64 },
    #[error("the lease of {resource} is no longer held with token {token}")]
    Fenced { resource: String, token: u64 },
    #[error("command {0} was already used for another request")]
    Reused(CommandId),
    #[error("too many appends are waiting")]
    Overloaded { retry_after: Duration },
    /// The connection broke after the write was sent: it may or may not have happened. Repeat with the same command id.
    #[error("the outcome of command {0} is unknown")]
    Unknown(CommandId),
    #[error("the journal's epoch changed to {0}")]
    EpochChanged(Epoch),
    #[error("not a valid append: {0}")]
    Invalid(String),
    #[error("the journal is unavailable: {0}")]
    Unavailable(String),
}
