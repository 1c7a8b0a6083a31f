//! Puts two descendants of one snapshot together.

use diffy::MergeOptions;

use super::entry::{Entry, Folder, Item};
use super::lines::is_binary;
use super::load::folder;
use super::rules::is_git;
use super::{Snapshot, TreeError};
use crate::cas::{Address, Content, Hold, Kind, Subject, Writer};

/// Files that are merged by line, in bytes.
const MAX_TEXT: u64 = 4 * 1024 * 1024;

/// A path that both changed, each in its own way. The merged tree has ours, or what of theirs stands where we removed it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conflict {
    /// Raw.
    pub path: Vec<u8>,
    pub base: Option<Item>,
    pub ours: Option<Item>,
    pub theirs: Option<Item>,
    /// Of a text file, both sides between markers as git writes them.
    pub marked: Option<Vec<u8>>,
}

/// What becomes of a conflict.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
    Ours,
    Theirs,
    /// Of a text file both sides between markers; of anything else it stays a conflict.
    Marked,
    /// Nothing stands there then.
    Neither,
}

/// How to merge.
#[derive(Clone, Copy)]
pub struct Wish<'w> {
    /// Texts that both changed are merged by line; otherwise each is a conflict.
    pub lines: bool,
    /// What is there may be half of the way from the base to theirs, because going there was broken off.
    pub resumes: bool,
    /// What was decided of a conflict at a raw path; `None`: it is told.
    pub choose: &'w dyn Fn(&[u8]) -> Option<Choice>,
}

impl Wish<'_> {
    /// By line, and every conflict is told.
    pub const LINES: Wish<'static> = Wish { lines: true, resumes: false, choose: &|_| None };
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Merged {
    /// Name of the snapshot that came out; durable.
    pub snapshot: Address,
    /// Those that were not decided, sorted by path; none: everything fitted.
    pub conflicts: Vec<Conflict>,
    /// Raw paths of those that were, sorted.
    pub decided: Vec<Vec<u8>>,
}

/// Three-way merge by file, of texts by line; what lies beneath a `.git` is one thing. Times alone are no change. `hold` is of the subject's store and must be kept until
/// what names the result is durable.
pub fn merge(subject: &Subject, [base, ours, theirs]: [&Address; 3], wish: Wish<'_>, _hold: &Hold) -> Result<Merged, TreeError> {
    let our_snapshot = Snapshot::load(subject, ours)?;
    let root = |name: &Address| Snapshot::load(subject, name).and_then(|snapshot| folder(subject, &snapshot.root));
    let writer = subject.writer();
    let mut work = Work { subject, writer: &writer, wish, conflicts: Vec::new(), decided: Vec::new() };
    let merged = work.folders(&root(base)?, &root(ours)?, &root(theirs)?, &mut Vec::new())?;
    let Work { conflicts, decided, .. } = work;
    let root = writer.put(Kind::Folder, &merged.encode())?;
    writer.commit()?;
    // Counting reads folders, so they are written first.
    let (files, bytes) = total(subject, &merged)?;
    let snapshot = Snapshot { root, files, bytes, ..our_snapshot };
    let writer = subject.writer();
    let name = writer.put(Kind::Snapshot, &snapshot.encode())?;
    writer.commit()?;
    Ok(Merged { snapshot: name, conflicts, decided })
}

pub(super) struct Work<'w> {
    pub(super) subject: &'w Subject,
    pub(super) writer: &'w Writer<'w>,
    pub(super) wish: Wish<'w>,
    conflicts: Vec<Conflict>,
    decided: Vec<Vec<u8>>,
}

