//! A glob over paths: `*` and `?` stay within a name, `**` spans folders, `{a,b}` are alternatives. Without a `/` it is
//! matched against the name alone, at any depth (`*.rs` finds all of them), as in `.gitignore`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};

use super::error::FileError;

/// Longest pattern in bytes.
const MAX_PATTERN_BYTES: usize = 1024;

pub(super) struct PathGlob {
    matcher: GlobMatcher,
    name_only: bool,
}

impl PathGlob {
    pub(super) fn parse(pattern: &str) -> Result<Self, FileError> {
        let invalid = |why: String| FileError::invalid("pattern", why);
        if pattern.is_empty() || pattern.len() > MAX_PATTERN_BYTES {
            return Err(invalid(format!("a glob has 1 to {MAX_PATTERN_BYTES} bytes")));
        }
        if pattern.starts_with('/') || pattern.split('/').any(|name| name == "..") {
            return Err(invalid("a glob is relative to the folder it is looked for in, without `..`".into()));
        }
        let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
        let glob = GlobBuilder::new(pattern)
            .literal_separator(true)
            .backslash_escape(true)
            .build()
            .map_err(|error| invalid(format!("not a glob: {}", error.kind())))?;
        Ok(Self { matcher: glob.compile_matcher(), name_only: !pattern.contains('/') })
    }

    /// Whether it matches a path, raw bytes relative to the folder that is searched.
    pub(super) fn matches(&self, path: &[u8]) -> bool {
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
        let subject = if self.name_only { name } else { path };
        self.matcher.is_match(Path::new(OsStr::from_bytes(subject)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_match_anywhere_and_paths_as_written() {
        let matches = |pattern: &str, path: &str| PathGlob::parse(pattern).expect(pattern).matches(path.as_bytes());
        assert!(matches("*.rs", "a/b/c.rs"));
        assert!(matches("**/*.rs", "c.rs"));
        assert!(matches("./a/*.{rs,toml}", "a/x.toml"));
        assert!(!matches("a/*.rs", "a/b/c.rs"));
        assert!(!matches("*.rs", "a.rs/b"));
    }

    #[test]
    fn what_leads_out_or_is_no_glob_is_refused() {
        for pattern in ["", "/etc/*", "../*", "a/../b", "[", "{a", &"a".repeat(1025)] {
            assert!(matches!(PathGlob::parse(pattern), Err(FileError::Invalid { .. })), "{pattern:?}");
        }
    }

    proptest! {
        #[test]
        fn no_pattern_panics(pattern in "[a*?{},\\[\\]!/\\\\-]{0,40}", path in proptest::collection::vec(any::<u8>(), 0..20)) {
            if let Ok(glob) = PathGlob::parse(&pattern) {
                glob.matches(&path);
            }
        }
    }
}
