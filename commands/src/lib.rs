//! What may be asked: authorise the caller, gather facts, decide, append. Owns the ports to the world outside.
//!
//! A verb is a struct that is a [`Command`]; [`Commands::execute`] does it for a [`Caller`]. Verbs that also touch the vault, files or secrets
//! are methods of [`Commands`] in the file of their name.

pub mod account;
pub mod agent_session;
pub mod aggregate;
pub mod authorize;
pub mod caller;
mod commands;
pub mod consumer;
pub mod error;
pub mod execute;
mod facts;
mod forgotten;
pub mod journal;
pub mod live;
pub mod model;
pub mod ports;
pub mod project;
pub mod projection;
pub mod relay;
pub mod storage;
pub mod team;
mod work;

pub use aggregate::store::Place;
pub use authorize::{Access, AuditAccess, Permission, ProjectAccess, SessionAccess};
pub use caller::Caller;
pub use commands::{Commands, EMAIL_LABEL, Mode, Parts, Registration, Settings};
pub use error::{CommandError, RejectionInfo};
pub use execute::{Change, Command, Done, MAX_TRIES, Shown};

#[cfg(test)]
mod tests;
