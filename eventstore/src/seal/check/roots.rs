//! What the walk holds against the root of the tree so far: checkpoints of the database and from outside it, and what epochs began over.

use super::{CheckError, Finding};
use crate::seal::checkpoint::Checkpoint;
use crate::seal::edge::Edge;
use crate::seal::note::VerifierKey;
use crate::seal::tables::SealTables;

/// Checkpoints read at a time.
const CHECKPOINTS: u32 = 1000;

/// Checkpoints that the walk will pass, and those it has passed.
#[derive(Default)]
pub(super) struct Roots {
    pub(super) memories: Vec<Checkpoint>,
    /// What the roll says that its epochs began over, by size, the last one to come.
    pub(super) begun: Vec<Checkpoint>,
    pub(super) remembered_held: u64,
    /// Size of the newest memory that holds.
    agreed: u64,
    /// From the database, read ahead.
    pub(super) coming: std::collections::VecDeque<(u64, Checkpoint)>,
    read: u64,
    /// Number of the last one that is looked at.
    pub(super) until: u64,
    pub(super) held: u64,
    /// Size of the newest that holds.
    pub(super) last: u64,
    pub(super) time: i64,
}

impl Roots {
    pub(super) fn new(memories: Vec<Checkpoint>, begun: Vec<Checkpoint>) -> Roots {
        Roots { memories, begun, ..Roots::default() }
    }

    fn wanted(&self, size: u64) -> bool {
        self.coming.front().is_some_and(|(_, checkpoint)| checkpoint.size == size)
            || self.begun.last().is_some_and(|begun| begun.size == size)
            || self.memories.get(self.remembered_held as usize).is_some_and(|checkpoint| checkpoint.size == size)
    }

    /// Everything that the tree's present size lets be held against its root.
    pub(super) async fn pass(&mut self, tables: &dyn SealTables, trusted: &[VerifierKey], edge: &Edge) -> Result<(), CheckError> {
        self.read(tables, trusted).await?;
        while self.wanted(edge.size()) {
            self.reach(edge)?;
            self.read(tables, trusted).await?;
        }
        Ok(())
    }

    async fn read(&mut self, tables: &dyn SealTables, trusted: &[VerifierKey]) -> Result<(), CheckError> {
        if self.read >= self.until || !self.coming.is_empty() {
            return Ok(());
        }
        let mut page = tables.checkpoints(self.read, CHECKPOINTS).await?;
        page.retain(|stored| stored.n <= self.until);
        if page.is_empty() {
            return Err(Finding::BadCheckpoint { n: self.read + 1, why: "it is missing".into() }.into());
        }
        for stored in page {
            let bad = |why: String| Finding::BadCheckpoint { n: stored.n, why };
            if stored.n != self.read + 1 {
                return Err(Finding::BadCheckpoint { n: self.read + 1, why: "it is missing".into() }.into());
            }
            self.read = stored.n;
            let checkpoint = Checkpoint::open(&stored.note, trusted).map_err(|error| bad(error.to_string()))?;
            if checkpoint.size != stored.size || self.coming.back().is_some_and(|(_, before)| before.size > checkpoint.size) {
                return Err(bad("its size is not what it should be".into()).into());
            }
            self.coming.push_back((stored.n, checkpoint));
        }
        Ok(())
    }

    /// Holds every checkpoint of the tree's present size against its root.
    fn reach(&mut self, edge: &Edge) -> Result<(), Finding> {
        let (size, mut root) = (edge.size(), None);
        let mut same = |checkpoint: &Checkpoint| checkpoint.root == *root.get_or_insert_with(|| edge.root());
        while let Some((_, checkpoint)) = self.coming.front().filter(|(_, checkpoint)| checkpoint.size == size) {
            if !same(checkpoint) {
                return Err(Finding::OtherRoot { from: self.last + 1, to: size });
            }
            (self.last, self.time) = (size, checkpoint.time);
            self.held += 1;
            self.coming.pop_front();
        }
        while let Some(begun) = self.begun.pop_if(|begun| begun.size == size) {
            if !same(&begun) {
                return Err(Finding::BegunOverOthers { epoch: begun.epoch, size });
            }
        }
        while let Some(checkpoint) = self.memories.get(self.remembered_held as usize).filter(|checkpoint| checkpoint.size == size) {
            if !same(checkpoint) {
                return Err(Finding::Contradicted { from: self.agreed, size });
            }
            self.agreed = size;
            self.remembered_held += 1;
        }
        Ok(())
    }
}
