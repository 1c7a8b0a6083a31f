//! Reads what snapshots hold.

use super::entry::{Folder, Item};
use super::{Snapshot, TreeError};
use crate::cas::{Address, Kind, Subject};

pub(super) fn folder(subject: &Subject, name: &Address) -> Result<Folder, TreeError> {
    let bytes = subject.read(Kind::Folder, name)?;
    Folder::decode(&bytes).ok_or(TreeError::Unknown(*name))
}

/// The entries directly in a folder of a snapshot (empty path: its root); `None` if no folder stands there.
pub fn list(subject: &Subject, snapshot: &Address, path: &[u8]) -> Result<Option<Folder>, TreeError> {
    if path.is_empty() {
        return folder(subject, &Snapshot::load(subject, snapshot)?.root).map(Some);
    }
    match entry_at(subject, snapshot, path)? {
        Some(Item::Folder { name, .. }) => folder(subject, &name).map(Some),
        _ => Ok(None),
    }
}

/// What stands at a path of a snapshot; links are not followed.
pub fn entry_at(subject: &Subject, snapshot: &Address, path: &[u8]) -> Result<Option<Item>, TreeError> {
    item_in(subject, &Snapshot::load(subject, snapshot)?.root, path)
}

pub(super) fn item_in(subject: &Subject, root: &Address, path: &[u8]) -> Result<Option<Item>, TreeError> {
    let mut here = folder(subject, root)?;
    let mut names = path.split(|byte| *byte == b'/').peekable();
    while let Some(name) = names.next() {
        let Some(item) = here.get(name) else { return Ok(None) };
        match (item, names.peek()) {
            (item, None) => return Ok(Some(item.clone())),
            (Item::Folder { name, .. }, Some(_)) => here = folder(subject, name)?,
            _ => return Ok(None),
        }
    }
    Ok(None)
}

/// The bytes of a file of a snapshot; `None` if no regular file stands there.
///
/// `TooLarge` when it has more than `limit` bytes.
pub fn file_at(subject: &Subject, snapshot: &Address, path: &[u8], limit: u64) -> Result<Option<Vec<u8>>, TreeError> {
    match entry_at(subject, snapshot, path)? {
        Some(Item::File { content, .. }) => Ok(Some(content.bytes(subject, limit)?)),
        _ => Ok(None),
    }
}
