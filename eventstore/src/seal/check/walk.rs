//! The walk over the events: what each must be, from those before it and from what was sealed of it.

use std::collections::HashMap;

use super::{CheckError, Finding};
use crate::envelope::{Epoch, Position, Recorded};
use crate::seal::edge::Edge;
use crate::seal::leaf::{Hash, content_hash, entry, leaf_hash};
use crate::seal::tables::{Piece, SealTables, StoredEpoch};

/// Tiles' pieces are read for this many hashes at a time.
const PIECES: u64 = 256 * 64;

pub(super) struct Walk {
    pub(super) position: Position,
    pub(super) sealed: u64,
    time: i64,
    /// The journal's epochs in their order, and which of them the walk is in.
    epochs: HashMap<Epoch, (usize, Position)>,
    epoch: usize,
    tenants: HashMap<String, u64>,
    streams: HashMap<String, u64>,
    pub(super) edge: Edge,
    /// Hashes of the levels above the leaves, as they must be.
    upper: Vec<Piece>,
    /// Hashes of leaves as the database holds them, from this index on.
    leaves: (u64, Vec<Hash>),
}

impl Walk {
    pub(super) fn new(sealed: u64, epochs: &[StoredEpoch]) -> Walk {
        Walk {
            epochs: epochs.iter().enumerate().map(|(n, epoch)| (epoch.id, (n, epoch.started_after))).collect(),
            epoch: 0,
            position: 0,
            sealed,
            time: i64::MIN,
            tenants: HashMap::new(),
            streams: HashMap::new(),
            edge: Edge::default(),
            upper: Vec::new(),
            leaves: (0, Vec::new()),
        }
    }

    pub(super) async fn step(&mut self, tables: &dyn SealTables, event: &Recorded) -> Result<(), CheckError> {
        let position = self.position + 1;
        if event.position != position {
            return Err(Finding::Missing(position).into());
        }
        let hash = content_hash(event);
        if position <= self.sealed {
            let leaf = leaf_hash(&entry(&hash, position, event.tenant_position, event.time));
            let stored = self.stored_leaf(tables, position - 1).await?;
            if stored != leaf {
                // Which of the two: the event no longer says what its own hash says, or it is another event altogether.
                let altered = hash != event.content_hash;
                return Err(if altered { Finding::Altered(position) } else { Finding::Replaced(position) }.into());
            }
            self.edge.push(leaf, &mut self.upper);
            self.upper.retain(|piece| piece.level > 0);
        }
        if hash != event.content_hash {
            return Err(Finding::Altered(position).into());
        }
        let epoch = self.epochs.get(&event.epoch).copied();
        let tenant = self.tenants.entry(event.tenant.clone()).or_insert(0);
        let stream = self.streams.entry(event.stream.to_string()).or_insert(0);
        let wrong = if event.tenant_position != *tenant + 1 {
            Some(format!("is number {} of its tenant, after number {tenant}", event.tenant_position))
        } else if event.stream_version != *stream + 1 {
            Some(format!("is version {} of its stream, after version {stream}", event.stream_version))
        } else if event.time < self.time {
            Some("is older than the event before it".into())
        } else {
            match epoch {
                None => Some(format!("is of epoch {}, which the journal does not know", event.epoch)),
                Some((n, after)) if n < self.epoch || position <= after => {
                    Some(format!("is of epoch {}, which did not go on there", event.epoch))
                }
                Some(_) => None,
            }
        };
        if let Some(what) = wrong {
            return Err(Finding::OutOfOrder { position, what }.into());
        }
        (*tenant, *stream, self.time, self.position) = (event.tenant_position, event.stream_version, event.time, position);
        self.epoch = epoch.map_or(self.epoch, |(n, _)| n);
        Ok(())
    }

    async fn stored_leaf(&mut self, tables: &dyn SealTables, index: u64) -> Result<Hash, CheckError> {
        let damaged = |index: u64| Finding::SealDamaged(index + 1);
        if index >= self.leaves.0 + self.leaves.1.len() as u64 {
            let mut hashes = Vec::new();
            for piece in tables.pieces(0, index, index + PIECES).await? {
                if piece.first != index + hashes.len() as u64 {
                    break;
                }
                hashes.extend(piece.hashes);
            }
            self.leaves = (index, hashes);
        }
        let within = index.checked_sub(self.leaves.0).map(|within| within as usize);
        Ok(*within.and_then(|within| self.leaves.1.get(within)).ok_or_else(|| damaged(index))?)
    }
}

/// Hashes of the levels above the leaves, in the database as they must be.
pub(super) async fn upper_levels(tables: &dyn SealTables, walk: &Walk) -> Result<(), CheckError> {
    let mut edge = walk.edge.clone();
    let mut pieces = walk.upper.clone();
    edge.flush(&mut pieces);
    let mut level = 1;
    loop {
        let wanted: Vec<Hash> = pieces.iter().filter(|piece| piece.level == level).flat_map(|piece| piece.hashes.clone()).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let stored: Vec<Hash> = tables.pieces(level, 0, u64::MAX).await?.into_iter().flat_map(|piece| piece.hashes).collect();
        if !stored.starts_with(&wanted) {
            let first = stored.iter().zip(&wanted).take_while(|(stored, wanted)| stored == wanted).count() as u64;
            return Err(Finding::SealDamaged((first << (8 * level)) + 1).into());
        }
        level += 1;
    }
}
