//! A snapshot: the root folder's object, how much is in it, and what was left out.

use super::entry::{Decoder, Encoder, Folder, Item};
use super::load::folder;
use super::{TreeError, Why};
use crate::cas::{Address, Kind, Live, Subject};

const VERSION: u8 = 1;
/// Paths that were left out which a snapshot lists; beyond it only their number is kept.
const MAX_LISTED: usize = 1000;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeftOut {
    /// Relative to the root, raw.
    pub path: Vec<u8>,
    pub why: Why,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Snapshot {
    pub root: Address,
    /// Regular files and links.
    pub files: u64,
    /// Plain bytes of the regular files.
    pub bytes: u64,
    /// Sorted by path, at most 1,000.
    pub left_out: Vec<LeftOut>,
    /// How many there were.
    pub left_out_count: u64,
}

impl Snapshot {
    pub(super) fn new(root: Address, files: u64, bytes: u64, mut left_out: Vec<LeftOut>) -> Self {
        left_out.sort_by(|a, b| a.path.cmp(&b.path));
        let left_out_count = left_out.len() as u64;
        left_out.truncate(MAX_LISTED);
        Self { root, files, bytes, left_out, left_out_count }
    }

    /// Reads a snapshot by its name.
    pub fn load(subject: &Subject, name: &Address) -> Result<Self, TreeError> {
        let bytes = subject.read(Kind::Snapshot, name)?;
        Self::decode(&bytes).ok_or(TreeError::Unknown(*name))
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Encoder::new(VERSION);
        out.address(&self.root);
        out.u64(self.files);
        out.u64(self.bytes);
        out.u64(self.left_out_count);
        for left_out in &self.left_out {
            out.u8(left_out.why as u8);
            out.bytes(&left_out.path);
        }
        out.done()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut from = Decoder::new(bytes, VERSION)?;
        let (root, files, bytes, left_out_count) = (from.address()?, from.u64()?, from.u64()?, from.u64()?);
        let mut left_out = Vec::new();
        while !from.at_end() {
            left_out.push(LeftOut { why: Why::from_u8(from.u8()?)?, path: from.bytes()?.to_vec() });
        }
        Some(Self { root, files, bytes, left_out, left_out_count })
    }
}

/// Marks a snapshot with everything in it as live; what was marked before is not read again. For sweeps.
pub fn mark(subject: &Subject, snapshot: &Address, live: &mut Live) -> Result<(), TreeError> {
    if !live.add(*snapshot) {
        return Ok(());
    }
    let mut folders = vec![Snapshot::load(subject, snapshot)?.root];
    while let Some(name) = folders.pop() {
        if !live.add(name) {
            continue;
        }
        let Folder { entries } = folder(subject, &name)?;
        for entry in entries {
            match entry.item {
                Item::File { content, .. } => content.mark(subject, live)?,
                Item::Link { .. } => {}
                Item::Folder { name, .. } => folders.push(name),
            }
        }
    }
    Ok(())
}
