//! Orders of those who run the platform to a consumer that several workers share: what becomes of streams that it has set aside (parked).
//!
//! An event that a consumer cannot handle parks its stream for that consumer; later events of the stream wait behind it. Once the reason is mended
//! the stream is *retried* from that event on. Where it cannot be mended the event is *skipped*, with a reason, and the consumer goes on behind it.
//! Nothing is built from a consumer, so a skip leaves the event out this once: a consumer that is begun anew, or a journal that was set back
//! to before the event, brings it again.
//!
//! Orders are events, so that it is told for ever who left what out and why. What is parked is known to the consumer alone, and so is the order
//! that it is to carry out: it is written together with the event. An order names the event that it found its stream parked at, and says
//! nothing where that is not so any more; of several that wait to be carried out the newest counts.

mod event;
mod rules;
#[cfg(test)]
mod tests;

pub use event::*;
pub use rules::{ConsumerCommand, ConsumerRejection, Orders};

use crate::kernel::Decider;

/// The decider of the stream `consumer-<name of the consumer>`.
pub struct ConsumerDecider;

impl Decider for ConsumerDecider {
    const TYPE: &'static str = "consumer";
    type Command = ConsumerCommand;
    type Event = ConsumerEvent;
    type State = Orders;
    type Rejection = ConsumerRejection;

    fn decide(_: &Orders, command: ConsumerCommand) -> Result<Vec<ConsumerEvent>, ConsumerRejection> {
        rules::decide(command)
    }
    fn evolve(_: &mut Orders, event: &ConsumerEvent) {
        match event {
            ConsumerEvent::RetryOrdered(_) | ConsumerEvent::SkipOrdered(_) => {}
        }
    }
}
