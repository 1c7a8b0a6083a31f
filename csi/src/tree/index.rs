//! What was found when a folder was looked at last, so that only what changed is read.
//!
//! The index is a cache: lost or damaged, everything is read once more. It is kept sealed, for it names files.

use std::sync::Arc;

use rustix::fs::{FileType, Stat};

use super::diff::Side;
use super::entry::{Decoder, Encoder, Item};
use super::unchanged::named_alike;
use super::walk::Seen;
use super::{TreeError, Why};
use crate::cas::{Address, Content, Epoch};

const VERSION: u8 = 1;
const FILE: u8 = 1;
const LINK: u8 = 2;
const FOLDER: u8 = 3;
/// Nesting that is believed; the walk goes no deeper.
const MAX_DEPTH: usize = 512;

/// What tells a changed file without reading it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Stamp {
    pub(super) size: u64,
    /// Nanoseconds since 1970.
    pub(super) mtime: i64,
    pub(super) ctime: i64,
    pub(super) inode: u64,
    pub(super) mode: u32,
}

impl Stamp {
    pub(super) fn of(stat: &Stat) -> Self {
        let nanos = |seconds: i64, nanos| seconds.saturating_mul(1_000_000_000).saturating_add(i64::try_from(nanos).unwrap_or_default());
        Self {
            size: u64::try_from(stat.st_size).unwrap_or_default(),
            mtime: nanos(stat.st_mtime, stat.st_mtime_nsec),
            ctime: nanos(stat.st_ctime, stat.st_ctime_nsec),
            inode: stat.st_ino,
            mode: stat.st_mode,
        }
    }

    /// Whether its times are far enough before `now` (nanoseconds) that any later write bears another one.
    pub(super) fn settled(&self, now: i64) -> bool {
        const SECOND: i64 = 1_000_000_000;
        // Kernels stamp with the time of the last tick, 10 ms at most; file systems that keep whole seconds show it, FAT two.
        let coarse = self.mtime % SECOND == 0 && self.ctime % SECOND == 0;
        let granularity = if coarse { 2 * SECOND } else { SECOND / 50 };
        self.mtime.max(self.ctime) < now.saturating_sub(granularity)
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Known {
    File {
        stamp: Stamp,
        settled: bool,
        content: Content,
    },
    Link {
        stamp: Stamp,
        settled: bool,
        target: Vec<u8>,
    },
    /// Shared with the next look while nothing in it changes.
    Folder(Arc<KnownFolder>),
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct KnownFolder {
    /// Of the folder itself; 0 when it was read from a file, which does not say it.
    pub(super) inode: u64,
    /// Its times when it was listed; none where a later listing may find other names although the times are the same.
    pub(super) listed: Option<Stamp>,
    /// What was left out in it; unknown when it was read from a file.
    pub(super) left_out: Vec<(Vec<u8>, Why)>,
    pub(super) mode: u32,
    /// Its object; none until it is written.
    pub(super) object: Option<Address>,
    /// Sorted by name.
    pub(super) entries: Vec<(Vec<u8>, Known)>,
}

impl Known {
    pub(super) fn kind(&self) -> FileType {
        match self {
            Self::File { .. } => FileType::RegularFile,
            Self::Link { .. } => FileType::Symlink,
            Self::Folder(_) => FileType::Directory,
        }
    }

    /// Whether two looks found the same; of a folder, whether nothing in it changed.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Folder(one), Self::Folder(other)) => Arc::ptr_eq(one, other),
            (one, other) => one == other,
        }
    }

    /// What a snapshot holds of it. A folder has been written by then.
    pub(super) fn item(&self) -> Item {
        match self {
            Self::File { stamp, content, .. } => Item::File { mode: stamp.mode & 0o1777, mtime: stamp.mtime, content: *content },
            Self::Link { target, .. } => Item::Link { target: target.clone() },
            Self::Folder(folder) => Item::Folder { mode: folder.mode, name: folder.object.unwrap_or(Address::ZERO) },
        }
    }
}

impl KnownFolder {
    pub(super) fn get(&self, name: &[u8]) -> Option<&Known> {
        let at = self.entries.binary_search_by(|(known, _)| known.as_slice().cmp(name)).ok()?;
        Some(&self.entries[at].1)
    }

