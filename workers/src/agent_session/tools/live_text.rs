//! What a running command prints, as text for who watches: whole characters, and no more than a person would read.

/// Most of one command's output that is shown while it runs, in bytes; the event at its end tells the rest.
pub(super) const MAX_SHOWN: usize = 256 * 1024;

#[derive(Default)]
pub(super) struct LiveText {
    /// The beginning of a character whose end has not come yet.
    begun: Vec<u8>,
    shown: usize,
}

impl LiveText {
    /// The text of these bytes, after those before; invalid UTF-8 is replaced.
    pub(super) fn push(&mut self, bytes: &[u8]) -> String {
        if self.shown >= MAX_SHOWN {
            return String::new();
        }
        self.begun.extend_from_slice(bytes);
        let mut text = String::new();
        let mut rest = self.begun.as_slice();
        while !rest.is_empty() {
            match std::str::from_utf8(rest) {
                Ok(whole) => {
                    text.push_str(whole);
                    rest = &[];
                }
                Err(error) => {
                    let (whole, after) = rest.split_at(error.valid_up_to());
                    text.push_str(&String::from_utf8_lossy(whole));
                    rest = after;
                    let Some(bad) = error.error_len() else { break };
                    text.push(char::REPLACEMENT_CHARACTER);
                    rest = &rest[bad..];
                }
            }
        }
        self.begun = rest.to_vec();
        self.shown += text.len();
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_character_cut_in_two_is_one() {
        let mut text = LiveText::default();
        let bytes = "aö→🙂".as_bytes();
        let pieces: String = bytes.iter().map(|byte| text.push(&[*byte])).collect();
        assert_eq!(pieces, "aö→🙂");
        assert_eq!(text.push(b"\xff\xc3"), "\u{fffd}");
        assert_eq!(text.push(b"x"), "\u{fffd}x");
    }

    #[test]
    fn an_endless_output_is_shown_in_part() {
        let mut text = LiveText::default();
        let shown: usize = (0..1000).map(|_| text.push(&[b'x'; 1024]).len()).sum();
        assert_eq!(shown, MAX_SHOWN);
    }

    proptest! {
        #[test]
        fn in_whatever_pieces_it_is_the_same(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9), 0..20)) {
            let mut text = LiveText::default();
            let shown: String = pieces.iter().map(|piece| text.push(piece)).collect();
            let all = String::from_utf8_lossy(&pieces.concat()).into_owned();
            prop_assert!(all.starts_with(&shown) && all[shown.len()..].chars().all(|c| c == char::REPLACEMENT_CHARACTER));
        }
    }
}
