//! What differs between two texts, by line.

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Bytes at the beginning in which a NUL says that something is no text, as git has it.
const LOOKED_AT: usize = 8000;

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Lines {
    /// One of the two is no text.
    Binary,
    Text(Vec<Hunk>),
}

/// Changed lines that lie near each other, with what surrounds them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hunk {
    /// First line in the old and the new text, from 1 (0 where that text has none here).
    pub old_start: usize,
    pub new_start: usize,
    pub lines: Vec<LineChange>,
}

/// A line with its end, if it has one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LineChange {
    Same(Vec<u8>),
    Removed(Vec<u8>),
    Added(Vec<u8>),
}

pub(super) fn is_binary(bytes: &[u8]) -> bool {
    bytes.iter().take(LOOKED_AT).any(|byte| *byte == 0)
}

pub(super) fn split(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n').collect()
}

/// `context`: unchanged lines shown on either side.
pub fn line_diff(before: &[u8], after: &[u8], context: usize) -> Lines {
    if is_binary(before) || is_binary(after) {
        return Lines::Binary;
    }
    let (old, new) = (split(before), split(after));
    let operations = capture_diff_slices(Algorithm::Myers, &old, &new);
    let groups = similar::group_diff_ops(operations, context);
    Lines::Text(groups.iter().map(|group| hunk(group, &old, &new)).collect())
}

fn hunk(group: &[DiffOp], old: &[&[u8]], new: &[&[u8]]) -> Hunk {
    let mut lines = Vec::new();
    let (mut old_lines, mut new_lines) = (0, 0);
    for operation in group {
        let (from, to) = (operation.old_range(), operation.new_range());
        old_lines += from.len();
        new_lines += to.len();
        match operation {
            DiffOp::Equal { .. } => lines.extend(old[from].iter().map(|line| LineChange::Same(line.to_vec()))),
            DiffOp::Delete { .. } | DiffOp::Insert { .. } | DiffOp::Replace { .. } => {
                lines.extend(old[from].iter().map(|line| LineChange::Removed(line.to_vec())));
                lines.extend(new[to].iter().map(|line| LineChange::Added(line.to_vec())));
            }
        }
    }
    let start = |first: Option<usize>, count: usize| if count == 0 { first.unwrap_or_default() } else { first.unwrap_or_default() + 1 };
    Hunk {
        old_start: start(group.first().map(|operation| operation.old_range().start), old_lines),
        new_start: start(group.first().map(|operation| operation.new_range().start), new_lines),
        lines,
    }
}
