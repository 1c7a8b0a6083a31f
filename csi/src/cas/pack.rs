//! How a pack is laid out: magic and version, records, and an index at the end.
//!
//! A record is the object's name, a check sum of name and bytes, the length and the bytes: it proves itself without the
//! index, from which it can therefore be found again. The index is a list of names and places, its own check sum, the count
//! and a closing magic.

use std::collections::HashSet;
use std::fs::File;
use std::os::unix::fs::FileExt;

use super::{Address, CasError};
use crate::side_by_side::side_by_side;

const MAGIC: &[u8; 5] = b"OSPK\x01";
const CLOSING: &[u8; 4] = b"OSPX";
const HASH: usize = 32;
/// Name, check sum, length.
const RECORD: usize = HASH + HASH + 4;
/// Name, place of the record, length of its bytes.
const SLOT: usize = HASH + 8 + 4;
/// Check sum of the slots, their count, closing magic.
const FOOTER: usize = HASH + 4 + CLOSING.len();
/// Longest object in bytes; more is damage. (A chunk is at most a megabyte, a folder of a million names some sixty.)
const MAX_OBJECT: u32 = 256 * 1024 * 1024;

/// Bytes of objects from which on several threads make their check sums.
const PARALLEL_FROM: usize = 256 * 1024;

/// Where an object's record lies in its pack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Slot {
    pub(super) name: Address,
    pub(super) offset: u64,
    /// Bytes of the object, without its record's head.
    pub(super) length: u32,
}

/// A pack to be written: its objects' bytes stay where they are.
pub(super) struct Pack<'o> {
    heads: Vec<[u8; RECORD]>,
    objects: Vec<&'o [u8]>,
    index: Vec<u8>,
    /// What will lie where.
    pub(super) slots: Vec<Slot>,
}

impl<'o> Pack<'o> {
    /// Of objects with one name the first is taken.
    pub(super) fn of(objects: &'o [(Address, Vec<u8>)]) -> Result<Self, CasError> {
        let mut seen = HashSet::with_capacity(objects.len());
        let objects: Vec<_> = objects.iter().filter(|(name, _)| seen.insert(*name)).collect();
        let (mut slots, mut offset) = (Vec::with_capacity(objects.len()), MAGIC.len() as u64);
        for (name, bytes) in &objects {
            let length = u32::try_from(bytes.len()).ok().filter(|length| *length <= MAX_OBJECT);
            let length = length.ok_or(CasError::TooLarge { size: bytes.len() as u64 })?;
            slots.push(Slot { name: *name, offset, length });
            offset += RECORD as u64 + u64::from(length);
        }
        let head = |(name, bytes): &&'o (Address, Vec<u8>)| Ok::<_, CasError>(head(name, bytes));
        let all: usize = objects.iter().map(|(_, bytes)| bytes.len()).sum();
        let heads = if all < PARALLEL_FROM { objects.iter().map(head).collect() } else { side_by_side(&objects, head) }?;
        let objects = objects.into_iter().map(|(_, bytes)| bytes.as_slice()).collect();
        Ok(Self { heads, objects, index: index_of(&slots), slots })
    }

    /// Its bytes, piece by piece.
    pub(super) fn pieces(&self) -> Vec<&[u8]> {
        let records = self.heads.iter().zip(&self.objects).flat_map(|(head, object)| [head.as_slice(), object]);
        std::iter::once(MAGIC.as_slice()).chain(records).chain([self.index.as_slice()]).collect()
    }
}

/// Of a record.
fn head(name: &Address, bytes: &[u8]) -> [u8; RECORD] {
    let mut head = [0; RECORD];
    head[..HASH].copy_from_slice(name.as_bytes());
    head[HASH..2 * HASH].copy_from_slice(&check_sum(name, bytes));
    head[2 * HASH..].copy_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
    head
}

