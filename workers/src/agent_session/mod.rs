//! Running agent sessions.
//!
//! [`take_up_sessions`] finds a session to be worked on and takes its project's lease; [`run_session`] then loops: ask the model,
//! settle its tool calls one by one, until the session ends. Every step is an event before it takes effect and after, carrying
//! the lease's fence, so that any worker can go on from any point, and one that lost its lease can write nothing.
//!
//! After each call with effects the files are captured ([`capture_files`]) beside the next model call; the next effect waits for it. A fork works
//! in its own copy under its own lease, so forks of a project run side by side. [`settle_sessions`] ends undos and merges that a crash left open.

mod blobs;
mod call;
mod capture_files;
mod desk;
mod gate;
pub(crate) mod keep_lease;
mod memory;
mod prompt;
mod recover;
mod retry;
mod run_session;
mod settle_sessions;
mod take_up_sessions;
#[cfg(test)]
mod tests;
pub mod tools;
mod turn;

pub use desk::Halt;
pub use run_session::run_session;
pub use settle_sessions::SettleSessions;
pub use take_up_sessions::{MAX_WORKING, TakeUpSessions};
