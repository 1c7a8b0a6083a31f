//! The entries beneath a folder, as a tree view or `list_dir` shows them.

use std::ops::ControlFlow;

use super::cancel::Cancel;
use super::error::FileError;
use super::path::ProjectPath;
use super::read::mtime_of;
use super::root::Root;
use super::walk::{Kind, Options, Walk};
use crate::names::told;

/// Most entries of one answer, whatever is asked for.
pub(super) const MAX_ITEMS: usize = 100_000;

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TreeQuery {
    /// Folder to begin in; empty: the project.
    pub path: String,
    /// Levels; 0 and 1 both show the folder's own entries.
    pub depth: u32,
    /// Most entries; the ones nearest to the start are kept.
    pub limit: usize,
    /// Also names that begin with a dot. What lies in a `.git` is shown only if the walk begins there.
    pub hidden: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    pub path: String,
    pub kind: Kind,
    /// Bytes; for a link the length of its target's text.
    pub size: u64,
    /// Microseconds since 1970.
    pub mtime: i64,
    /// As it is written in the link; nobody looked where it leads.
    pub link_target: Option<String>,
}

/// Sorted by path, a folder directly before what lies in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tree {
    pub items: Vec<Item>,
    pub truncated: bool,
}

/// Lists a folder; links are shown and never followed. `NotFound` when there is no such folder, `Invalid` for a file.
pub fn tree(root: &Root, query: &TreeQuery, cancel: &Cancel) -> Result<Tree, FileError> {
    let start = ProjectPath::parse(&query.path)?;
    let Some(walk) = Walk::from(root, &start)? else {
        return Err(FileError::invalid(start.as_str(), "is not a folder"));
    };
    let limit = query.limit.min(MAX_ITEMS);
    let mut items = Vec::new();
    let options = Options { hidden: query.hidden, depth: query.depth.max(1), ignores: false, show_git: true };
    let complete = walk.run(&options, cancel, |entry| {
        if items.len() >= limit {
            return ControlFlow::Break(());
        }
        // An entry that went away meanwhile is not shown.
        let Ok(stat) = entry.stat() else { return ControlFlow::Continue(()) };
        let target = (entry.kind == Kind::Link).then(|| rustix::fs::readlinkat(entry.folder, entry.name, Vec::new()).ok()).flatten();
        items.push(Item {
            path: walk.shown(entry.beneath),
            kind: entry.kind,
            size: u64::try_from(stat.st_size).unwrap_or_default(),
            mtime: mtime_of(&stat),
            link_target: target.map(|target| told(target.as_bytes())),
        });
        ControlFlow::Continue(())
    })?;
    items.sort_by(|a, b| a.path.split('/').cmp(b.path.split('/')));
    Ok(Tree { items, truncated: !complete })
}
