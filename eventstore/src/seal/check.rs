//! Reads the whole journal and holds it against its seal and against what the second place remembers; names the first position that does
//! not hold. Rests on nothing in the database: each hash is made anew from what the events say, and checkpoints count only with their
//! signatures.

use std::collections::HashMap;

use super::checkpoint::Checkpoint;
use super::edge::Edge;
use super::leaf::{Hash, content_hash, entry, leaf_hash};
use super::note::VerifierKey;
use super::set_back::{LeftBehind, left_behind};
use super::tables::{Piece, SealTables, StoredEpoch};
use crate::envelope::{Epoch, Position, Recorded};
use crate::journal::{Filter, Journal, ReadError};

/// Events read at a time.
const PAGE: usize = 2000;
/// Checkpoints read at a time.
const CHECKPOINTS: u32 = 1000;
/// Tiles' pieces are read for this many hashes at a time.
const PIECES: u64 = 256 * 64;

/// What was looked at, when everything holds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Checked {
    /// Positions that a signed checkpoint covers.
    pub sealed: u64,
    /// Positions after them, appended just now.
    pub unsealed: u64,
    /// Checkpoints in the database whose signature and root hold.
    pub checkpoints: u64,
    /// Checkpoints from outside the database that hold, and those of them that were noted by whoever asks.
    pub remembered: u64,
    pub noted: u64,
    /// Microseconds since 1970, of the newest checkpoint.
    pub time: i64,
    /// What the reader should know though it holds, e.g. that the journal was restored.
    pub notices: Vec<String>,
}

