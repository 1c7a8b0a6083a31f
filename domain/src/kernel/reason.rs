//! Why something that cannot be taken back was done, in a person's words. It stays readable for ever, so it should name nobody.

/// Longest reason, in characters.
pub const MAX_REASON_CHARS: usize = 500;

/// Trimmed; `None` unless it has 1 to [`MAX_REASON_CHARS`] characters and none of control.
pub fn checked_reason(text: &str) -> Option<String> {
    let text = text.trim();
    let chars = text.chars().count();
    (chars > 0 && chars <= MAX_REASON_CHARS && !text.chars().any(char::is_control)).then(|| text.to_owned())
}
