//! The arithmetic of RFC 6962, section 2.1: which leaves each hash of a root or a proof stands for.

use std::ops::Range;

use sha2::{Digest, Sha256};

use super::leaf::Hash;

/// A perfect subtree: the `1 << height` leaves from `index << height` on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Node {
    pub height: u32,
    pub index: u64,
}

/// `SHA-256(0x01 ‖ left ‖ right)`.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// Root of the tree without a leaf: the hash of nothing.
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The perfect subtrees that make up the leaves `from..to`, the largest first. For ranges that occur in a tree: `from` is a multiple of the
/// smallest power of two that is not below their length.
pub fn parts(range: &Range<u64>) -> Vec<Node> {
    let (mut from, mut parts) = (range.start, Vec::new());
    while from < range.end {
        let height = (range.end - from).ilog2();
        parts.push(Node { height, index: from >> height });
        from += 1 << height;
    }
    parts
}

/// The hash over subtrees given the largest first; the hash of nothing for none.
pub fn join(parts: &[Hash]) -> Hash {
    match parts.split_last() {
        None => empty_root(),
        Some((last, rest)) => rest.iter().rev().fold(*last, |right, left| node_hash(left, &right)),
    }
}

/// The hash over the leaves of a perfect subtree.
pub fn perfect(hashes: &[Hash]) -> Hash {
    debug_assert!(hashes.len().is_power_of_two());
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row.chunks_exact(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
    }
    row[0]
}

/// The leaves behind each hash of the proof that leaf `index` is in the tree of `size` leaves, from the leaf up. `index < size`.
pub fn inclusion(index: u64, size: u64) -> Vec<Range<u64>> {
    debug_assert!(index < size);
    let (mut path, mut range) = (Vec::new(), 0..size);
    while range.end - range.start > 1 {
        let middle = range.start + split(range.end - range.start);
        if index < middle {
            path.push(middle..range.end);
            range.end = middle;
        } else {
            path.push(range.start..middle);
            range.start = middle;
        }
    }
    path.reverse();
    path
}

/// The leaves behind each hash of the proof that the tree of `old` leaves is the beginning of the one of `new`. `0 < old <= new`.
pub fn consistency(old: u64, new: u64) -> Vec<Range<u64>> {
    debug_assert!(0 < old && old <= new);
    let (mut path, mut range, mut whole) = (Vec::new(), 0..new, true);
    while old != range.end {
        let middle = range.start + split(range.end - range.start);
        if old <= middle {
            path.push(middle..range.end);
            range.end = middle;
        } else {
            path.push(range.start..middle);
            range.start = middle;
            whole = false;
        }
    }
    if !whole {
        path.push(range);
    }
    path.reverse();
    path
}

/// The largest power of two below `n`, for `n > 1`.
fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}