impl Work<'_> {
    fn folders(&mut self, base: &Folder, ours: &Folder, theirs: &Folder, path: &mut Vec<u8>) -> Result<Folder, TreeError> {
        let above = path.len();
        let mut merged = Folder::default();
        for name in names([base, ours, theirs]) {
            if above > 0 {
                path.push(b'/');
            }
            path.extend_from_slice(name);
            let (base, ours, theirs) = (base.get(name), ours.get(name), theirs.get(name));
            let item = if is_git(name) { self.unit(base, ours, theirs, path)? } else { self.items(base, ours, theirs, path)? };
            if let Some(item) = item {
                merged.entries.push(Entry { name: name.to_vec(), item });
            }
            path.truncate(above);
        }
        Ok(merged)
    }

    fn items(
        &mut self,
        base: Option<&Item>,
        ours: Option<&Item>,
        theirs: Option<&Item>,
        path: &mut Vec<u8>,
    ) -> Result<Option<Item>, TreeError> {
        if same(ours, theirs) || same(theirs, base) {
            return Ok(ours.cloned());
        }
        if same(ours, base) {
            return Ok(theirs.cloned());
        }
        if is_folder(ours) || is_folder(theirs) {
            let goes_on = |item: Option<&Item>| item.is_none() || is_folder(item);
            if goes_on(ours) && goes_on(theirs) {
                return self.both_folders(base, ours, theirs, path);
            }
        } else if let (Some(Item::File { .. }), Some(Item::File { .. })) = (ours, theirs) {
            return self.files(base, ours, theirs, path);
        }
        self.conflict(base, ours, theirs, None, path)
    }

    /// At least one is a folder and the other a folder or nothing: what one removed and the other changed shows below.
    fn both_folders(
        &mut self,
        base: Option<&Item>,
        ours: Option<&Item>,
        theirs: Option<&Item>,
        path: &mut Vec<u8>,
    ) -> Result<Option<Item>, TreeError> {
        let read = |item: Option<&Item>| match item {
            Some(Item::Folder { name, .. }) => folder(self.subject, name),
            _ => Ok(Folder::default()),
        };
        let (in_base, in_ours, in_theirs) = (read(base)?, read(ours)?, read(theirs)?);
        let merged = self.folders(&in_base, &in_ours, &in_theirs, path)?;
        // Removed by one of us, and nothing that the other changed is left in it.
        if merged.entries.is_empty() && (ours.is_none() || theirs.is_none()) && is_folder(base) {
            return Ok(None);
        }
        let mode = pick(mode_of(base), mode_of(ours), mode_of(theirs)).unwrap_or(0o755);
        Ok(Some(Item::Folder { mode, name: self.writer.put(Kind::Folder, &merged.encode())? }))
    }

    fn files(&mut self, base: Option<&Item>, ours: Option<&Item>, theirs: Option<&Item>, path: &[u8]) -> Result<Option<Item>, TreeError> {
        let (Some(Item::File { content: our_content, mtime, .. }), Some(Item::File { content: their_content, mtime: other, .. })) =
            (ours, theirs)
        else {
            return self.conflict(base, ours, theirs, None, path);
        };
        let base_content = match base {
            Some(Item::File { content, .. }) => Some(*content),
            _ => None,
        };
        // Whatever becomes of what is in it: there is no middle between two sets of bits.
        let [base_mode, our_mode, their_mode] = [base, ours, theirs].map(mode_of);
        if our_mode != their_mode && our_mode != base_mode && their_mode != base_mode {
            return self.conflict(base, ours, theirs, None, path);
        }
        let mode = pick(base_mode, our_mode, their_mode).unwrap_or(0o644);
        let file = |content| Some(Item::File { mode, mtime: *mtime.max(other), content });
        if our_content == their_content || base_content == Some(*their_content) {
            return Ok(file(*our_content));
        }
        if base_content == Some(*our_content) {
            return Ok(file(*their_content));
        }
        let texts = [base_content.unwrap_or(Content::EMPTY), *our_content, *their_content];
        if !self.wish.lines || texts.iter().any(|content| content.size > MAX_TEXT) {
            return self.conflict(base, ours, theirs, None, path);
        }
        let [in_base, in_ours, in_theirs] = texts.map(|content| content.bytes(self.subject, MAX_TEXT));
        let (in_base, in_ours, in_theirs) = (in_base?, in_ours?, in_theirs?);
        if [&in_base, &in_ours, &in_theirs].into_iter().any(|text| is_binary(text)) {
            return self.conflict(base, ours, theirs, None, path);
        }
        match MergeOptions::new().merge_bytes(&in_base, &in_ours, &in_theirs) {
            Ok(merged) => Ok(file(Content::of_bytes(self.writer, &merged)?)),
            Err(marked) => self.conflict(base, ours, theirs, Some(marked), path),
        }
    }

    pub(super) fn conflict(
        &mut self,
        base: Option<&Item>,
        ours: Option<&Item>,
        theirs: Option<&Item>,
        marked: Option<Vec<u8>>,
        path: &[u8],
    ) -> Result<Option<Item>, TreeError> {
        let (base, ours, theirs) = (base.cloned(), ours.cloned(), theirs.cloned());
        let chosen = match ((self.wish.choose)(path), &marked, &ours) {
            (Some(Choice::Ours), ..) => Some(ours.clone()),
            (Some(Choice::Theirs), ..) => Some(theirs.clone()),
            (Some(Choice::Neither), ..) => Some(None),
            (Some(Choice::Marked), Some(text), Some(Item::File { mode, mtime, .. })) => {
                Some(Some(Item::File { mode: *mode, mtime: *mtime, content: Content::of_bytes(self.writer, text)? }))
            }
            _ => None,
        };
        if let Some(chosen) = chosen {
            self.decided.push(path.to_vec());
            return Ok(chosen);
        }
        let stays = ours.clone().or_else(|| theirs.clone());
        self.conflicts.push(Conflict { path: path.to_vec(), base, ours, theirs, marked });
        Ok(stays)
    }
}

pub(super) fn names<const N: usize>(folders: [&Folder; N]) -> Vec<&[u8]> {
    let mut names: Vec<&[u8]> = folders.into_iter().flat_map(|folder| &folder.entries).map(|entry| entry.name.as_slice()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

pub(super) fn same(one: Option<&Item>, other: Option<&Item>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.same(other),
        (None, None) => true,
        _ => false,
    }
}

pub(super) fn is_folder(item: Option<&Item>) -> bool {
    matches!(item, Some(Item::Folder { .. }))
}

fn mode_of(item: Option<&Item>) -> Option<u32> {
    match item {
        Some(Item::File { mode, .. } | Item::Folder { mode, .. }) => Some(*mode),
        _ => None,
    }
}

/// The one that differs from the base; ours if both do.
fn pick(base: Option<u32>, ours: Option<u32>, theirs: Option<u32>) -> Option<u32> {
    if ours.is_none() || (ours == base && theirs.is_some()) { theirs } else { ours }
}

/// Files and links, and bytes.
fn total(subject: &Subject, top: &Folder) -> Result<(u64, u64), TreeError> {
    let (mut files, mut bytes) = (0, 0);
    let mut folders = vec![top.clone()];
    while let Some(here) = folders.pop() {
        for entry in here.entries {
            match entry.item {
                Item::File { content, .. } => {
                    files += 1;
                    bytes += content.size;
                }
                Item::Link { .. } => files += 1,
                Item::Folder { name, .. } => folders.push(folder(subject, &name)?),
            }
        }
    }
    Ok((files, bytes))
}
