//! What a snapshot leaves out.

use crate::fileops::is_git_name;
use crate::temp_file::is_passing_name;

/// Folders that programs fill and fill again: dependencies, results of builds, caches.
pub const USUAL_CACHES: [&str; 14] = [
    "node_modules",
    "target",
    "__pycache__",
    ".venv",
    ".tox",
    ".nox",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    ".gradle",
    ".next",
    ".nuxt",
    ".turbo",
    ".parcel-cache",
];

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rules {
    /// Names of folders that are left out wherever they lie (not within `.git`).
    pub caches: Vec<String>,
    /// Leave out folders that `.gitignore` files and `.git/info/exclude` of the project name.
    pub gitignore: bool,
    /// Files of more bytes are left out.
    pub max_file_bytes: u64,
}

impl Default for Rules {
    fn default() -> Self {
        Self { caches: USUAL_CACHES.map(str::to_owned).to_vec(), gitignore: true, max_file_bytes: 4 * 1024 * 1024 * 1024 }
    }
}

impl Rules {
    pub(super) fn is_cache(&self, name: &[u8]) -> bool {
        self.caches.iter().any(|cache| cache.as_bytes() == name)
    }
}

/// Why something is not in a snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum Why {
    /// A folder whose name is in the setting.
    Cache = 1,
    /// A folder that `.gitignore` names.
    Ignored = 2,
    TooLarge = 3,
    /// A socket, pipe or device.
    Special = 4,
    /// Another file system or subvolume is mounted there.
    Mount = 5,
    /// The server may not read it.
    Unreadable = 6,
    TooDeep = 7,
    /// It was there at first and not when it was to be read, or changed its kind, again and again.
    Unsteady = 8,
}

impl Why {
    pub(super) fn from_u8(value: u8) -> Option<Self> {
        [Self::Cache, Self::Ignored, Self::TooLarge, Self::Special, Self::Mount, Self::Unreadable, Self::TooDeep, Self::Unsteady]
            .into_iter()
            .find(|why| *why as u8 == value)
    }
}

/// Our own files of the moment are nobody's.
pub(super) fn is_ours(name: &[u8]) -> bool {
    is_passing_name(name)
}

pub(super) fn is_git(name: &[u8]) -> bool {
    is_git_name(name)
}
