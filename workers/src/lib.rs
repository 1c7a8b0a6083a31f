//! The hands: event in, effect out, command back.
//!
//! Sessions are run ([`agent_session`]) and projects prepared ([`project`]) by reconcilers, which the [`supervisor`] keeps going;
//! [`start`] begins them all. What a relay brings from other processes comes in by `take_work`. What was forgotten is kept so by [`keep_forgotten`]. The systems outside are in [`outside`].

pub mod agent_session;
pub(crate) mod crash;
pub mod keep_forgotten;
pub mod outside;
pub mod project;
pub mod reconciler;
mod start;
pub mod supervisor;
mod take_work;

#[cfg(test)]
mod test_world;

pub use start::{Hands, start};
pub use take_work::MAKES_WORK;

/// Whether this build has the feature `crash-points`, which only tests ask for.
pub const HAS_CRASH_POINTS: bool = cfg!(feature = "crash-points");
