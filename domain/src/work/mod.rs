//! Orders of those who run the platform to the queue of work: what becomes of a piece that it has set aside (parked), because it was delivered
//! to workers too often without being done.
//!
//! Nothing rests on the queue: what there is to do stands in the journal, and workers find it by looking. A parked piece is a sign that a worker
//! fails at something. Who has it delivered again says so in the journal first, so that it is told for ever who did. What is parked is known to
//! the queue alone, and of what it says nothing is written down but the cursor of the event that the piece stands for.

mod event;
mod rules;
#[cfg(test)]
mod tests;

pub use event::*;
pub use rules::{Piece, WorkCommand, WorkRejection};

use crate::kernel::Decider;

/// The decider of the stream `work-<cursor of the event that made the piece>`.
pub struct WorkDecider;

impl Decider for WorkDecider {
    const TYPE: &'static str = "work";
    type Command = WorkCommand;
    type Event = WorkEvent;
    type State = Piece;
    type Rejection = WorkRejection;

    fn decide(_: &Piece, command: WorkCommand) -> Result<Vec<WorkEvent>, WorkRejection> {
        rules::decide(command)
    }
    fn evolve(_: &mut Piece, event: &WorkEvent) {
        match event {
            WorkEvent::RetryOrdered(_) => {}
        }
    }
}
