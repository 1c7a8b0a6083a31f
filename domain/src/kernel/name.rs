//! Names that people give and others read. What a reader cannot see must not change what is read: a name with a mark that turns the direction of the
//! text about shows as another one ("Trojan Source", CVE-2021-42574).
//!
//! Asked when a name is given, never when an event is read: what was taken once stays.

/// Whether a character is of control (C0, C1), parts lines or paragraphs, or turns the direction of what stands around it (Unicode Standard Annex 9,
/// section 2: the marks, embeddings, overrides and isolates).
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Trimmed; `None` unless it has 1 to `max_chars` characters and none that is [unseen](is_unseen).
pub fn checked_name(text: &str, max_chars: usize) -> Option<String> {
    let text = text.trim();
    let chars = text.chars().count();
    (chars > 0 && chars <= max_chars && !text.chars().any(is_unseen)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_in_no_name() {
        let marks = ['\u{61c}', '\u{200e}', '\u{200f}', '\u{2028}', '\u{2029}'];
        let turns = ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}');
        let control = ('\0'..='\u{1f}').chain('\u{7f}'..='\u{9f}');
        for unseen in marks.into_iter().chain(turns).chain(control) {
            assert_eq!(checked_name(&format!("a{unseen}b"), 10), None, "{unseen:?}");
        }
    }

    #[test]
    fn names_of_all_scripts_are_taken() {
        for name in ["boat", "سفينة", "ספינה", "👩\u{200d}🚀", "e\u{301}"] {
            assert_eq!(checked_name(&format!(" {name} "), 10).as_deref(), Some(name));
        }
        assert_eq!((checked_name(" ", 10), checked_name("longer", 5)), (None, None));
    }
}
