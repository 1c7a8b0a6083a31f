//! The rules of orders to the queue of work.

use serde::{Deserialize, Serialize};

use super::event::*;
use crate::kernel::{AccountId, Rejection, RejectionKind};

#[derive(Clone, PartialEq, Debug)]
pub enum WorkCommand {
    /// `parked`: the queue says that it has set the piece aside.
    Retry { piece: String, parked: bool, by: AccountId },
}

/// No order rests on those before it: a piece may be parked again as often as it fails.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Piece {}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WorkRejection {
    #[error("no such piece of work is parked; look at the list again")]
    NotParked,
}

impl Rejection for WorkRejection {
    fn code(&self) -> &'static str {
        match self {
            WorkRejection::NotParked => "not_parked",
        }
    }
    fn kind(&self) -> RejectionKind {
        match self {
            WorkRejection::NotParked => RejectionKind::State,
        }
    }
}

pub(super) fn decide(command: WorkCommand) -> Result<Vec<WorkEvent>, WorkRejection> {
    match command {
        WorkCommand::Retry { parked: false, .. } => Err(WorkRejection::NotParked),
        WorkCommand::Retry { piece, parked: true, by } => Ok(vec![RetryOrdered { piece, ordered_by: by }.into()]),
    }
}
