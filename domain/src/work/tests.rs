//! Given/when/then of orders to the queue of work.

use super::*;
use crate::kernel::{AccountId, spec::given};
use uuid::Uuid;

const ADA: AccountId = AccountId(Uuid::from_u128(1));
const PIECE: &str = "0199f3a0c8f07d6e8f3f1b2a4c5d6e7f.7";

fn retry(parked: bool) -> WorkCommand {
    WorkCommand::Retry { piece: PIECE.into(), parked, by: ADA }
}
fn retried() -> WorkEvent {
    RetryOrdered { piece: PIECE.into(), ordered_by: ADA }.into()
}

#[test]
fn a_parked_piece_is_retried_as_often_as_wished() {
    given::<WorkDecider>(vec![]).when(retry(true)).then([retried()]);
    given::<WorkDecider>(vec![retried()]).when(retry(true)).then([retried()]);
    given::<WorkDecider>(vec![retried()]).when(retry(false)).then_refused(WorkRejection::NotParked);
}
