//! What changed in a subvolume since a transaction, asked of the kernel: the inodes whose items bear a later one. Asking is for root alone
//! (`CAP_SYS_ADMIN`); for everybody else, and on other file systems, the folder is walked.
//!
//! An inode's item is brought up to date when the bytes that were written reach the disk, and then with the commit of a transaction. So the file
//! system is synced first: **whatever was done before the sync is found**. What is done after it goes into the transaction that the file system
//! then names, or into a later one, so the next asking begins with that one: nothing falls between two askings, and the little that is found twice
//! is only looked at twice. (Waiting for the end of that transaction too, so that nothing is found twice, was as long again as the sync.)

#![allow(unsafe_code, reason = "the kernel's interface to subvolumes; each block says why it is sound")]

use std::collections::HashSet;
use std::mem::MaybeUninit;
use std::os::fd::AsFd;

use rustix::ioctl::{NoArg, Updater, ioctl, opcode};

use super::btrfs::MAGIC;
use crate::fileops::Root;

const TREE_SEARCH: rustix::ioctl::Opcode = opcode::read_write::<SearchArguments>(MAGIC, 17);
const SYNC: rustix::ioctl::Opcode = opcode::none(MAGIC, 8);
const FS_INFO: rustix::ioctl::Opcode = opcode::read::<FileSystem>(MAGIC, 31);
/// Asks for the generation, and says that it was given (Linux 5.10).
const WITH_GENERATION: u64 = 1 << 1;

/// Bytes of answers in one call.
const ANSWER: usize = 4096 - size_of::<SearchKey>();
/// Of an item's head: transaction, object, offset (8 bytes each), type and length (4 each).
const HEAD: usize = 32;
/// Type of an inode's item; its transaction is the second number in it.
const INODE_ITEM: u32 = 1;
/// First inode of a subvolume.
const FIRST_INODE: u64 = 256;
/// Changed inodes from which a walk is as good.
const MOST: usize = 100_000;

/// `struct btrfs_ioctl_search_key`.
#[repr(C)]
#[derive(Clone, Copy)]
struct SearchKey {
    tree: u64,
    min_object: u64,
    max_object: u64,
    min_offset: u64,
    max_offset: u64,
    min_transaction: u64,
    max_transaction: u64,
    min_type: u32,
    max_type: u32,
    items: u32,
    unused: u32,
    reserved: [u64; 4],
}

/// `struct btrfs_ioctl_search_args`.
#[repr(C)]
#[derive(Clone, Copy)]
struct SearchArguments {
    key: SearchKey,
    answer: [u8; ANSWER],
}

/// `struct btrfs_ioctl_fs_info_args`.
#[repr(C)]
#[derive(Clone, Copy)]
struct FileSystem {
    max_device: u64,
    devices: u64,
    id: [u8; 16],
    sizes: [u32; 3],
    check_sums: [u16; 2],
    flags: u64,
    generation: u64,
    metadata_id: [u8; 16],
    reserved: [u8; 944],
}

/// Brings what was done so far to the disk. The transaction up to which all changes can be found from then on: any later change bears a
/// later one. `None` where that is not possible or not said.
pub(super) fn commit(root: &Root) -> Option<u64> {
    let folder = super::walk::open_dir(root.as_fd(), c".").ok()?;
    let before = begun(&folder)?;
    // SAFETY: the opcode is the kernel's and takes no argument.
    unsafe { ioctl(&folder, NoArg::<SYNC>::new()) }.ok()?;
    // What was begun before is committed and takes in nothing more; what was begun last may be under way.
    Some(before.max(begun(&folder)?.saturating_sub(1)))
}

/// The transaction that the file system began last.
fn begun(folder: impl AsFd) -> Option<u64> {
    // SAFETY: the structure is numbers and bytes, for all of which zero is a value.
    let mut found: FileSystem = unsafe { MaybeUninit::zeroed().assume_init() };
    found.flags = WITH_GENERATION;
    // SAFETY: the opcode is the kernel's for this structure, which it reads and writes within its size.
    unsafe { ioctl(&folder, Updater::<FS_INFO, FileSystem>::new(&mut found)) }.ok()?;
    (found.flags & WITH_GENERATION != 0).then_some(found.generation)
}

