//! Points of the past.

use clap::Args;

/// A point of the past, seen with the rights of today.
#[derive(Args, Default)]
pub struct LookBack {
    /// Look back: as of this position, cursor or time (RFC 3339)
    #[arg(long, value_name = "POINT")]
    pub as_of: Option<String>,
}

impl LookBack {
    /// As a query parameter.
    pub fn parameter(&self) -> Option<(&'static str, String)> {
        self.as_of.clone().map(|point| ("as_of", point))
    }
}
