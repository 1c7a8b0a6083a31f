//! The model of sessions that name none, as an administrator chose it in the console: one for the whole server. A choice holds for every turn
//! that begins after it.
//!
//! The service's key lies in the vault; events only say that there is one, or a new one. It goes to no other place than the one it was
//! given for: another provider or address needs it anew, so that nobody can have a kept key sent to a server of their own.

mod event;
mod rules;
#[cfg(test)]
mod tests;

pub use event::*;
pub use rules::{Choice, KeyWish, MAX_ADDRESS_CHARS, MAX_MODEL_CHARS, ModelCommand, ModelRejection, ModelSetup};

use crate::kernel::Decider;

/// The decider of the stream `model-default`.
pub struct ModelDecider;

impl Decider for ModelDecider {
    const TYPE: &'static str = "model";
    type Command = ModelCommand;
    type Event = ModelEvent;
    type State = ModelSetup;
    type Rejection = ModelRejection;

    fn decide(state: &ModelSetup, command: ModelCommand) -> Result<Vec<ModelEvent>, ModelRejection> {
        rules::decide(state, command)
    }
    fn evolve(state: &mut ModelSetup, event: &ModelEvent) {
        rules::evolve(state, event);
    }
}
