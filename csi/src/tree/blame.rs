//! Who wrote which line: the last of a sequence of snapshots in which it came.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::diff::{ChangeKind, diff};
use super::entry::Item;
use super::lines::{is_binary, split};
use super::{TreeError, entry_at};
use crate::cas::{Address, CasError, Content, Subject};

/// A line of the file as it is in the last snapshot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// With its end, if it has one.
    pub line: Vec<u8>,
    /// Index, in the sequence, of the snapshot that first has it as it is now. A line of snapshot 0 may be older than it.
    pub snapshot: usize,
}

/// Whose the lines of a path are, or why it has none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Blame {
    Lines(Vec<Written>),
    Nothing,
    Link,
    Folder,
}

/// For each line of the file at `path` in the last of `snapshots` (oldest first) the snapshot that wrote it. The file is
/// followed back through renames that kept its bytes; what it was before it was a text of at most `limit` bytes counts as empty.
/// `NotText`, or `TooLarge` of the store, where a file has no lines to tell.
pub fn blame(subject: &Subject, snapshots: &[Address], path: &[u8], limit: u64) -> Result<Blame, TreeError> {
    let Some((last, earlier)) = snapshots.split_last() else { return Ok(Blame::Nothing) };
    let content = match entry_at(subject, last, path)? {
        Some(Item::File { content, .. }) => content,
        Some(Item::Link { .. }) => return Ok(Blame::Link),
        Some(Item::Folder { .. }) => return Ok(Blame::Folder),
        None => return Ok(Blame::Nothing),
    };
    // Contents from the last back to the first that has the file.
    let mut versions = vec![content];
    let mut path = path.to_vec();
    let mut after = *last;
    for before in earlier.iter().rev() {
        let mut found = file(subject, before, &path)?;
        if found.is_none()
            && let Some(change) = diff(subject, before, &after)?.into_iter().find(|change| change.path == path)
            && let ChangeKind::Renamed { from } = change.kind
        {
            path = from;
            found = file(subject, before, &path)?;
        }
        let Some(content) = found else { break };
        versions.push(content);
        after = *before;
    }
    let first = snapshots.len() - versions.len();
    let mut lines: Vec<Written> = Vec::new();
    let mut text = Vec::new();
    let mut previous = None;
    for (at, content) in versions.iter().rev().enumerate() {
        if previous == Some(content) {
            continue;
        }
        previous = Some(content);
        // The last may have its content since long ago.
        let last = *content == versions[0];
        let now = match content.bytes(subject, limit) {
            Ok(bytes) if !is_binary(&bytes) => bytes,
            Ok(_) if last => return Err(TreeError::NotText),
            Err(error) if last || !matches!(error, CasError::TooLarge { .. }) => return Err(error.into()),
            Ok(_) | Err(_) => Vec::new(),
        };
        lines = carry(&lines, &text, &now, first + at);
        text = now;
    }
    Ok(Blame::Lines(lines))
}

fn file(subject: &Subject, snapshot: &Address, path: &[u8]) -> Result<Option<Content>, TreeError> {
    Ok(match entry_at(subject, snapshot, path)? {
        Some(Item::File { content, .. }) => Some(content),
        _ => None,
    })
}

/// Lines of `after`: what is as it was keeps its writer, the rest is `snapshot`'s.
fn carry(written: &[Written], before: &[u8], after: &[u8], snapshot: usize) -> Vec<Written> {
    let (old, new) = (split(before), split(after));
    let mut lines = Vec::with_capacity(new.len());
    for operation in capture_diff_slices(Algorithm::Myers, &old, &new) {
        match operation {
            DiffOp::Equal { old_index, len, .. } => lines.extend_from_slice(&written[old_index..old_index + len]),
            other => lines.extend(new[other.new_range()].iter().map(|line| Written { line: line.to_vec(), snapshot })),
        }
    }
    lines
}
