//! Names of files as text. A name on Linux is any bytes but `/` and NUL; what people and programs are told is text, and by that text they
//! name the file again.
//!
//! A byte that is no UTF-8 is told as `\xff` (two small hexadecimal digits). Everything else is told as it is, but for backslashes that
//! would be taken for the beginning of such a byte: those directly before one, and those before an `x` and two such digits, are doubled.
//! So no two names are told alike, and what is told leads back to the name. Only bytes from 0x80 on are told so, hence no text can mean a
//! slash or a dot that is not seen in it.

/// The text of a name or path.
pub fn told(raw: &[u8]) -> String {
    let mut text = String::with_capacity(raw.len());
    // Backslashes at the end of `text` that are not followed by anything yet.
    let mut run = 0;
    for chunk in raw.utf8_chunks() {
        let valid = chunk.valid();
        for (at, character) in valid.char_indices() {
            if character == '\\' {
                run += 1;
            } else {
                if byte_of(&valid.as_bytes()[at..]).is_some() {
                    text.extend(std::iter::repeat_n('\\', run));
                }
                run = 0;
            }
            text.push(character);
        }
        for byte in chunk.invalid() {
            text.extend(std::iter::repeat_n('\\', run));
            run = 0;
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

/// The name or path that a text tells.
pub fn meant(text: &str) -> Vec<u8> {
    let mut raw = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let run = rest.iter().take_while(|byte| **byte == b'\\').count();
        match byte_of(&rest[run..]) {
            Some(byte) if run > 0 => {
                raw.extend(std::iter::repeat_n(b'\\', run / 2));
                if run % 2 == 1 {
                    raw.push(byte);
                    rest = &rest[run + 3..];
                } else {
                    rest = &rest[run..];
                }
            }
            _ => {
                let length = run.max(1);
                raw.extend_from_slice(&rest[..length]);
                rest = &rest[length..];
            }
        }
    }
    raw
}

/// The byte that `x` and two digits at the beginning tell, if it is one that can be told so.
fn byte_of(text: &[u8]) -> Option<u8> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    match text {
        [b'x', high, low, ..] => Some(digit(*high)? << 4 | digit(*low)?).filter(|byte| *byte >= 0x80),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_what_would_be_ambiguous_is_told_otherwise() {
        for (raw, text) in [
            (b"a/b c.txt".as_slice(), "a/b c.txt"),
            ("gr\u{fc}n".as_bytes(), "gr\u{fc}n"),
            (b"\xff", "\\xff"),
            (b"gr\xfcn.txt", "gr\\xfcn.txt"),
            (b"\\", "\\"),
            (b"C:\\x\\\\", "C:\\x\\\\"),
            (b"\\x41\\xFF\\xf", "\\x41\\xFF\\xf"),
            // A name in which it stands as letters, and one with a backslash before the byte.
            (b"\\xff", "\\\\xff"),
            (b"\\\xff", "\\\\\\xff"),
            (b"\\\\xff", "\\\\\\\\xff"),
            (b"\xe2\x82/\xac", "\\xe2\\x82/\\xac"),
        ] {
            assert_eq!(told(raw), text);
            assert_eq!(meant(text), raw);
        }
    }

    /// Names made of what is told in a special way.
    fn hard() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            Just(b"\\".to_vec()),
            Just(b"x".to_vec()),
            Just(b"f".to_vec()),
            Just(b"8".to_vec()),
            Just(b"0".to_vec()),
            Just(b"\xff".to_vec()),
            Just("\u{fc}".as_bytes().to_vec()),
            any::<u8>().prop_map(|byte| vec![byte]),
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn what_is_told_leads_back_to_the_name(raw in prop_oneof![hard(), proptest::collection::vec(any::<u8>(), 0..40)]) {
            let text = told(&raw);
            prop_assert_eq!(meant(&text), raw.clone());
            if std::str::from_utf8(&raw).is_ok_and(|text| !text.contains('\\')) {
                prop_assert_eq!(text.as_bytes(), raw);
            }
        }

        #[test]
        fn no_two_names_are_told_alike(one in hard(), other in hard()) {
            prop_assert_eq!(told(&one) == told(&other), one == other);
        }

        #[test]
        fn no_text_means_a_slash_a_dot_or_a_nul_that_is_not_in_it(text in "[\\\\xf80/.\\x00é]{0,16}") {
            let count = |bytes: &[u8], wanted: u8| bytes.iter().filter(|byte| **byte == wanted).count();
            let raw = meant(&text);
            for byte in [b'/', b'.', 0] {
                prop_assert_eq!(count(&raw, byte), count(text.as_bytes(), byte));
            }
        }
    }
}
