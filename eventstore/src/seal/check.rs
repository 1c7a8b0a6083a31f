//! Reads the whole journal and holds it against its seal and against what the second place remembers; names the first position that does
//! not hold. Rests on nothing in the database: each hash is made anew from what the events say, and checkpoints count only with their
//! signatures.

mod believed;
mod roots;
mod walk;

use self::roots::Roots;
use self::walk::{Walk, upper_levels};
use super::note::VerifierKey;
use super::roll::OtherEpochs;
use super::tables::SealTables;
use crate::envelope::{Epoch, Position};
use crate::journal::{Filter, Journal, ReadError};

/// Events read at a time.
const PAGE: usize = 2000;

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
    #[error("position {position}: the event cannot be read any more: {why}")]
    Unreadable { position: Position, why: String },
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
    /// Names the first position that the epoch in question has for itself.
    #[error("{0}")]
    Epochs(OtherEpochs),
    #[error("position {size}: epoch {epoch} was begun over other events than positions 1 to {size} hold")]
    BegunOverOthers { epoch: Epoch, size: u64 },
    #[error("roll of epochs {n}: {why}")]
    BadRoll { n: u64, why: String },
    #[error(
        "position 1: the roll of epochs is missing, which a second place remembers: it was removed, and nothing tells which epochs were begun by whom"
    )]
    RollGone,
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
    /// Rolls of epochs of the second place.
    pub rolls: &'a [String],
    /// Noted by whoever asks: the journal must hold what they cover, whatever epochs have begun since.
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
    let trusted = believed::trusted(tables, pinned, &outside).await?;
    let (epochs, roll) = believed::attested(tables, &trusted, &outside).await?;
    let histories = roll.histories();
    let (memories, noted, lost) = believed::memories(outside, &trusted, &histories)?;
    let mut roots = Roots::new(memories, believed::begun_over(&roll, &histories));
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
    let mut walk = Walk::new(sealed, &epochs);
    roots.pass(tables, &trusted, &walk.edge).await?;
    while walk.position < head {
        let page = match journal.read_all(walk.position, PAGE, &Filter::default()).await {
            Err(ReadError::Unavailable(why)) => return Err(unreadable(journal, walk.position, head, why).await),
            page => page?,
        };
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
    if let Some(begun) = roots.begun.last() {
        return Err(Finding::SealSetBack { sealed: walk.sealed, size: begun.size }.into());
    }
    checked.noted = noted;
    checked.notices = roll.notices();
    checked.notices.extend(lost);
    Ok(checked)
}

/// Which event keeps a page after a position from being read, if it is an event and not the database.
async fn unreadable(journal: &dyn Journal, after: Position, head: Position, why: String) -> CheckError {
    for position in after + 1..=head.min(after + PAGE as u64) {
        if let Err(ReadError::Unavailable(why)) = journal.read_all(position - 1, 1, &Filter::default()).await
            && journal.head().await.is_ok()
        {
            return Finding::Unreadable { position, why }.into();
        }
    }
    ReadError::Unavailable(why).into()
}