    /// What is known at a path.
    pub(super) fn find(&self, path: &[u8]) -> Option<&Known> {
        let mut names = path.split(|byte| *byte == b'/');
        let mut here = self.get(names.next()?)?;
        for name in names {
            let Known::Folder(folder) = here else { return None };
            here = folder.get(name)?;
        }
        Some(here)
    }

    /// Written form, with the epoch in which all of it was stored.
    pub(super) fn encode(&self, epoch: Epoch) -> Vec<u8> {
        let mut out = Encoder::new(VERSION);
        out.u64(u64::try_from(epoch.0 & u128::from(u64::MAX)).unwrap_or_default());
        out.u64(u64::try_from(epoch.0 >> 64).unwrap_or_default());
        self.write(&mut out);
        out.done()
    }

    fn write(&self, out: &mut Encoder) {
        out.u32(self.mode);
        out.address(&self.object.unwrap_or(Address::ZERO));
        out.u64(self.entries.len() as u64);
        for (name, known) in &self.entries {
            out.bytes(name);
            match known {
                Known::File { stamp, settled, content } => {
                    out.u8(FILE);
                    stamp.write(*settled, out);
                    out.u64(content.size);
                    out.address(&content.name);
                    out.u8(u8::from(content.parts));
                }
                Known::Link { stamp, settled, target } => {
                    out.u8(LINK);
                    stamp.write(*settled, out);
                    out.bytes(target);
                }
                Known::Folder(folder) => {
                    out.u8(FOLDER);
                    folder.write(out);
                }
            }
        }
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<(Self, Epoch)> {
        let mut from = Decoder::new(bytes, VERSION)?;
        let epoch = Epoch(u128::from(from.u64()?) | u128::from(from.u64()?) << 64);
        let folder = Self::read(&mut from, 0)?;
        from.at_end().then_some((folder, epoch))
    }

    fn read(from: &mut Decoder<'_>, depth: usize) -> Option<Self> {
        if depth > MAX_DEPTH {
            return None;
        }
        let (mode, object, count) = (from.u32()?, from.address()?, from.u64()?);
        let mut entries = Vec::new();
        for _ in 0..count {
            let name = from.bytes()?.to_vec();
            let known = match from.u8()? {
                FILE => {
                    let (stamp, settled) = Stamp::read(from)?;
                    let (size, name) = (from.u64()?, from.address()?);
                    Known::File { stamp, settled, content: Content { size, name, parts: from.u8()? != 0 } }
                }
                LINK => {
                    let (stamp, settled) = Stamp::read(from)?;
                    Known::Link { stamp, settled, target: from.bytes()?.to_vec() }
                }
                FOLDER => Known::Folder(Arc::new(Self::read(from, depth + 1)?)),
                _ => return None,
            };
            entries.push((name, known));
        }
        Some(Self { mode, object: (object != Address::ZERO).then_some(object), entries, ..Self::default() })
    }
}

/// What differs from an earlier look is told without reading the store.
impl Side for Arc<KnownFolder> {
    fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.entries.iter().map(|(name, _)| name.as_slice())
    }

    fn item(&self, name: &[u8]) -> Option<Item> {
        self.get(name).map(Known::item)
    }

    fn within(&self, name: &[u8]) -> Result<Option<Self>, TreeError> {
        Ok(self.get(name).and_then(|known| if let Known::Folder(folder) = known { Some(Self::clone(folder)) } else { None }))
    }
}

impl Stamp {
    fn write(&self, settled: bool, out: &mut Encoder) {
        out.u64(self.size);
        out.u64(self.mtime.cast_unsigned());
        out.u64(self.ctime.cast_unsigned());
        out.u64(self.inode);
        out.u32(self.mode);
        out.u8(u8::from(settled));
    }

