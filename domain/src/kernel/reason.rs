//! Why something that cannot be taken back was done, in a person's words. It stays readable for ever, so it should name nobody.

use super::checked_name;

/// Longest reason, in characters.
pub const MAX_REASON_CHARS: usize = 500;

/// Trimmed; `None` unless it has 1 to [`MAX_REASON_CHARS`] characters and none that is unseen.
pub fn checked_reason(text: &str) -> Option<String> {
    checked_name(text, MAX_REASON_CHARS)
}
