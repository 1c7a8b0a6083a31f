//! Two states of a file as a unified diff.

use std::time::Duration;

use similar::{Algorithm, ChangeTag, TextDiff};

use super::git_name::git_name;

/// Largest side that is compared, in bytes; beyond it only the hashes are told.
pub(crate) const MAX_DIFF_BYTES: usize = 1024 * 1024;
/// After so long the rest is told as replaced.
const PATIENCE: Duration = Duration::from_millis(500);
const CONTEXT_LINES: usize = 3;

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Compared {
    Text { diff: String, added: u64, removed: u64 },
    Binary,
    TooLarge,
}

/// As a diff tells it.
pub(super) struct Told {
    pub(super) binary: bool,
    pub(super) diff: Option<String>,
    /// Why there is none.
    pub(super) no_diff: Option<&'static str>,
    pub(super) lines_added: u64,
    pub(super) lines_removed: u64,
}

impl Told {
    pub(super) fn not(why: &'static str) -> Self {
        Told { binary: false, diff: None, no_diff: Some(why), lines_added: 0, lines_removed: 0 }
    }
}

impl From<Compared> for Told {
    fn from(compared: Compared) -> Self {
        match compared {
            Compared::Text { diff, added, removed } => {
                Told { binary: false, diff: Some(diff), no_diff: None, lines_added: added, lines_removed: removed }
            }
            Compared::Binary => Told { binary: true, ..Told::not("binary") },
            Compared::TooLarge => Told::not("too_large"),
        }
    }
}

pub(crate) fn compare(path: &str, before: Option<&[u8]>, after: Option<&[u8]>) -> Compared {
    let (old, new) = (before.unwrap_or_default(), after.unwrap_or_default());
    if old.len().max(new.len()) > MAX_DIFF_BYTES {
        return Compared::TooLarge;
    }
    let (Some(old), Some(new)) = (text(old), text(new)) else { return Compared::Binary };
    let diff = TextDiff::configure().algorithm(Algorithm::Myers).timeout(PATIENCE).diff_lines(old, new);
    let count = |tag| diff.iter_all_changes().filter(|change| change.tag() == tag).count() as u64;
    let (added, removed) = (count(ChangeTag::Insert), count(ChangeTag::Delete));
    let name = |side: &str, there: bool| if there { git_name(&format!("{side}/{path}")) } else { "/dev/null".into() };
    let (old_name, new_name) = (name("a", before.is_some()), name("b", after.is_some()));
    let diff = diff.unified_diff().context_radius(CONTEXT_LINES).header(&old_name, &new_name).to_string();
    Compared::Text { diff, added, removed }
}

/// As git judges it: a zero byte makes it binary; so does what is not UTF-8.
fn text(bytes: &[u8]) -> Option<&str> {
    if bytes.contains(&0) { None } else { std::str::from_utf8(bytes).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_as_a_unified_diff() {
        let Compared::Text { diff, added, removed } = compare("x.sh", Some(b"a\nb\nc\n"), Some(b"a\nB\nc")) else { panic!() };
        assert_eq!((added, removed), (2, 2));
        assert_eq!(diff, "--- a/x.sh\n+++ b/x.sh\n@@ -1,3 +1,3 @@\n a\n-b\n-c\n+B\n+c\n\\ No newline at end of file\n");
        let Compared::Text { diff, .. } = compare("n", None, Some(b"1\n")) else { panic!() };
        assert!(diff.starts_with("--- /dev/null\n+++ b/n\n"), "{diff}");
    }

    #[test]
    fn what_is_no_text_is_not_compared() {
        assert_eq!(compare("x", Some(b"\0"), Some(b"a")), Compared::Binary);
        assert_eq!(compare("x", None, Some(b"\xff\xfe")), Compared::Binary);
        assert_eq!(compare("x", None, Some(&vec![b'a'; MAX_DIFF_BYTES + 1])), Compared::TooLarge);
    }
}
