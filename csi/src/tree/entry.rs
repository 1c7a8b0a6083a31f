//! A folder of a tree and its written form.
//!
//! Form: a version; for each entry, sorted by name: length and bytes of the name, a tag, and what the tag asks for. Numbers are
//! little-endian. Equal folders have equal forms.

use crate::cas::{Address, Content};

const VERSION: u8 = 1;
const FILE: u8 = 1;
const FILE_IN_PARTS: u8 = 2;
const LINK: u8 = 3;
const FOLDER: u8 = 4;

/// What stands at a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Item {
    File {
        /// Permission and sticky bits, e.g. 0o755.
        mode: u32,
        /// Nanoseconds since 1970.
        mtime: i64,
        content: Content,
    },
    Link {
        /// As it is written in the link.
        target: Vec<u8>,
    },
    Folder {
        /// Permission, sticky and set-group-id bits.
        mode: u32,
        name: Address,
    },
}

impl Item {
    /// Whether two items are the same but for the time of a file.
    pub fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File { mode, content, .. }, Self::File { mode: other_mode, content: other, .. }) => {
                (mode, content) == (other_mode, other)
            }
            (one, other) => one == other,
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Any bytes but `/` and NUL; never `.` or `..`.
    pub name: Vec<u8>,
    pub item: Item,
}

/// Sorted by name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Folder {
    pub entries: Vec<Entry>,
}

impl Folder {
    pub fn get(&self, name: &[u8]) -> Option<&Item> {
        let at = self.entries.binary_search_by(|entry| entry.name.as_slice().cmp(name)).ok()?;
        Some(&self.entries[at].item)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Encoder::new(VERSION);
        for entry in &self.entries {
            out.bytes(&entry.name);
            match &entry.item {
                Item::File { mode, mtime, content } => {
                    out.u8(if content.parts { FILE_IN_PARTS } else { FILE });
                    out.u32(*mode);
                    out.u64(mtime.cast_unsigned());
                    out.u64(content.size);
                    out.address(&content.name);
                }
                Item::Link { target } => {
                    out.u8(LINK);
                    out.bytes(target);
                }
                Item::Folder { mode, name } => {
                    out.u8(FOLDER);
                    out.u32(*mode);
                    out.address(name);
                }
            }
        }
        out.done()
    }

    /// `None` for anything that [`Folder::encode`] does not make; above all names that could lead elsewhere.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut from = Decoder::new(bytes, VERSION)?;
        let mut entries: Vec<Entry> = Vec::new();
        while !from.at_end() {
            let name = from.bytes()?.to_vec();
            let bad = name.is_empty() || name == b"." || name == b".." || name.contains(&b'/') || name.contains(&0);
            if bad || entries.last().is_some_and(|last| last.name >= name) {
                return None;
            }
            let item = match from.u8()? {
                tag @ (FILE | FILE_IN_PARTS) => Item::File {
                    mode: from.u32()?,
                    mtime: from.u64()?.cast_signed(),
                    content: Content { size: from.u64()?, name: from.address()?, parts: tag == FILE_IN_PARTS },
                },
                LINK => Item::Link { target: from.bytes()?.to_vec() },
                FOLDER => Item::Folder { mode: from.u32()?, name: from.address()? },
                _ => return None,
            };
            entries.push(Entry { name, item });
        }
        Some(Self { entries })
    }
}

/// Writes our forms.
pub(super) struct Encoder(Vec<u8>);

impl Encoder {
    pub(super) fn new(version: u8) -> Self {
        Self(vec![version])
    }

    pub(super) fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(super) fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn address(&mut self, address: &Address) {
        self.0.extend_from_slice(address.as_bytes());
    }

    /// At most 64 KiB: names and targets of links are shorter.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        self.0.extend_from_slice(&length.to_le_bytes());
        self.0.extend_from_slice(&bytes[..usize::from(length)]);
    }

    pub(super) fn done(self) -> Vec<u8> {
        self.0
    }
}

/// Reads them; `None` at the first thing that does not fit.
pub(super) struct Decoder<'b>(&'b [u8]);

impl<'b> Decoder<'b> {
    pub(super) fn new(bytes: &'b [u8], version: u8) -> Option<Self> {
        bytes.strip_prefix(&[version]).map(Self)
    }

    pub(super) fn at_end(&self) -> bool {
        self.0.is_empty()
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| byte)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    pub(super) fn address(&mut self) -> Option<Address> {
        self.take().map(Address::from_bytes)
    }

    pub(super) fn bytes(&mut self) -> Option<&'b [u8]> {
        let length = usize::from(self.take().map(u16::from_le_bytes)?);
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_bytes_make_a_name_that_leads_elsewhere(mut bytes in proptest::collection::vec(prop_oneof![0_u8..8, Just(b'.'), Just(b'/')], 0..80)) {
            if let Some(first) = bytes.first_mut() {
                *first = VERSION;
            }
            if let Some(folder) = Folder::decode(&bytes) {
                prop_assert!(folder.entries.iter().all(|entry| !entry.name.contains(&b'/') && entry.name != b".." && entry.name != b"."));
                prop_assert!(folder.entries.is_sorted_by(|a, b| a.name < b.name));
                prop_assert_eq!(folder.encode(), bytes);
            }
        }

        #[test]
        fn a_folder_reads_back(names in proptest::collection::btree_set(proptest::collection::vec(1_u8..=255, 1..20), 0..10), mode in 0_u32..0o7777) {
            let bad = |name: &Vec<u8>| name.contains(&b'/') || name == b"." || name == b"..";
            let entries = names.into_iter().filter(|name| !bad(name)).enumerate().map(|(at, name)| Entry {
                item: match at % 3 {
                    0 => Item::File { mode, mtime: -(at as i64), content: Content { size: 9, name: Address::of(&name), parts: at % 2 == 0 } },
                    1 => Item::Link { target: name.clone() },
                    _ => Item::Folder { mode, name: Address::of(&name) },
                },
                name,
            });
            let folder = Folder { entries: entries.collect() };
            prop_assert_eq!(Folder::decode(&folder.encode()), Some(folder));
        }
    }
}
