//! What is true: the rules of every room as pure, synchronous functions, and the events they yield.
//!
//! A room is `command.rs` (what may be wished), `decide.rs` (refuse, or accept with events), `event.rs` (facts, for ever),
//! `state.rs` (what the next decision needs). No clock, no randomness, no I/O: facts travel in the command.

pub mod account;
pub mod agent_session;
pub mod consumer;
pub mod kernel;
pub mod model;
pub mod project;
pub mod projection;
pub mod team;
pub mod work;

pub use kernel::any_event::AnyEvent;

/// Whether this build has the feature `rehearsal`, which only tests ask for.
pub const HAS_REHEARSAL: bool = cfg!(feature = "rehearsal");
