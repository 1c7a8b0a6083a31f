//! The rules of orders to a consumer.

use serde::{Deserialize, Serialize};

use super::event::*;
use crate::kernel::{AccountId, MAX_REASON_CHARS, Rejection, RejectionKind, checked_reason};

/// An order about a stream. `parked`: as the consumer says, the stream is parked at this very event.
#[derive(Clone, PartialEq, Debug)]
pub enum ConsumerCommand {
    Retry { consumer: String, stream: String, position: u64, parked: bool, reason: Option<String>, by: AccountId },
    Skip { consumer: String, stream: String, position: u64, parked: bool, reason: String, by: AccountId },
}

/// No order rests on those before it: a stream may be parked again as often as it fails.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Orders {}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ConsumerRejection {
    #[error("the stream is not parked at that event; look at the list of parked streams again")]
    NotParked,
    #[error("the reason must have 1 to {MAX_REASON_CHARS} characters and none of control")]
    BadReason,
}

impl Rejection for ConsumerRejection {
    fn code(&self) -> &'static str {
        match self {
            ConsumerRejection::NotParked => "not_parked",
            ConsumerRejection::BadReason => "bad_reason",
        }
    }
    fn kind(&self) -> RejectionKind {
        match self {
            ConsumerRejection::NotParked => RejectionKind::State,
            ConsumerRejection::BadReason => RejectionKind::Invalid { pointer: "/reason" },
        }
    }
}

pub(super) fn decide(command: ConsumerCommand) -> Result<Vec<ConsumerEvent>, ConsumerRejection> {
    let reasoned = |reason: &str| checked_reason(reason).ok_or(ConsumerRejection::BadReason);
    let still = |parked: bool| if parked { Ok(()) } else { Err(ConsumerRejection::NotParked) };
    Ok(vec![match command {
        ConsumerCommand::Retry { consumer, stream, position, parked, reason, by } => {
            let reason = reason.as_deref().map(reasoned).transpose()?;
            still(parked)?;
            RetryOrdered { consumer, stream, position, reason, ordered_by: by }.into()
        }
        ConsumerCommand::Skip { consumer, stream, position, parked, reason, by } => {
            let reason = reasoned(&reason)?;
            still(parked)?;
            SkipOrdered { consumer, stream, position, reason, ordered_by: by }.into()
        }
    }])
}
