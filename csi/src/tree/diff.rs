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
    if before == after {
        return Ok(Vec::new());
    }
    let (before, after) = (Snapshot::load(subject, before)?.root, Snapshot::load(subject, after)?.root);
    if before == after {
        return Ok(Vec::new());
    }
    let stored = |root: &Address| Ok::<_, TreeError>(Stored { subject, folder: folder(subject, root)? });
    between(&stored(&before)?, &stored(&after)?)
}

/// All differences of two folders, wherever they are known from.
pub(super) fn between<S: Side>(before: &S, after: &S) -> Result<Vec<Change>, TreeError> {
    let mut changes = Vec::new();
    compare(Some(before), Some(after), &mut Vec::new(), &mut changes)?;
    let mut changes = with_renames(changes);
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(changes)
}

/// A folder of one side of a comparison.
pub(super) trait Side: Sized {
    fn names(&self) -> impl Iterator<Item = &[u8]>;
    fn item(&self, name: &[u8]) -> Option<Item>;
    /// The folder at a name; `None` if none stands there.
    fn within(&self, name: &[u8]) -> Result<Option<Self>, TreeError>;
}

/// Read from the store as it is asked for.
struct Stored<'s> {
    subject: &'s Subject,
    folder: Folder,
}

impl Side for Stored<'_> {
    fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.folder.entries.iter().map(|entry| entry.name.as_slice())
    }

    fn item(&self, name: &[u8]) -> Option<Item> {
        self.folder.get(name).cloned()
    }

    fn within(&self, name: &[u8]) -> Result<Option<Self>, TreeError> {
        match self.folder.get(name) {
            Some(Item::Folder { name, .. }) => Ok(Some(Self { subject: self.subject, folder: folder(self.subject, name)? })),
            _ => Ok(None),
        }
    }
}

fn compare<S: Side>(before: Option<&S>, after: Option<&S>, path: &mut Vec<u8>, changes: &mut Vec<Change>) -> Result<(), TreeError> {
    let above = path.len();
    let mut names: Vec<&[u8]> = [before, after].into_iter().flatten().flat_map(Side::names).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let item = |side: Option<&S>| side.and_then(|side| side.item(name));
        let (old, new) = (item(before), item(after));
        if old == new {
            continue;
        }
        if above > 0 {
            path.push(b'/');
        }
        path.extend_from_slice(name);
        let within = |side: Option<&S>| side.map_or(Ok(None), |side| side.within(name));
        let (old_within, new_within) = (within(before)?, within(after)?);
        let empty = |folder: &Option<S>| folder.as_ref().is_none_or(|folder| folder.names().next().is_none());
        let kind = match (&old, &new) {
            (None, Some(Item::Folder { .. })) => empty(&new_within).then_some(ChangeKind::Added),
            (Some(Item::Folder { .. }), None) => empty(&old_within).then_some(ChangeKind::Removed),
            (None, _) => Some(ChangeKind::Added),
            (_, None) => Some(ChangeKind::Removed),
            (Some(old), Some(new)) => changed(old, new),
        };
        if let Some(kind) = kind {
            changes.push(Change { path: path.clone(), kind, before: old, after: new });
        }
        if old_within.is_some() || new_within.is_some() {
            compare(old_within.as_ref(), new_within.as_ref(), path, changes)?;
        }
        path.truncate(above);
    }
    Ok(())
}

fn changed(old: &Item, new: &Item) -> Option<ChangeKind> {
    match (old, new) {
        (old, new) if old.same(new) => None,
        (Item::Folder { mode: old, .. }, Item::Folder { mode: new, .. }) => (old != new).then_some(ChangeKind::Mode),
        (Item::File { content: old, .. }, Item::File { content: new, .. }) => {
            Some(if old == new { ChangeKind::Mode } else { ChangeKind::Modified })
        }
        (Item::Link { .. }, Item::Link { .. }) => Some(ChangeKind::Modified),
        _ => Some(ChangeKind::Type),
    }
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
