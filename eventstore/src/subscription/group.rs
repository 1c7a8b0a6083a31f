//! Several workers of one consumer, in one process or in many, share its events (decision 0024).
//!
//! Streams are split by a hash of their names into a fixed number of *partitions*. Each has a lease and a checkpoint of its own and is worked on by one
//! member at a time, so a stream's events are handled in their order. Members say every now and then that they live; each takes the partitions that
//! are its by the list of the living, and gives back those that are not. When one dies its leases run out, and the others go on at its checkpoints.
//!
//! *At least once*: a member that dies between an effect and its checkpoint leaves the effect to be done again. *Exactly once* where the effect lies in the
//! journal or the vault: [`Share::append`] writes both in one append, under the partition's fence. A ghost, which does not know yet that its lease went to
//! somebody else, moves no checkpoint: who takes a partition over writes its token into the checkpoint first, and the ghost's compare-and-set finds it.
//!
//! An event that cannot be handled sets its stream aside (*parks* it): later events of the stream wait behind it, the others of the partition flow. Which streams
//! wait, and from where on, stands in the row of the checkpoint. People order what becomes of them ([`parked`]): a stream goes on from that event, or behind it,
//! with a place of its own until it has come as far as its partition. One of a newer version of the program stops its partition, with a message.

mod doubt;
mod member;
pub mod parked;
mod row;
mod share;
mod standing;
mod work;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sha2::{Digest, Sha256};

use super::Tail;
use crate::envelope::{Position, Recorded, StreamId};
use crate::journal::Filter;
use crate::lease::Leases;
use crate::vault::Vault;
pub use row::MOST_PARKED;
pub use share::{Share, ShareError};
pub use standing::{Standing, StandingError, standings};

/// What the members of a consumer have in common, and one member's hands; clones share them.
#[derive(Clone)]
pub struct Group {
    /// Of the consumer, without a slash; names its leases and checkpoints for ever.
    pub name: String,
    /// Never changed for a name: a stream's partition would be another, and its order lost.
    pub partitions: u32,
    /// By tenant, stream, type of stream and type of event.
    pub filter: Filter,
    /// Where a consumer begins that has no checkpoint yet.
    pub from: Position,
    pub tail: Tail,
    pub leases: Arc<dyn Leases>,
    pub vault: Arc<dyn Vault>,
    /// Names this member: node, boot and worker.
    pub member: String,
    /// After this time without a word a member counts as dead.
    pub lease: Duration,
}

/// Why events were not handled. Its words are kept in the clear and shown to whoever runs the platform, so they hold no secret and nothing private.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unhandled {
    /// One of them cannot be: they come again one by one, and one that fails alone however often it is tried sets its stream aside.
    #[error("{0}")]
    Poison(String),
    /// One of them is of a newer program: what is before it comes again, and the partition stands still there until a newer program has it.
    #[error("{0}")]
    Newer(String),
}

impl From<String> for Unhandled {
    fn from(why: String) -> Self {
        Unhandled::Poison(why)
    }
}

/// What is done with events.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Events of one partition, in order; those of one stream never come before what came before them was handled. A panic says that they cannot be. What is
    /// away for all of them the handler waits for. It is dropped in the midst when the partition is lost.
    async fn handle(&self, share: &Share, events: &[Arc<Recorded>]) -> Result<(), Unhandled>;
}

/// The partition of a stream.
pub fn partition_of(stream: &StreamId, partitions: u32) -> u32 {
    let digest = Sha256::digest(stream.as_str().as_bytes());
    let first = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    first % partitions.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_stay_where_they_are_and_are_spread() {
        // Never to change: these were computed when the first group was made.
        let of = |stream: &str| partition_of(&StreamId::from_stored(stream.into()), 8);
        assert_eq!(["team-1", "team-2", "project-1", "agent_session-1"].map(of), [7, 4, 3, 1]);
        let mut counts = [0; 8];
        for number in 0..8000 {
            counts[of(&format!("test-{number}")) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (800..1200).contains(count)), "{counts:?}");
        assert_eq!(partition_of(&StreamId::from_stored("team-1".into()), 1), 0);
    }
}
