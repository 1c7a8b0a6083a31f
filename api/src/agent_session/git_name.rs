//! Names of files in the headers of a diff, as git writes them.

use std::fmt::Write as _;

/// A path that is told (`\xff` for a byte that is no UTF-8) as it stands behind `---` or `+++`. One with control characters, quotes,
/// backslashes or such bytes is quoted, so that no name can end its line and begin another; behind one with a space stands a tab, so that
/// what follows the space is not taken for a time.
pub(super) fn git_name(told: &str) -> String {
    let mut quoted = String::with_capacity(told.len() + 2);
    let mut rest = told;
    let plain = !told.chars().any(|character| character.is_control() || matches!(character, '\\' | '"'));
    while let Some(character) = rest.chars().next() {
        let run = rest.bytes().take_while(|byte| *byte == b'\\').count();
        let behind = &rest[run..];
        match (run, byte_of(behind)) {
            // Doubled, because a byte could be meant; the last of an odd number begins one.
            (1.., Some(byte)) => {
                quoted.extend(std::iter::repeat_n("\\\\", run / 2));
                rest = behind;
                if run % 2 == 1 {
                    _ = write!(quoted, "\\{byte:03o}");
                    rest = &behind[3..];
                }
            }
            (1.., None) => {
                quoted.extend(std::iter::repeat_n("\\\\", run));
                rest = behind;
            }
            (0, _) => {
                push(&mut quoted, character);
                rest = &rest[character.len_utf8()..];
            }
        }
    }
    if !plain {
        return format!("\"{quoted}\"");
    }
    if quoted.contains(' ') {
        quoted.push('\t');
    }
    quoted
}

fn push(quoted: &mut String, character: char) {
    match character {
        '\u{7}' => quoted.push_str("\\a"),
        '\u{8}' => quoted.push_str("\\b"),
        '\t' => quoted.push_str("\\t"),
        '\n' => quoted.push_str("\\n"),
        '\u{b}' => quoted.push_str("\\v"),
        '\u{c}' => quoted.push_str("\\f"),
        '\r' => quoted.push_str("\\r"),
        '"' => quoted.push_str("\\\""),
        character if character.is_control() => {
            // Those from U+0080 on have two bytes, of which git tells each.
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                _ = write!(quoted, "\\{byte:03o}");
            }
        }
        character => quoted.push(character),
    }
}

/// The byte that `x` and two digits tell, if it is one that is told so.
fn byte_of(text: &str) -> Option<u8> {
    let digits = text.strip_prefix('x')?.get(..2)?;
    let told = digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    u8::from_str_radix(digits, 16).ok().filter(|byte| told && *byte >= 0x80)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_quoted_as_git_does() {
        for (told, quoted) in [
            ("a/x.rs", "a/x.rs"),
            ("a/gr\u{fc}n", "a/gr\u{fc}n"),
            ("a/two words", "a/two words\t"),
            ("a/1\n+++ b/2", "\"a/1\\n+++ b/2\""),
            ("a/\t\"\u{1b}[1m\u{7f}\u{9b}", "\"a/\\t\\\"\\033[1m\\177\\302\\233\""),
            ("a/b\\c", "\"a/b\\\\c\""),
            ("a/\\xff", "\"a/\\377\""),
            ("a/\\\\xff", "\"a/\\\\xff\""),
            ("a/\\\\\\xff", "\"a/\\\\\\377\""),
        ] {
            assert_eq!(git_name(told), quoted);
        }
    }

    /// What git reads of a name behind `---` or `+++`.
    fn read_by_git(quoted: &str) -> Vec<u8> {
        let Some(inner) = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
            return quoted.strip_suffix('\t').unwrap_or(quoted).into();
        };
        let (mut raw, mut rest) = (Vec::new(), inner.as_bytes());
        while let Some((first, behind)) = rest.split_first() {
            rest = behind;
            if *first != b'\\' {
                raw.push(*first);
                continue;
            }
            let letters = [(b'a', 7), (b'b', 8), (b't', 9), (b'n', 10), (b'v', 11), (b'f', 12), (b'r', 13), (b'"', b'"'), (b'\\', b'\\')];
            if let Some((_, byte)) = letters.iter().find(|(letter, _)| *letter == rest[0]) {
                raw.push(*byte);
                rest = &rest[1..];
            } else {
                raw.push(rest[..3].iter().fold(0, |byte, digit| byte << 3 | (digit - b'0')));
                rest = &rest[3..];
            }
        }
        raw
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2048))]

        /// The escaped bytes are read here and where names are told and meant (`csi`); both must read them alike.
        #[test]
        fn git_reads_the_name_that_is_meant(told in "[\\PC\\n\"\\\\xf80é ]{0,16}|[\\\\xf8]{0,12}") {
            prop_assert_eq!(read_by_git(&git_name(&told)), opensail_csi::names::meant(&told));
        }

        #[test]
        fn no_name_ends_its_line_or_its_quotes(told in "[\\PC\\n\\r\"\\\\xf8\u{1b}\u{85} ]{0,24}") {
            let quoted = git_name(&told);
            let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            let name = inner.unwrap_or_else(|| quoted.strip_suffix('\t').unwrap_or(&quoted));
            prop_assert!(!name.chars().any(char::is_control), "{quoted:?}");
            let mut escaped = false;
            for character in name.chars() {
                prop_assert!(escaped || character != '"');
                escaped = character == '\\' && !escaped;
            }
            prop_assert!(!escaped);
        }
    }
}