/// Inodes of the subvolume that changed in a later transaction than this. `None` if it may not be asked, or there are very many.
pub(super) fn changed_since(root: &Root, transaction: u64) -> Option<HashSet<u64>> {
    let folder = super::walk::open_dir(root.as_fd(), c".").ok()?;
    let key = SearchKey {
        tree: 0,
        min_object: FIRST_INODE,
        max_object: u64::MAX,
        min_offset: 0,
        max_offset: u64::MAX,
        min_transaction: transaction.saturating_add(1),
        max_transaction: u64::MAX,
        min_type: 0,
        max_type: u32::MAX,
        items: u32::MAX,
        unused: 0,
        reserved: [0; 4],
    };
    // SAFETY: the structure is numbers and bytes, for all of which zero is a value.
    let mut arguments: SearchArguments = unsafe { MaybeUninit::zeroed().assume_init() };
    arguments.key = key;
    let mut changed = HashSet::new();
    loop {
        arguments.key.items = u32::MAX;
        // SAFETY: the opcode is the kernel's for this structure, which it reads and writes within its size.
        unsafe { ioctl(&folder, Updater::<TREE_SEARCH, SearchArguments>::new(&mut arguments)) }.ok()?;
        if arguments.key.items == 0 {
            return Some(changed);
        }
        let last = take_in(&arguments.answer, arguments.key.items, transaction, &mut changed)?;
        if changed.len() > MOST || !advance(&mut arguments.key, last) {
            return (changed.len() <= MOST).then_some(changed);
        }
    }
}

/// Object, type and offset of an item.
type Place = (u64, u32, u64);

/// Reads the items of one answer; the place of the last.
fn take_in(answer: &[u8], items: u32, transaction: u64, changed: &mut HashSet<u64>) -> Option<Place> {
    let number = |at: usize| Some(u64::from_ne_bytes(answer.get(at..at + 8)?.try_into().ok()?));
    let short = |at: usize| Some(u32::from_ne_bytes(answer.get(at..at + 4)?.try_into().ok()?));
    let (mut at, mut last) = (0, None);
    for _ in 0..items {
        let place = (number(at + 8)?, short(at + 24)?, number(at + 16)?);
        let length = usize::try_from(short(at + 28)?).ok()?;
        // A leaf is given as a whole when one of its items is new: the item itself says when it changed.
        if place.1 == INODE_ITEM
            && length >= 16
            && u64::from_le_bytes(answer.get(at + HEAD + 8..at + HEAD + 16)?.try_into().ok()?) > transaction
        {
            changed.insert(place.0);
        }
        last = Some(place);
        at += HEAD + length;
    }
    last
}

/// To the place after this one; false at the end of all.
fn advance(key: &mut SearchKey, (object, kind, offset): Place) -> bool {
    (key.min_object, key.min_type, key.min_offset) = match (offset.checked_add(1), kind.checked_add(1), object.checked_add(1)) {
        (Some(offset), ..) => (object, kind, offset),
        (None, Some(kind), _) => (object, kind, 0),
        (None, None, Some(object)) => (object, 0, 0),
        (None, None, None) => return false,
    };
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structures_are_as_large_as_the_kernels() {
        assert_eq!((size_of::<SearchKey>(), size_of::<SearchArguments>(), size_of::<FileSystem>()), (104, 4096, 1024));
    }

    #[test]
    fn only_inodes_that_changed_later_are_taken_in() {
        let item = |object: u64, kind: u32, transaction: u64| {
            let numbers = [transaction, object, 7];
            let mut bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_ne_bytes()).collect();
            bytes.extend(kind.to_ne_bytes());
            bytes.extend(24_u32.to_ne_bytes());
            bytes.extend([1, transaction, 3].iter().flat_map(|number: &u64| number.to_le_bytes()));
            bytes
        };
        let answer = [item(256, 1, 9), item(257, 1, 10), item(258, 12, 11), item(259, 1, 11)].concat();
        let mut changed = HashSet::new();
        assert_eq!(take_in(&answer, 4, 10, &mut changed), Some((259, 1, 7)));
        assert_eq!(changed, HashSet::from([259]));
        assert_eq!(take_in(&answer[..60], 2, 10, &mut changed), None, "a torn answer is none");
    }

    #[test]
    fn the_search_goes_on_after_the_last_place_and_ends() {
        // SAFETY: all numbers.
        let mut key: SearchKey = unsafe { MaybeUninit::zeroed().assume_init() };
        assert!(advance(&mut key, (5, 1, 0)) && (key.min_object, key.min_type, key.min_offset) == (5, 1, 1));
        assert!(advance(&mut key, (5, 1, u64::MAX)) && (key.min_object, key.min_type, key.min_offset) == (5, 2, 0));
        assert!(advance(&mut key, (5, u32::MAX, u64::MAX)) && (key.min_object, key.min_type, key.min_offset) == (6, 0, 0));
        assert!(!advance(&mut key, (u64::MAX, u32::MAX, u64::MAX)));
    }
}
