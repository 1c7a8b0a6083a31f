//! What differs between two snapshots, by file.

use std::collections::HashMap;

use super::entry::{Folder, Item};
use super::load::folder;
use super::{Snapshot, TreeError};
use crate::cas::{Address, Content, Subject};

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ChangeKind {
    Added,
    Removed,
    /// The bytes of a file or the target of a link; perhaps the mode too.
    Modified,
    /// Only permission bits.
    Mode,
    /// A file became a link, a link a file, or one of them a folder.
    Type,
    /// The same bytes at another path, which is the old one; perhaps the mode changed too.
    Renamed {
        from: Vec<u8>,
    },
}

/// One path. Times alone are no change. Folders are named where their modes changed, and when they came or went empty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// Raw.
    pub path: Vec<u8>,
    pub kind: ChangeKind,
    pub before: Option<Item>,
    pub after: Option<Item>,
}

/// All differences, sorted by path. Parts that are the same in both are not read.
pub fn diff(subject: &Subject, before: &Address, after: &Address) -> Result<Vec<Change>, TreeError> {
    let mut changes = Vec::new();
    if before != after {
        let (before, after) = (Snapshot::load(subject, before)?.root, Snapshot::load(subject, after)?.root);
        if before != after {
            compare(subject, &folder(subject, &before)?, &folder(subject, &after)?, &mut Vec::new(), &mut changes)?;
        }
    }
    let mut changes = with_renames(changes);
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(changes)
}

fn compare(subject: &Subject, before: &Folder, after: &Folder, path: &mut Vec<u8>, changes: &mut Vec<Change>) -> Result<(), TreeError> {
    let above = path.len();
    let mut names: Vec<&[u8]> = before.entries.iter().chain(&after.entries).map(|entry| entry.name.as_slice()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let (old, new) = (before.get(name), after.get(name));
        if old == new {
            continue;
        }
        if above > 0 {
            path.push(b'/');
        }
        path.extend_from_slice(name);
        item(subject, old, new, path, changes)?;
        path.truncate(above);
    }
    Ok(())
}

fn item(subject: &Subject, old: Option<&Item>, new: Option<&Item>, path: &mut Vec<u8>, changes: &mut Vec<Change>) -> Result<(), TreeError> {
    let folder_of = |item: Option<&Item>| match item {
        Some(Item::Folder { name, .. }) => folder(subject, name),
        _ => Ok(Folder::default()),
    };
    let kind = match (old, new) {
        (Some(old), Some(new)) if old.same(new) => None,
        (Some(Item::Folder { mode: old, .. }), Some(Item::Folder { mode: new, .. })) => (old != new).then_some(ChangeKind::Mode),
        (Some(Item::File { content: old, .. }), Some(Item::File { content: new, .. })) => {
            Some(if old == new { ChangeKind::Mode } else { ChangeKind::Modified })
        }
        (Some(Item::Link { .. }), Some(Item::Link { .. })) => Some(ChangeKind::Modified),
        (Some(_), Some(_)) => Some(ChangeKind::Type),
        (None, Some(Item::Folder { .. })) => folder_of(new)?.entries.is_empty().then_some(ChangeKind::Added),
        (Some(Item::Folder { .. }), None) => folder_of(old)?.entries.is_empty().then_some(ChangeKind::Removed),
        (None, _) => Some(ChangeKind::Added),
        (_, None) => Some(ChangeKind::Removed),
    };
    if let Some(kind) = kind {
        changes.push(Change { path: path.clone(), kind, before: old.cloned(), after: new.cloned() });
    }
    if matches!(old, Some(Item::Folder { .. })) || matches!(new, Some(Item::Folder { .. })) {
        compare(subject, &folder_of(old)?, &folder_of(new)?, path, changes)?;
    }
    Ok(())
}

/// Turns what went and came with the same bytes into one change each; of several, those with the same name first.
fn with_renames(changes: Vec<Change>) -> Vec<Change> {
    let mut gone: HashMap<Content, Vec<usize>> = HashMap::new();
    for (at, change) in changes.iter().enumerate() {
        if let (ChangeKind::Removed, Some(Item::File { content, .. })) = (&change.kind, &change.before)
            && content.size > 0
        {
            gone.entry(*content).or_default().push(at);
        }
    }
    let name = |path: &[u8]| path.rsplit(|byte| *byte == b'/').next().unwrap_or_default().to_vec();
    let mut from = HashMap::new();
    for same_name in [true, false] {
        for (at, change) in changes.iter().enumerate() {
            if let (ChangeKind::Added, Some(Item::File { content, .. })) = (&change.kind, &change.after)
                && !from.contains_key(&at)
                && let Some(candidates) = gone.get_mut(content)
                && let Some(found) = candidates.iter().position(|old| !same_name || name(&changes[*old].path) == name(&change.path))
            {
                from.insert(at, candidates.remove(found));
            }
        }
    }
    let moved: std::collections::HashSet<usize> = from.values().copied().collect();
    let mut kept = Vec::new();
    for (at, change) in changes.iter().enumerate().filter(|(at, _)| !moved.contains(at)) {
        kept.push(match from.get(&at) {
            Some(old) => Change {
                kind: ChangeKind::Renamed { from: changes[*old].path.clone() },
                before: changes[*old].before.clone(),
                ..change.clone()
            },
            None => change.clone(),
        });
    }
    kept
}
