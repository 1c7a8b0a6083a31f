//! An agent session: a task given to a model that works in a project through tools, under a budget, with people asked before
//! effects, until it is done, fails, is cancelled or has used up its limits.
//!
//! Phases: `queued` (waits for the project) → `running` ⇄ `waiting_approval` | `paused` → `completed | failed | cancelled |
//! limit_reached`. A message to a finished session queues it again with a fresh budget.
//!
//! Invariants: one project runs one session at a time (held by the worker's lease, not here); a turn's calls are settled in order, each
//! started before it has effects and completed exactly once; at most one question is open; a turn is not started while calls are
//! unsettled, a question is open, cancellation is asked for or a limit is used up.
//!
//! **Files.** Each call with effects is followed by a capture of the files ([`workspace`]), and [`Snapshots`] says which files belong to which
//! event. A finished session can be undone to an event; any session can be forked at one. A fork has a working copy of its own, which
//! can be merged into its origin's or thrown away. The origin is told of a merge ([`Merges`]) and can go back to before it. While an undo or a merge is open nothing else moves the session.

pub mod command;
mod decide;
pub mod event;
mod merges;
pub mod message;
pub mod rejection;
pub mod snapshots;
pub mod state;
#[cfg(test)]
mod tests;
pub mod transcript;
pub mod workspace;

pub use command::AgentSessionCommand;
pub use event::AgentSessionEvent;
pub use merges::Merges;
pub use rejection::AgentSessionRejection;
pub use snapshots::{Point, Snapshots};
pub use state::{AgentSession, Core, Ending, Status};
pub use transcript::Transcript;

use crate::kernel::Decider;

/// The decider of the stream `agent_session-<id>`.
pub struct AgentSessionDecider;

impl Decider for AgentSessionDecider {
    const TYPE: &'static str = "agent_session";
    type Command = AgentSessionCommand;
    type Event = AgentSessionEvent;
    type State = AgentSession;
    type Rejection = AgentSessionRejection;

    fn decide(state: &AgentSession, command: AgentSessionCommand) -> Result<Vec<AgentSessionEvent>, AgentSessionRejection> {
        decide::decide(state, command)
    }
    fn evolve(state: &mut AgentSession, event: &AgentSessionEvent) {
        state::evolve(state, event);
    }
}
