//! Times as clients see them.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serializer;

/// RFC 3339, UTC, six digits. A time outside the calendar (about 262,000 years either way) shows as 1970.
pub fn rfc3339(micros: i64) -> String {
    DateTime::<Utc>::from_timestamp_micros(micros).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// For `#[serde(serialize_with)]`.
pub(crate) fn serialize<S: Serializer>(micros: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&rfc3339(*micros))
}
