//! What can be asked: read models kept from the journal.
//!
//! Every question has a file of its own in its room; the tables behind it are kept by a projection, which follows the journal and
//! commits rows and checkpoint together. Views can be thrown away at any time: they are built again from the journal. Private fields stay
//! sealed in them and are opened for each answer.

pub mod account;
pub mod agent_session;
mod aside;
pub mod audit;
mod db;
mod engine;
mod error;
mod event_item;
mod feed;
mod page;
pub mod past;
pub mod project;
mod projection;
mod queries;
mod reader;
mod recent;
mod rows;
mod sealed;
mod table;
pub mod team;
#[cfg(test)]
mod testing;
mod time;

pub use aside::{Aside, Noted, noting};
pub use db::{Db, OpenError};
pub use engine::{CATCH_UP_AT_START, EngineError, ParkedStream, Projections, Rebuilding, View};
pub use error::QueryError;
pub use event_item::{ActorItem, ClientAddress, EventItem};
pub use feed::{Behind, Feed, LONGEST_WAIT, Lag, ProjectionLag};
pub use page::{DEFAULT_LIMIT, MAX_LIMIT, Order, Page, PageRequest};
pub use queries::Queries;
pub use sealed::UNREADABLE;
pub use time::rfc3339;
