//! Paths as callers write them: relative, `/` between names, checked before the kernel sees them. Bytes that are no UTF-8 are written
//! as [`crate::names`] tells them.

use super::error::FileError;
use crate::names;

/// Longest path in bytes: the kernel's PATH_MAX less the closing NUL.
pub(super) const MAX_PATH_BYTES: usize = 4095;
/// Longest single name in bytes (NAME_MAX of every Linux file system).
pub(super) const MAX_NAME_BYTES: usize = 255;

/// A path relative to the root without `..`, empty names or `.`; the empty one is the root itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ProjectPath {
    raw: Vec<u8>,
    /// As it is told.
    text: String,
}

impl ProjectPath {
    /// A path to a folder (or anything): may be empty or `.`, may end with one `/`.
    pub(super) fn parse(text: &str) -> Result<Self, FileError> {
        let refuse = |why: &str| Err(FileError::forbidden(text.escape_debug().to_string(), why));
        let raw = names::meant(text);
        if raw.len() > MAX_PATH_BYTES {
            let start: String = text.chars().take(64).collect();
            return Err(FileError::forbidden(format!("{start}…"), "the path is longer than 4095 bytes"));
        }
        if text.contains('\0') {
            return refuse("a path cannot contain a NUL character");
        }
        if text.starts_with('/') {
            return refuse("is absolute; use a path relative to the project");
        }
        let mut names: Vec<&[u8]> = Vec::new();
        for name in raw.strip_suffix(b"/").unwrap_or(&raw).split(|byte| *byte == b'/') {
            match name {
                b"" if raw.is_empty() => {}
                b"" => return refuse("has an empty name between two slashes"),
                b"." => {}
                b".." => return refuse("`..` is not allowed; use a path relative to the project"),
                long if long.len() > MAX_NAME_BYTES => return refuse("a name is longer than 255 bytes"),
                name => names.push(name),
            }
        }
        Ok(Self::of(names.join(&b'/')))
    }

    fn of(raw: Vec<u8>) -> Self {
        Self { text: names::told(&raw), raw }
    }

    /// A path to a file: not empty, no `/` or `/.` at the end.
    pub(super) fn file(text: &str) -> Result<Self, FileError> {
        let path = Self::parse(text)?;
        if path.raw.is_empty() {
            return Err(FileError::invalid(text, "names the project itself; name a file in it"));
        }
        if text.ends_with('/') || text.ends_with("/.") {
            return Err(FileError::invalid(text, "names a folder; name a file"));
        }
        Ok(path)
    }

    /// As people are told it.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// What the kernel gets: `.` for the root.
    pub(super) fn for_kernel(&self) -> &[u8] {
        if self.raw.is_empty() { b"." } else { &self.raw }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.raw.split(|byte| *byte == b'/').filter(|name| !name.is_empty())
    }

    /// The last name; empty for the root.
    pub(super) fn name(&self) -> &[u8] {
        self.raw.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
    }

    /// The folder that holds it; the root's is the root.
    pub(super) fn parent(&self) -> ProjectPath {
        let end = self.raw.iter().rposition(|byte| *byte == b'/').unwrap_or_default();
        Self::of(self.raw[..end].to_vec())
    }

    /// Every folder on the way from the root to this path, this path included: `a`, `a/b`, `a/b/c`.
    pub(super) fn prefixes(&self) -> impl Iterator<Item = ProjectPath> {
        let ends = self.raw.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        let whole = (!self.raw.is_empty()).then_some(self.raw.len());
        ends.chain(whole).map(|end| Self::of(self.raw[..end].to_vec()))
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
            assert_eq!(ProjectPath::parse(text).expect(text).for_kernel(), b".");
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
        assert_eq!(path.prefixes().map(|prefix| prefix.text).collect::<Vec<_>>(), ["a", "a/b", "a/b/c"]);
        assert_eq!(ProjectPath::parse("").expect("path").prefixes().count(), 0);
        assert_eq!((path.name(), path.parent().as_str(), path.parent().raw()), (b"c".as_slice(), "a/b", b"a/b".as_slice()));
        let odd = ProjectPath::parse("\\xff/b").expect("path");
        assert_eq!((odd.parent().raw(), odd.parent().as_str()), (b"\xff".as_slice(), "\\xff"));
    }

    proptest! {
        #[test]
        fn an_accepted_path_is_clean(text in "[axf./\\x00\n \\\\]{0,12}") {
            if let Ok(path) = ProjectPath::parse(&text) {
                prop_assert!(!path.as_str().starts_with('/') && !path.as_str().ends_with('/'));
                prop_assert!(path.names().all(|name| name != b"." && name != b".." && !name.contains(&0)));
                prop_assert_eq!(ProjectPath::parse(path.as_str()).expect("again"), path);
            }
        }
    }
}
