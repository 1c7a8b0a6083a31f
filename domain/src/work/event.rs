//! The facts of orders to the queue of work.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::{AccountId, event::events};

events! {
    WorkEvent {
        RetryOrdered = "work.retry_ordered" v 1,
    }
}

/// The piece is to be delivered to workers again.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RetryOrdered {
    /// Cursor of the event that made the piece.
    pub piece: String,
    pub ordered_by: AccountId,
}
