//! What is asked about a parked stream, whoever has set it aside.

use serde::Deserialize;
use utoipa::ToSchema;

/// To be tried again.
#[derive(Deserialize, ToSchema)]
pub(crate) struct RetryOrder {
    /// Of the event that the stream is parked at.
    pub(crate) position: u64,
    /// 1 to 500 characters; readable for ever, so it should name nobody.
    #[serde(default)]
    pub(crate) reason: Option<String>,
}

/// To be left out.
#[derive(Deserialize, ToSchema)]
pub(crate) struct SkipOrder {
    /// Of the event that the stream is parked at.
    pub(crate) position: u64,
    /// 1 to 500 characters; readable for ever, so it should name nobody.
    pub(crate) reason: String,
}
