//! Times on the wire: RFC 3339, UTC, six digits.

use chrono::{DateTime, SecondsFormat, Utc};
use opensail_domain::kernel::Micros;

pub(crate) fn rfc3339(micros: Micros) -> String {
    DateTime::<Utc>::from_timestamp_micros(micros).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Microseconds since 1970.
pub(crate) fn parse(text: &str) -> Option<Micros> {
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_six_digits() {
        assert_eq!(rfc3339(1_700_000_000_000_001), "2023-11-14T22:13:20.000001Z");
        assert_eq!(parse("2023-11-14T23:13:20.000001+01:00"), Some(1_700_000_000_000_001));
        assert_eq!(parse("yesterday"), None);
    }
}
