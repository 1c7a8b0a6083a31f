//! The wall clock as the journal writes it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Microseconds since 1970; 0 for a clock before that.
pub(crate) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, micros)
}

/// A length of time in microseconds, capped at the largest that fits.
pub(crate) fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}
