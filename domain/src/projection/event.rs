//! The facts of a read model's orders.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::{AccountId, event::events};

events! {
    ProjectionEvent {
        RetryOrdered = "projection.retry_ordered" v 1,
        SkipOrdered = "projection.skip_ordered" v 1,
    }
}

/// The stream is to be applied again from where it was parked.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RetryOrdered {
    /// Name of the read model.
    pub projection: String,
    /// The parked stream.
    pub stream: String,
    /// Place in the journal of the event that could not be applied.
    pub position: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub ordered_by: AccountId,
}

/// The event does not count for the read model; the stream goes on behind it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SkipOrdered {
    /// Name of the read model.
    pub projection: String,
    /// The parked stream.
    pub stream: String,
    /// Place in the journal of the event that is left out.
    pub position: u64,
    pub reason: String,
    pub ordered_by: AccountId,
}
