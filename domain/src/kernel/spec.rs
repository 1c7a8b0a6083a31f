//! Given a history, when a wish comes, then these events, or this refusal: the form of every rule's test.

use super::{Decider, decider::fold};

/// `given(events).when(command)`.
pub fn given<D: Decider>(history: impl IntoIterator<Item = D::Event>) -> Given<D> {
    Given { history: history.into_iter().collect() }
}

pub struct Given<D: Decider> {
    history: Vec<D::Event>,
}

impl<D: Decider> Given<D> {
    pub fn when(self, command: D::Command) -> Outcome<D> {
        let state = fold::<D>(&self.history);
        Outcome { result: D::decide(&state, command) }
    }
}

pub struct Outcome<D: Decider> {
    result: Result<Vec<D::Event>, D::Rejection>,
}

impl<D: Decider> Outcome<D> {
    #[track_caller]
    pub fn then(self, expected: impl IntoIterator<Item = D::Event>) {
        let expected: Vec<_> = expected.into_iter().collect();
        assert_eq!(self.result.expect("the wish was refused"), expected);
    }
    #[track_caller]
    pub fn then_nothing(self) {
        self.then([]);
    }
    #[track_caller]
    pub fn then_refused(self, expected: D::Rejection) {
        assert_eq!(self.result.expect_err("the wish was granted"), expected);
    }
}
