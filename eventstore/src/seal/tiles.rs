//! Any hash of the tree, from the tiles in the database. Finished tiles never change and are kept in memory.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::edge::Edge;
use super::leaf::Hash;
use super::reader::SealError;
use super::tables::{SealTables, TILE, TILE_HEIGHT};
use super::tree::{Node, join, parts, perfect};

/// Finished tiles kept in memory, 8 KiB each.
const KEPT: usize = 256;

type Tile = Arc<Vec<Hash>>;

/// Reads hashes; clones share the tiles in memory.
#[derive(Clone)]
pub struct Tiles {
    tables: Arc<dyn SealTables>,
    kept: Arc<Mutex<HashMap<(u32, u64), Tile>>>,
}

impl Tiles {
    pub fn new(tables: Arc<dyn SealTables>) -> Self {
        Tiles { tables, kept: Arc::default() }
    }

    /// The hash over each of these ranges of leaves.
    pub async fn hashes(&self, ranges: &[Range<u64>]) -> Result<Vec<Hash>, SealError> {
        self.look().hashes(ranges).await
    }

    pub(super) fn look(&self) -> Look<'_> {
        Look { tiles: self, read: HashMap::new(), known: HashMap::new() }
    }

    /// The hashes of a tile, as many as are written.
    async fn tile(&self, level: u32, number: u64) -> Result<Tile, SealError> {
        if let Some(tile) = self.kept().get(&(level, number)) {
            return Ok(tile.clone());
        }
        let first = number * TILE;
        let mut hashes = Vec::new();
        for piece in self.tables.pieces(level, first, first + TILE).await? {
            if piece.first != first + hashes.len() as u64 {
                return Err(SealError::Damaged { level, first: first + hashes.len() as u64 });
            }
            hashes.extend(piece.hashes);
        }
        let tile = Arc::new(hashes);
        if tile.len() as u64 == TILE {
            let mut kept = self.kept();
            if kept.len() == KEPT {
                kept.clear();
            }
            kept.insert((level, number), tile.clone());
        }
        Ok(tile)
    }

    /// The right edge of the tree of `size` leaves, all of them written.
    pub(super) async fn edge(&self, size: u64) -> Result<Edge, SealError> {
        let mut tiles = Vec::new();
        for level in 0.. {
            let hashes = size.checked_shr(TILE_HEIGHT * level).unwrap_or(0);
            if hashes == 0 {
                break;
            }
            let tile = if hashes.is_multiple_of(TILE) { Tile::default() } else { self.tile(level, hashes / TILE).await? };
            // Another sealer may have gone on since.
            let wanted = tile.get(..(hashes % TILE) as usize);
            let wanted = wanted.ok_or(SealError::Damaged { level, first: hashes / TILE * TILE + tile.len() as u64 })?;
            tiles.push(wanted.to_vec());
        }
        Ok(Edge::written(size, tiles))
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<(u32, u64), Tile>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Many hashes at once: each tile is read and each hash computed once, however many proofs need them.
pub(super) struct Look<'a> {
    tiles: &'a Tiles,
    read: HashMap<(u32, u64), Tile>,
    known: HashMap<Range<u64>, Hash>,
}

impl Look<'_> {
    pub(super) async fn hashes(&mut self, ranges: &[Range<u64>]) -> Result<Vec<Hash>, SealError> {
        let mut hashes = Vec::with_capacity(ranges.len());
        for range in ranges {
            hashes.push(self.hash(range).await?);
        }
        Ok(hashes)
    }

    pub(super) async fn hash(&mut self, range: &Range<u64>) -> Result<Hash, SealError> {
        if let Some(hash) = self.known.get(range) {
            return Ok(*hash);
        }
        let mut whole = Vec::new();
        for node in parts(range) {
            whole.push(self.node(node).await?);
        }
        let hash = join(&whole);
        self.known.insert(range.clone(), hash);
        Ok(hash)
    }

    async fn node(&mut self, node: Node) -> Result<Hash, SealError> {
        let (level, height) = (node.height / TILE_HEIGHT, node.height % TILE_HEIGHT);
        let from = node.index << height;
        let place = (level, from / TILE);
        let tile = match self.read.get(&place) {
            Some(tile) => tile.clone(),
            None => {
                let tile = self.tiles.tile(level, place.1).await?;
                self.read.insert(place, tile.clone());
                tile
            }
        };
        let within = (from % TILE) as usize;
        let hashes = tile.get(within..within + (1 << height)).ok_or(SealError::Damaged { level, first: from })?;
        Ok(perfect(hashes))
    }
}