    fn read(from: &mut Decoder<'_>) -> Option<(Self, bool)> {
        let (size, mtime, ctime) = (from.u64()?, from.u64()?.cast_signed(), from.u64()?.cast_signed());
        Some((Self { size, mtime, ctime, inode: from.u64()?, mode: from.u32()? }, from.u8()? != 0))
    }
}

impl KnownFolder {
    /// Takes in what its entries turned out to be, in the order of their names.
    pub(super) fn fill(&mut self, entries: impl Iterator<Item = (Vec<u8>, Seen)>) {
        for (name, seen) in entries {
            match seen {
                Seen::Known(known) => self.entries.push((name, known)),
                Seen::LeftOut(why) => {
                    if !named_alike(why) {
                        self.listed = None;
                    }
                    self.left_out.push((name, why));
                }
                // It is put in when it was read.
                Seen::ToRead => {}
                Seen::Gone => self.listed = None,
            }
        }
    }

    /// The folder of a path is listed next time, whatever its times are.
    pub(super) fn doubt(&mut self, path: &[u8]) {
        let mut here = self;
        let mut names = path.split(|byte| *byte == b'/').peekable();
        while let Some(name) = names.next() {
            if names.peek().is_none() {
                here.listed = None;
                return;
            }
            let Ok(at) = here.entries.binary_search_by(|(known, _)| known.as_slice().cmp(name)) else { return };
            let Known::Folder(folder) = &mut here.entries[at].1 else { return };
            here = Arc::make_mut(folder);
        }
    }

    /// Puts something at a path whose folder is known.
    pub(super) fn insert(&mut self, path: &[u8], known: Known) {
        let mut here = self;
        let mut names = path.split(|byte| *byte == b'/').peekable();
        while let Some(name) = names.next() {
            let at = here.entries.binary_search_by(|(known, _)| known.as_slice().cmp(name));
            if names.peek().is_none() {
                match at {
                    Ok(at) => here.entries[at].1 = known,
                    Err(at) => here.entries.insert(at, (name.to_vec(), known)),
                }
                return;
            }
            let Ok(at) = at else { return };
            let Known::Folder(folder) = &mut here.entries[at].1 else { return };
            here = Arc::make_mut(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_believed_only_when_a_later_write_must_bear_another() {
        const SECOND: i64 = 1_000_000_000;
        let stamp = |mtime, ctime| Stamp { mtime, ctime, ..Stamp::default() };
        let now = 1000 * SECOND + 500_000_000;
        for (mtime, ctime, settled) in [
            (now - 30_000_000, now - 30_000_000, true),
            (now - 30_000_000, now - 10_000_000, false),
            (now - 10_000_000, now - 30_000_000, false),
            (now + SECOND, now - SECOND - 1, false),
            // Whole seconds: the file system keeps no finer ones.
            (999 * SECOND, 999 * SECOND, false),
            (998 * SECOND, 998 * SECOND, true),
        ] {
            assert_eq!(stamp(mtime, ctime).settled(now), settled, "{mtime} {ctime}");
        }
    }

    #[test]
    fn an_index_reads_back_and_none_of_its_beginnings_does() {
        let content = Content { size: 5, name: Address::of(b"x"), parts: true };
        let stamp = Stamp { size: 5, mtime: -1, ctime: 7, inode: 8, mode: 0o100_644 };
        let inner = KnownFolder { mode: 0o755, object: Some(Address::of(b"y")), ..KnownFolder::default() };
        let entries = vec![
            (b"\xff".to_vec(), Known::File { stamp, settled: true, content }),
            (b"folder".to_vec(), Known::Folder(Arc::new(inner))),
            (b"link".to_vec(), Known::Link { stamp, settled: false, target: b"a".to_vec() }),
        ];
        let folder = KnownFolder { mode: 0o700, entries, ..KnownFolder::default() };
        let bytes = folder.encode(Epoch(u128::MAX - 5));
        assert_eq!(KnownFolder::decode(&bytes), Some((folder, Epoch(u128::MAX - 5))));
        for end in 0..bytes.len() {
            assert_eq!(KnownFolder::decode(&bytes[..end]), None);
        }
    }
}
