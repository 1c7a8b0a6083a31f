//! The shape of every aggregate: decide what follows from a wish, evolve by what has happened.

use serde::{Serialize, de::DeserializeOwned};

use super::{Event, Rejection};

pub trait Decider: Send + Sync + 'static {
    /// Stream type; the stream is `<TYPE>-<id>`.
    const TYPE: &'static str;
    type Command: Send + Sync + 'static;
    type Event: Event;
    type State: Default + Clone + PartialEq + std::fmt::Debug + Serialize + DeserializeOwned + Send + Sync + 'static;
    type Rejection: Rejection;

    /// Refuses, or accepts with the events that follow; wishing what is already true yields none.
    fn decide(state: &Self::State, command: Self::Command) -> Result<Vec<Self::Event>, Self::Rejection>;

    /// Total: what has happened cannot fail. An event that makes no sense in a state leaves it as it was.
    fn evolve(state: &mut Self::State, event: &Self::Event);
}

/// The state after a history.
pub fn fold<'a, D: Decider>(events: impl IntoIterator<Item = &'a D::Event>) -> D::State
where
    D::Event: 'a,
{
    let mut state = D::State::default();
    for event in events {
        D::evolve(&mut state, event);
    }
    state
}
