//! The right edge of the tree in memory: of each level the hashes of its last, unfinished tile. With it a leaf is added, and the root told,
//! without reading anything.

use super::leaf::Hash;
use super::tables::{Piece, TILE};
use super::tree::{join, parts, perfect};

#[derive(Clone, Debug, Default)]
pub(super) struct Edge {
    size: u64,
    levels: Vec<Level>,
}

/// The last tile of a level.
#[derive(Clone, Debug, Default)]
struct Level {
    /// Index of the tile's first hash.
    first: u64,
    hashes: Vec<Hash>,
    /// How many of them are written.
    written: usize,
}

impl Edge {
    /// From each level's last tile, lowest first, as it is written.
    pub(super) fn written(size: u64, tiles: Vec<Vec<Hash>>) -> Edge {
        let level = |(level, hashes): (usize, Vec<Hash>)| {
            let first = (size >> (8 * level)) / TILE * TILE;
            Level { first, written: hashes.len(), hashes }
        };
        Edge { size, levels: tiles.into_iter().enumerate().map(level).collect() }
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf; pieces of tiles that it completes go to `pieces`.
    pub(super) fn push(&mut self, leaf: Hash, pieces: &mut Vec<Piece>) {
        self.size += 1;
        let mut hash = leaf;
        for number in 0.. {
            if self.levels.len() == number {
                self.levels.push(Level::default());
            }
            let level = &mut self.levels[number];
            level.hashes.push(hash);
            if (level.hashes.len() as u64) < TILE {
                return;
            }
            hash = perfect(&level.hashes);
            pieces.extend(level.unwritten(number as u32));
            *level = Level { first: level.first + TILE, ..Level::default() };
        }
    }

    /// What is not in a piece yet, though its tiles are unfinished.
    pub(super) fn flush(&mut self, pieces: &mut Vec<Piece>) {
        pieces.extend(self.levels.iter_mut().enumerate().filter_map(|(number, level)| level.unwritten(number as u32)));
    }

    pub(super) fn root(&self) -> Hash {
        let mut hashes = Vec::new();
        for level in self.levels.iter().rev() {
            let whole = parts(&(0..level.hashes.len() as u64));
            hashes.extend(whole.iter().map(|node| {
                let from = (node.index << node.height) as usize;
                perfect(&level.hashes[from..from + (1 << node.height)])
            }));
        }
        join(&hashes)
    }
}

impl Level {
    fn unwritten(&mut self, level: u32) -> Option<Piece> {
        let from = self.written;
        self.written = self.hashes.len();
        (from < self.written).then(|| Piece { level, first: self.first + from as u64, hashes: self.hashes[from..].to_vec() })
    }
}
