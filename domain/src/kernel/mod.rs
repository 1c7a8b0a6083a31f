//! What all rooms share: the decider, events and their decoding, private fields, ids, rejections.

pub mod any_event;
pub mod decider;
pub mod event;
pub mod ids;
pub mod name;
pub mod private;
pub mod reason;
#[cfg(feature = "rehearsal")]
pub mod rehearsal;
pub mod rejection;
pub mod spec;
#[cfg(test)]
mod tests;
pub mod upcast;

pub use decider::Decider;
pub use event::{DecodeError, Event};
pub use ids::{AccountId, ApprovalId, InvitationId, MessageId, ProjectId, SessionId, TeamId};
pub use name::{checked_name, is_unseen};
pub use private::Private;
pub use reason::{MAX_REASON_CHARS, checked_reason};
pub use rejection::{Rejection, RejectionKind};
pub use upcast::Upcaster;

/// Microseconds since 1970, UTC.
pub type Micros = i64;
