//! The files of a project, beneath its root and never outside it.
//!
//! A project is written by agents that may be fooled and holds repositories that may be hostile, while the server that
//! serves its files sees the whole machine. So nothing here ever trusts a path: the root is opened once, link-free, and
//! every path is resolved by the kernel from there with `openat2(RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS)`. `..`, an
//! absolute path, a link out of the project, or a folder that is swapped for a link at the wrong moment end in a
//! refusal, not in a file of somebody else. On a kernel without `openat2` everything is refused ([`probe`]).
//!
//! **Links.** Reading follows links that stay beneath the root (an absolute link counts as leading out, even to a place
//! inside). Writing follows links to folders beneath the root, but never a link that is the last part of the path: a
//! write to a link is refused; deleting deletes the link itself, and its hash is that of its target's text. Walks (tree,
//! glob, grep) never follow a link that they find.
//!
//! **Writes** ([`apply`]) are compare-and-set: the new content is written to a passing file beside the old one, synced,
//! renamed over it and the folder is synced. Readers see the old or the new content, never a mixture, and a crash
//! leaves one of the two. Repeating a change is harmless. Calls in this process exclude each other per file; against
//! other programs the file is compared once more directly before the rename, and a new file never replaces another.
//! A write makes a new inode: other hard links of the file keep the old content. Permission bits are kept, owner and
//! group as far as the server may set them; extended attributes and ACLs are not.
//!
//! **`.git`** is readable, but not written by these operations: what lies there (hooks, configuration) can run commands.
//!
//! Devices, pipes and sockets are shown in listings and never opened.

mod apply;
mod cancel;
mod current;
mod error;
mod folders;
mod git_guard;
mod glob;
mod grep;
mod ignore_rules;
mod parent;
mod path;
mod path_glob;
mod read;
mod remove;
mod root;
mod service;
#[cfg(test)]
mod tests;
mod tree;
mod walk;

pub use apply::{Applied, Change, apply};
pub use cancel::Cancel;
pub use error::FileError;
pub use folders::{canonical_root, create_root};
pub(crate) use git_guard::is_git as is_git_name;
pub use glob::{GlobQuery, Paths, glob};
pub use grep::{GrepQuery, Line, Lines, grep};
pub(crate) use ignore_rules::Rules as IgnoreRules;
pub use read::{FileContent, read};
pub use remove::remove_root;
pub(crate) use root::{Links, open_beneath};
pub use root::{Root, probe};
pub use service::FileOpsService;
pub use tree::{Item, Tree, TreeQuery, tree};
pub use walk::Kind;

/// Largest file that is read or written whole, in bytes (25 MiB, as the public contract says for PUT).
pub const MAX_FILE_BYTES: u64 = 25 * 1024 * 1024;