fn index_of(slots: &[Slot]) -> Vec<u8> {
    let mut index = Vec::with_capacity(slots.len() * SLOT + FOOTER);
    for slot in slots {
        index.extend_from_slice(slot.name.as_bytes());
        index.extend_from_slice(&slot.offset.to_le_bytes());
        index.extend_from_slice(&slot.length.to_le_bytes());
    }
    let sum = blake3::hash(&index);
    index.extend_from_slice(sum.as_bytes());
    index.extend_from_slice(&u32::try_from(slots.len()).unwrap_or(u32::MAX).to_le_bytes());
    index.extend_from_slice(CLOSING);
    index
}

/// What lies in a pack; false when its index is damaged and the records were found by reading the whole of it, as far as
/// they go.
pub(super) fn load(file: &File) -> std::io::Result<(Vec<Slot>, bool)> {
    let size = file.metadata()?.len();
    match index(file, size)? {
        Some(slots) => Ok((slots, true)),
        None => Ok((scan(file, size)?, false)),
    }
}

fn index(file: &File, size: u64) -> std::io::Result<Option<Vec<Slot>>> {
    let least = (MAGIC.len() + FOOTER) as u64;
    if size < least {
        return Ok(None);
    }
    let mut footer = [0; FOOTER];
    file.read_exact_at(&mut footer, size - FOOTER as u64)?;
    let (sum, rest) = footer.split_at(HASH);
    let (count, closing) = rest.split_at(4);
    let count = u32::from_le_bytes(array(count));
    let length = u64::from(count) * SLOT as u64;
    if closing != CLOSING || length > size - least {
        return Ok(None);
    }
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
    file.read_exact_at(&mut bytes, size - FOOTER as u64 - length)?;
    if blake3::hash(&bytes).as_bytes() != sum {
        return Ok(None);
    }
    let slots = bytes.chunks_exact(SLOT).map(|slot| Slot {
        name: Address::from_bytes(array(&slot[..HASH])),
        offset: u64::from_le_bytes(array(&slot[HASH..HASH + 8])),
        length: u32::from_le_bytes(array(&slot[HASH + 8..])),
    });
    Ok(Some(slots.collect()))
}

/// Finds records one after the other and stops at the first that is not whole.
fn scan(file: &File, size: u64) -> std::io::Result<Vec<Slot>> {
    let mut slots = Vec::new();
    let mut magic = [0; MAGIC.len()];
    if size < MAGIC.len() as u64 {
        return Ok(slots);
    }
    file.read_exact_at(&mut magic, 0)?;
    if &magic != MAGIC {
        return Ok(slots);
    }
    let mut offset = MAGIC.len() as u64;
    while offset + RECORD as u64 <= size {
        let mut head = [0; RECORD];
        file.read_exact_at(&mut head, offset)?;
        let slot = Slot { name: Address::from_bytes(array(&head[..HASH])), offset, length: u32::from_le_bytes(array(&head[2 * HASH..])) };
        let end = offset + RECORD as u64 + u64::from(slot.length);
        if slot.length > MAX_OBJECT || end > size || !matches!(read(file, &slot)?, Some(Ok(_))) {
            break;
        }
        slots.push(slot);
        offset = end;
    }
    Ok(slots)
}

/// An object's bytes: `Some(Err)` when they are not what was written, `None` when the pack ends before them.
pub(super) fn read(file: &File, slot: &Slot) -> std::io::Result<Option<Result<Vec<u8>, CasError>>> {
    let mut record = vec![0; RECORD + slot.length as usize];
    match file.read_exact_at(&mut record, slot.offset) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let bytes = record.split_off(RECORD);
    let sound = record[..HASH] == *slot.name.as_bytes()
        && record[HASH..2 * HASH] == check_sum(&slot.name, &bytes)
        && record[2 * HASH..] == slot.length.to_le_bytes();
    Ok(Some(if sound { Ok(bytes) } else { Err(CasError::Damaged(slot.name)) }))
}

fn check_sum(name: &Address, bytes: &[u8]) -> [u8; HASH] {
    *blake3::Hasher::new().update(name.as_bytes()).update(bytes).finalize().as_bytes()
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[..N]);
    array
}
