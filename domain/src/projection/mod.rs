//! Orders of those who run the platform to a read model: what becomes of streams that it has set aside (parked).
//!
//! An event that cannot be applied parks its stream for the read model that failed at it; later events of the stream wait behind it. Once the
//! reason is mended the stream is *retried* from that event on. Where it cannot be mended the event is *skipped*, with a reason: for this read
//! model it does not count any more, whenever the model is read from the journal, so that one built from nothing comes to the same rows.
//!
//! Orders are events, so that it is told for ever who left what out and why, and so that every process obeys them at the same place of the
//! journal. Which streams are parked is known to the read models alone; an order names the event that it found its stream parked at, and says
//! nothing where that is not so any more.

mod event;
mod rules;
#[cfg(test)]
mod tests;

pub use event::*;
pub use rules::{Orders, ProjectionCommand, ProjectionRejection};

use crate::kernel::Decider;

/// The decider of the stream `projection-<name of the read model>`.
pub struct ProjectionDecider;

impl Decider for ProjectionDecider {
    const TYPE: &'static str = "projection";
    type Command = ProjectionCommand;
    type Event = ProjectionEvent;
    type State = Orders;
    type Rejection = ProjectionRejection;

    fn decide(state: &Orders, command: ProjectionCommand) -> Result<Vec<ProjectionEvent>, ProjectionRejection> {
        rules::decide(state, command)
    }
    fn evolve(state: &mut Orders, event: &ProjectionEvent) {
        rules::evolve(state, event);
    }
}
