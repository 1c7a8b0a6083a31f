//! The facts of orders to a consumer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::{AccountId, event::events};

events! {
    ConsumerEvent {
        RetryOrdered = "consumer.retry_ordered" v 1,
        SkipOrdered = "consumer.skip_ordered" v 1,
    }
}

/// The stream is to be handled again from where it was parked.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RetryOrdered {
    /// Name of the consumer.
    pub consumer: String,
    /// The parked stream.
    pub stream: String,
    /// Place in the journal of the event that could not be handled.
    pub position: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub ordered_by: AccountId,
}

/// The consumer is to go on behind the event, without having handled it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SkipOrdered {
    /// Name of the consumer.
    pub consumer: String,
    /// The parked stream.
    pub stream: String,
    /// Place in the journal of the event that is left out.
    pub position: u64,
    pub reason: String,
    pub ordered_by: AccountId,
}