/// What does not hold, first of all.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Finding {
    #[error("position {0}: missing")]
    Missing(Position),
    #[error("position {0}: what the event says is not what was appended (its content hash differs)")]
    Altered(Position),
    #[error("position {0}: not the event that was sealed there")]
    Replaced(Position),
    #[error("position {position}: {what}")]
    OutOfOrder { position: Position, what: String },
    #[error("position {}: the journal ends before it, but {sealed} positions were sealed: rolled back", head + 1)]
    RolledBack { head: Position, sealed: u64 },
    #[error("position {0}: an event stands before the journal's first position, where no reader sees it and no seal reaches")]
    BeforeTheFirst(i64),
    #[error("positions {} to {sealed}: they were sealed, and the signed checkpoint that says so is missing", signed + 1)]
    Unsigned { signed: u64, sealed: u64 },
    #[error("positions {} to {size}: a checkpoint of them is held outside the database, and the journal's seal ends before: it was set back", sealed + 1)]
    SealSetBack { sealed: u64, size: u64 },
    #[error("position {0}: its hash in the seal is missing or damaged")]
    SealDamaged(Position),
    #[error("positions {from} to {to}: the signed checkpoint of {to} positions has another root; events and seal were changed together")]
    OtherRoot { from: Position, to: Position },
    #[error("checkpoint {n}: {why}")]
    BadCheckpoint { n: u64, why: String },
    #[error("position {}: a checkpoint of {size} positions, from the second place or noted, is contradicted by this journal", from + 1)]
    Contradicted { from: Position, size: u64 },
    #[error("a checkpoint from outside the database: {0}")]
    BadMemory(String),
    #[error("the keys of the seal: {0}")]
    BadKey(String),
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CheckError {
    #[error(transparent)]
    Found(#[from] Finding),
    #[error(transparent)]
    Unavailable(#[from] ReadError),
}

/// Signed checkpoints that lie outside the database.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outside<'a> {
    /// Of the second place; what a later epoch gave up is only told of.
    pub remembered: &'a [String],
    /// Noted by whoever asks: the journal must hold what they cover, whatever its table of epochs says, which nobody signs.
    pub noted: &'a [String],
}

/// `pinned`: keys that are trusted from elsewhere; with none, the database's own are.
pub async fn check(
    journal: &dyn Journal,
    tables: &dyn SealTables,
    pinned: &[VerifierKey],
    outside: Outside<'_>,
    mut progress: impl FnMut(Position),
) -> Result<Checked, CheckError> {
    let epochs = tables.epochs().await?;
    let trusted = trusted(tables, pinned).await?;
    let (memories, noted, lost) = memories(outside, &trusted, &epochs)?;
    let mut roots = Roots { memories, ..Roots::default() };
    if let Some(position) = tables.before_the_first().await? {
        return Err(Finding::BeforeTheFirst(position).into());
    }
    // In this order: a sealer and writers may go on meanwhile, and what they add is not looked at.
    let at_least = tables.sealed().await?;
    let last = tables.last_checkpoint().await?;
    // Both are written at once.
    let signed = last.as_ref().map_or(0, |last| last.size);
    if signed < at_least {
        return Err(Finding::Unsigned { signed, sealed: at_least }.into());
    }
    let sealed = tables.sealed().await?;
    let head = journal.head().await?.position;
    roots.until = last.as_ref().map_or(0, |last| last.n);
    let mut walk = Walk::new(sealed);
    roots.pass(tables, &trusted, &walk.edge).await?;
    while walk.position < head {
        let page = journal.read_all(walk.position, PAGE, &Filter::default()).await?;
        if page.events.is_empty() {
            return Err(Finding::Missing(walk.position + 1).into());
        }
        for event in &page.events {
            walk.step(tables, event).await?;
            if walk.position <= sealed {
                roots.pass(tables, &trusted, &walk.edge).await?;
            }
        }
        progress(walk.position);
    }
    let signed = roots.coming.back().map_or(sealed, |(_, checkpoint)| checkpoint.size.max(sealed));
    if walk.position < signed {
        return Err(Finding::RolledBack { head: walk.position, sealed: signed }.into());
    }
    if sealed < signed {
        return Err(Finding::SealDamaged(sealed + 1).into());
    }
    upper_levels(tables, &walk).await?;
    let mut checked = Checked { sealed: roots.last, unsealed: walk.position - roots.last, ..Checked::default() };
    (checked.checkpoints, checked.remembered, checked.time) = (roots.held, roots.remembered_held, roots.time);
    if let Some(later) = roots.memories.last().filter(|_| roots.remembered_held < roots.memories.len() as u64) {
        let (head, sealed, size) = (walk.position, walk.sealed, later.size);
        return Err(if head < size { Finding::RolledBack { head, sealed: size } } else { Finding::SealSetBack { sealed, size } }.into());
    }
    checked.noted = noted;
    checked.notices.extend(lost);
    Ok(checked)
}

/// The database's keys, each one announced by a checkpoint that an older one signed, when the first is not simply believed.
async fn trusted(tables: &dyn SealTables, pinned: &[VerifierKey]) -> Result<Vec<VerifierKey>, CheckError> {
    let bad = |error: super::note::NoteError| Finding::BadKey(error.to_string());
    let stored = tables.keys().await?.iter().map(|key| key.verifier.parse()).collect::<Result<Vec<VerifierKey>, _>>().map_err(bad)?;
    if pinned.is_empty() {
        return Ok(stored);
    }
    let mut trusted = pinned.to_vec();
    let mut after = 0;
    loop {
        let page = tables.checkpoints(after, CHECKPOINTS).await?;
        let Some(last) = page.last() else { return Ok(trusted) };
        after = last.n;
        let announced = page.iter().filter_map(|stored| Checkpoint::open(&stored.note, &trusted).ok()?.next_key);
        let announced: Vec<VerifierKey> = announced.collect();
        trusted.extend(announced);
    }
}

/// What is remembered of this history outside the database, how many of that only whoever asks has noted, and what the second place remembers of positions that a restore left behind, in words.
fn memories(outside: Outside<'_>, trusted: &[VerifierKey], epochs: &[StoredEpoch]) -> Result<(Vec<Checkpoint>, u64, Vec<String>), Finding> {
    let open = |note: &String| Checkpoint::open(note, trusted).map_err(|error| Finding::BadMemory(error.to_string()));
    let mut memories = outside.remembered.iter().map(open).collect::<Result<Vec<_>, _>>()?;
    let mut lost: HashMap<Epoch, (Position, Position)> = HashMap::new();
    memories.retain(|checkpoint| match left_behind(checkpoint, epochs) {
        LeftBehind::Yes { after } => {
            let (_, to) = lost.entry(checkpoint.epoch).or_insert((after + 1, checkpoint.size));
            *to = checkpoint.size.max(*to);
            false
        }
        LeftBehind::No | LeftBehind::UnknownEpoch => true,
    });
    let mut words: Vec<String> =
        lost.iter().map(|(epoch, (from, to))| format!("positions {from} to {to} of epoch {epoch} were lost in a restore")).collect();
    words.sort_unstable();
    let by_size = |memories: &mut Vec<Checkpoint>| {
        memories.sort_by_key(|checkpoint| checkpoint.size);
        memories.dedup();
    };
    by_size(&mut memories);
    let before = memories.len();
    for note in outside.noted {
        memories.push(open(note)?);
    }
    by_size(&mut memories);
    let noted = (memories.len() - before) as u64;
    Ok((memories, noted, words))
}

/// The walk over the events: what each must be, from those before it.
struct Walk {
    position: Position,
    sealed: u64,
    time: i64,
    tenants: HashMap<String, u64>,
    streams: HashMap<String, u64>,
    edge: Edge,
    /// Hashes of the levels above the leaves, as they must be.
    upper: Vec<Piece>,
    /// Hashes of leaves as the database holds them, from this index on.
    leaves: (u64, Vec<Hash>),
}

impl Walk {
    fn new(sealed: u64) -> Walk {
        Walk {
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

    async fn step(&mut self, tables: &dyn SealTables, event: &Recorded) -> Result<(), CheckError> {
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
        let tenant = self.tenants.entry(event.tenant.clone()).or_insert(0);
        let stream = self.streams.entry(event.stream.to_string()).or_insert(0);
        let wrong = if event.tenant_position != *tenant + 1 {
            Some(format!("is number {} of its tenant, after number {tenant}", event.tenant_position))
        } else if event.stream_version != *stream + 1 {
            Some(format!("is version {} of its stream, after version {stream}", event.stream_version))
        } else if event.time < self.time {
            Some("is older than the event before it".into())
        } else {
            None
        };
        if let Some(what) = wrong {
            return Err(Finding::OutOfOrder { position, what }.into());
        }
        (*tenant, *stream, self.time, self.position) = (event.tenant_position, event.stream_version, event.time, position);
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

/// Checkpoints that the walk will pass, and those it has passed.
#[derive(Default)]
struct Roots {
    memories: Vec<Checkpoint>,
    remembered_held: u64,
    /// Size of the newest memory that holds.
    agreed: u64,
    /// From the database, read ahead.
    coming: std::collections::VecDeque<(u64, Checkpoint)>,
    read: u64,
    /// Number of the last one that is looked at.
    until: u64,
    held: u64,
    /// Size of the newest that holds.
    last: u64,
    time: i64,
}

impl Roots {
    fn wanted(&self, size: u64) -> bool {
        self.coming.front().is_some_and(|(_, checkpoint)| checkpoint.size == size)
            || self.memories.get(self.remembered_held as usize).is_some_and(|checkpoint| checkpoint.size == size)
    }

    /// Everything that the tree's present size lets be held against its root.
    async fn pass(&mut self, tables: &dyn SealTables, trusted: &[VerifierKey], edge: &Edge) -> Result<(), CheckError> {
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

/// Hashes of the levels above the leaves, in the database as they must be.
async fn upper_levels(tables: &dyn SealTables, walk: &Walk) -> Result<(), CheckError> {
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
