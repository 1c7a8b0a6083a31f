//! What a project's own `.gitignore` files leave out. The machine's and the person's global rules are not asked, so
//! that a walk shows the same everywhere.

use std::ffi::OsStr;
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::path::ProjectPath;
use super::read::{Regular, open_regular};
use super::root::{Links, Root};

/// Largest file of rules that is heeded, in bytes; compiling costs far more than its size.
const MAX_RULES_BYTES: u64 = 64 * 1024;

/// The rules of one folder, on top of those above it.
pub(crate) struct Rules {
    /// The folder they are of, relative to the project, raw.
    base: Vec<u8>,
    rules: Gitignore,
    above: Option<Arc<Rules>>,
}

impl Rules {
    /// The rules that lie in the project's `.git`, which stand above all others.
    pub(crate) fn exclude(root: BorrowedFd<'_>) -> Option<Arc<Self>> {
        load(root, ".git/info/exclude").map(|rules| Arc::new(Self { base: Vec::new(), rules, above: None }))
    }

    /// The rules of the project and of every folder strictly above `start`.
    pub(super) fn above(root: &Root, start: &ProjectPath) -> Option<Arc<Self>> {
        let mut rules = Self::exclude(root.as_fd());
        let folders = std::iter::once(Vec::new()).chain(start.prefixes().map(|prefix| prefix.raw().to_vec()));
        for folder in folders.take(start.names().count()) {
            let path: &[u8] = if folder.is_empty() { b"." } else { &folder };
            let Ok(fd) = root.open_folder(path, Links::Beneath) else { continue };
            rules = Self::with(rules, fd.as_fd(), &folder);
        }
        rules
    }

    /// `above` and the rules of `folder`, which lies at `base`.
    pub(crate) fn with(above: Option<Arc<Self>>, folder: BorrowedFd<'_>, base: &[u8]) -> Option<Arc<Self>> {
        match load(folder, ".gitignore") {
            Some(rules) => Some(Arc::new(Self { base: base.to_vec(), rules, above })),
            None => above,
        }
    }

    /// Whether an entry (path relative to the project) is left out; the nearest folder that says something decides.
    pub(crate) fn ignore(&self, path: &[u8], is_folder: bool) -> bool {
        let mut here = Some(self);
        while let Some(rules) = here {
            let relative = if rules.base.is_empty() {
                Some(path)
            } else {
                path.strip_prefix(rules.base.as_slice()).and_then(|rest| rest.strip_prefix(b"/"))
            };
            match relative.map(|path| rules.rules.matched(Path::new(OsStr::from_bytes(path)), is_folder)) {
                Some(Match::Ignore(_)) => return true,
                Some(Match::Whitelist(_)) => return false,
                Some(Match::None) | None => here = rules.above.as_deref(),
            }
        }
        false
    }
}

/// Rules that cannot be read or compiled count as none.
fn load(folder: BorrowedFd<'_>, name: &str) -> Option<Gitignore> {
    let Ok(Regular::Open(file, stat)) = open_regular(folder, name, Links::None) else { return None };
    if u64::try_from(stat.st_size).is_ok_and(|size| size > MAX_RULES_BYTES) {
        return None;
    }
    let mut bytes = Vec::new();
    file.take(MAX_RULES_BYTES).read_to_end(&mut bytes).ok()?;
    let mut builder = GitignoreBuilder::new("");
    for line in String::from_utf8_lossy(&bytes).lines() {
        // A line that is no pattern is passed over, as git does.
        let _ = builder.add_line(None, line);
    }
    builder.build().ok().filter(|rules| !rules.is_empty())
}
