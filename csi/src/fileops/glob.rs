//! Paths that match a glob, newest first.

use std::cmp::Reverse;
use std::ops::ControlFlow;

use super::cancel::Cancel;
use super::error::FileError;
use super::path::ProjectPath;
use super::path_glob::PathGlob;
use super::root::Root;
use super::tree::MAX_ITEMS;
use super::walk::{Kind, Options, Walk};

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GlobQuery {
    /// Folder to look in; empty: the project. The pattern is relative to it.
    pub path: String,
    pub pattern: String,
    pub limit: usize,
    /// Also names that begin with a dot, except `.git`.
    pub hidden: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Paths {
    /// Relative to the project, newest first, same age by name.
    pub paths: Vec<String>,
    /// There were more, or the project was too big to be searched whole.
    pub truncated: bool,
}

/// Files and links that match; `.gitignore` is heeded below the folder that was asked for.
pub fn glob(root: &Root, query: &GlobQuery, cancel: &Cancel) -> Result<Paths, FileError> {
    let start = ProjectPath::parse(&query.path)?;
    let pattern = PathGlob::parse(&query.pattern)?;
    let Some(walk) = Walk::from(root, &start)? else {
        return Err(FileError::invalid(start.as_str(), "is not a folder"));
    };
    let mut found = Vec::new();
    let options = Options { hidden: query.hidden, depth: u32::MAX, ignores: true, show_git: false };
    let complete = walk.run(&options, cancel, |entry| {
        if matches!(entry.kind, Kind::File | Kind::Link)
            && pattern.matches(entry.beneath)
            && let Ok(stat) = entry.stat()
        {
            found.push((Reverse((stat.st_mtime, stat.st_mtime_nsec)), walk.shown(entry.beneath)));
        }
        ControlFlow::Continue(())
    })?;
    found.sort();
    let limit = query.limit.min(MAX_ITEMS);
    let truncated = !complete || found.len() > limit;
    found.truncate(limit);
    Ok(Paths { paths: found.into_iter().map(|(_, path)| path).collect(), truncated })
}
