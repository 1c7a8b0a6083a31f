//! The rules of a read model's orders.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::event::*;
use crate::kernel::{AccountId, MAX_REASON_CHARS, Rejection, RejectionKind, checked_reason};

/// An order about a stream. `parked`: as the read model says, the stream is parked at this very event.
#[derive(Clone, PartialEq, Debug)]
pub enum ProjectionCommand {
    Retry { projection: String, stream: String, position: u64, parked: bool, reason: Option<String>, by: AccountId },
    Skip { projection: String, stream: String, position: u64, parked: bool, reason: String, by: AccountId },
}

/// Places of the events that do not count.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Orders {
    skipped: BTreeSet<u64>,
}

impl Orders {
    pub fn skipped(&self) -> &BTreeSet<u64> {
        &self.skipped
    }
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProjectionRejection {
    #[error("the stream is not parked at that event; look at the list of parked streams again")]
    NotParked,
    #[error("the reason must have 1 to {MAX_REASON_CHARS} characters and none of control")]
    BadReason,
}

impl Rejection for ProjectionRejection {
    fn code(&self) -> &'static str {
        match self {
            ProjectionRejection::NotParked => "not_parked",
            ProjectionRejection::BadReason => "bad_reason",
        }
    }
    fn kind(&self) -> RejectionKind {
        match self {
            ProjectionRejection::NotParked => RejectionKind::State,
            ProjectionRejection::BadReason => RejectionKind::Invalid { pointer: "/reason" },
        }
    }
}

pub(super) fn decide(state: &Orders, command: ProjectionCommand) -> Result<Vec<ProjectionEvent>, ProjectionRejection> {
    let reasoned = |reason: &str| checked_reason(reason).ok_or(ProjectionRejection::BadReason);
    match command {
        ProjectionCommand::Retry { projection, stream, position, parked, reason, by } => {
            let reason = reason.as_deref().map(reasoned).transpose()?;
            // What was left out is not tried again: for the read model it is no event any more.
            if !parked || state.skipped.contains(&position) {
                return Err(ProjectionRejection::NotParked);
            }
            Ok(vec![RetryOrdered { projection, stream, position, reason, ordered_by: by }.into()])
        }
        ProjectionCommand::Skip { projection, stream, position, parked, reason, by } => {
            let reason = reasoned(&reason)?;
            if state.skipped.contains(&position) {
                return Ok(vec![]);
            }
            if !parked {
                return Err(ProjectionRejection::NotParked);
            }
            Ok(vec![SkipOrdered { projection, stream, position, reason, ordered_by: by }.into()])
        }
    }
}

pub(super) fn evolve(state: &mut Orders, event: &ProjectionEvent) {
    match event {
        ProjectionEvent::RetryOrdered(_) => {}
        ProjectionEvent::SkipOrdered(e) => {
            state.skipped.insert(e.position);
        }
    }
}
