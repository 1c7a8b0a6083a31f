//! The journal: one append-only log of events that is the audit log itself, with its seal, its vault and its leases.
//!
//! Nothing here knows a single event of ours: payloads are canonical JSON text, types are names. Two back ends,
//! SQLite (desktop) and PostgreSQL, stand behind [`Journal`] and pass the same [`conformance`] suite.

pub mod append;
mod clock;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod envelope;
pub mod facts;
pub mod journal;
pub mod lease;
pub mod postgres;
pub mod private;
pub mod relay;
pub mod seal;
pub mod snapshot;
pub mod sqlite;
pub mod subscription;
pub mod vault;

pub use append::{Append, AppendError, Appended, Fence, Guard, Part};
pub use envelope::{Actor, ActorKind, CommandId, Cursor, Epoch, Fact, NewEvent, Position, Recorded, StreamId};
pub use journal::{Filter, Head, Journal, Page, ReadError};
pub use lease::{Lease, LeaseError, Leases};
pub use seal::{Seal, SealTables};
pub use vault::{Vault, VaultError, VaultWrite};

/// Whether this build has the feature `conformance`, which only tests ask for.
pub const HAS_CONFORMANCE: bool = cfg!(feature = "conformance");
