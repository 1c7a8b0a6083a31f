//! Paths as callers write them: relative, `/` between names, checked before the kernel sees them.

use super::error::FileError;

/// Longest path in bytes: the kernel's PATH_MAX less the closing NUL.
pub(super) const MAX_PATH_BYTES: usize = 4095;
/// Longest single name in bytes (NAME_MAX of every Linux file system).
pub(super) const MAX_NAME_BYTES: usize = 255;

/// A path relative to the root without `..`, empty names or `.`; the empty one is the root itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ProjectPath(String);

impl ProjectPath {
    /// A path to a folder (or anything): may be empty or `.`, may end with one `/`.
    pub(super) fn parse(text: &str) -> Result<Self, FileError> {
        let refuse = |why: &str| Err(FileError::forbidden(text.escape_debug().to_string(), why));
        if text.len() > MAX_PATH_BYTES {
            let start: String = text.chars().take(64).collect();
            return Err(FileError::forbidden(format!("{start}…"), "the path is longer than 4095 bytes"));
        }
        if text.contains('\0') {
            return refuse("a path cannot contain a NUL character");
        }
        if text.starts_with('/') {
            return refuse("is absolute; use a path relative to the project");
        }
        let mut names = Vec::new();
        for name in text.strip_suffix('/').unwrap_or(text).split('/') {
            match name {
                "" if text.is_empty() => {}
                "" => return refuse("has an empty name between two slashes"),
                "." => {}
                ".." => return refuse("`..` is not allowed; use a path relative to the project"),
                long if long.len() > MAX_NAME_BYTES => return refuse("a name is longer than 255 bytes"),
                name => names.push(name),
            }
        }
        Ok(Self(names.join("/")))
    }

    /// A path to a file: not empty, no `/` or `/.` at the end.
    pub(super) fn file(text: &str) -> Result<Self, FileError> {
        let path = Self::parse(text)?;
        if path.0.is_empty() {
            return Err(FileError::invalid(text, "names the project itself; name a file in it"));
        }
        if text.ends_with('/') || text.ends_with("/.") {
            return Err(FileError::invalid(text, "names a folder; name a file"));
        }
        Ok(path)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// What the kernel gets: `.` for the root.
    pub(super) fn for_kernel(&self) -> &str {
        if self.0.is_empty() { "." } else { &self.0 }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|name| !name.is_empty())
    }

    /// The last name; empty for the root.
    pub(super) fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The folder that holds it; the root's is the root.
    pub(super) fn parent(&self) -> ProjectPath {
        Self(self.0.rsplit_once('/').map(|(parent, _)| parent.to_owned()).unwrap_or_default())
    }

    /// Every folder on the way from the root to this path, this path included: `a`, `a/b`, `a/b/c`.
    pub(super) fn prefixes(&self) -> impl Iterator<Item = ProjectPath> {
        let ends = self.0.match_indices('/').map(|(at, _)| at);
        let whole = (!self.0.is_empty()).then_some(self.0.len());
        ends.chain(whole).map(|end| Self(self.0[..end].to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dots_and_a_closing_slash_are_dropped() {
        for text in ["a/b", "./a/b", "a/./b", "a/b/", "a/b/."] {
            assert_eq!(ProjectPath::parse(text).expect(text).as_str(), "a/b");
        }
        for text in ["", ".", "./"] {
            assert_eq!(ProjectPath::parse(text).expect(text).for_kernel(), ".");
        }
    }

    #[test]
    fn what_cannot_be_a_path_is_refused() {
        let long = "a".repeat(256);
        let deep = "a/".repeat(2048);
        for text in ["/", "/etc/passwd", "..", "a/../b", "a/..", "a//b", "//", "a//", "a\0b", &long, &deep] {
            assert!(matches!(ProjectPath::parse(text), Err(FileError::Forbidden { .. })), "{text:?}");
        }
        for text in ["", ".", "a/", "a/."] {
            assert!(matches!(ProjectPath::file(text), Err(FileError::Invalid { .. })), "{text:?}");
        }
        assert!(ProjectPath::parse(&"a".repeat(255)).is_ok());
    }

    #[test]
    fn prefixes_go_from_the_root_down() {
        let path = ProjectPath::parse("a/b/c").expect("path");
        assert_eq!(path.prefixes().map(|prefix| prefix.0).collect::<Vec<_>>(), ["a", "a/b", "a/b/c"]);
        assert_eq!(ProjectPath::parse("").expect("path").prefixes().count(), 0);
        assert_eq!((path.name(), path.parent().as_str()), ("c", "a/b"));
    }

    proptest! {
        #[test]
        fn an_accepted_path_is_clean(text in "[a./\\x00\n ]{0,12}") {
            if let Ok(path) = ProjectPath::parse(&text) {
                prop_assert!(!path.as_str().starts_with('/') && !path.as_str().ends_with('/'));
                prop_assert!(path.names().all(|name| name != "." && name != ".." && !name.contains('\0')));
                prop_assert_eq!(ProjectPath::parse(path.as_str()).expect("again"), path);
            }
        }
    }
}
