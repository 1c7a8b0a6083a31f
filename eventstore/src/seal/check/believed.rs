//! What the check rests on: the keys that count, the roll of epochs that they signed, and what is remembered outside the database.

use std::collections::HashMap;

use uuid::Uuid;

use super::{CheckError, Finding, Outside};
use crate::envelope::{Epoch, Position};
use crate::seal::checkpoint::{Checkpoint, origin};
use crate::seal::note::{NoteError, VerifierKey};
use crate::seal::roll::{Enrolled, How, OtherEpochs, Roll};
use crate::seal::set_back::{LeftBehind, left_behind};
use crate::seal::tables::{SealTables, StoredEpoch};
use crate::seal::tree::empty_root;

/// Checkpoints read at a time.
const CHECKPOINTS: u32 = 1000;
/// Looks at two tables that must agree, while an epoch may begin between them.
const LOOKS: usize = 10;

/// The keys that count: those that are pinned, or else the oldest that signed the first checkpoint; and each one that an older of them announced.
pub(super) async fn trusted(
    tables: &dyn SealTables,
    pinned: &[VerifierKey],
    outside: &Outside<'_>,
) -> Result<Vec<VerifierKey>, CheckError> {
    let bad = |error: NoteError| Finding::BadKey(error.to_string());
    let stored = tables.keys().await?.iter().map(|key| key.verifier.parse()).collect::<Result<Vec<VerifierKey>, _>>().map_err(bad)?;
    let mut trusted = pinned.to_vec();
    if pinned.is_empty() {
        let first = tables.checkpoints(0, 1).await?.pop();
        let signed =
            |key: &&VerifierKey| first.as_ref().is_none_or(|first| Checkpoint::open(&first.note, std::slice::from_ref(*key)).is_ok());
        // One of them: anybody can add a signature to a note, and a key of one's own beside it.
        trusted.extend(stored.iter().find(signed).cloned());
    }
    if stored.iter().all(|key| trusted.contains(key)) {
        return Ok(trusted);
    }
    let mut after = 0;
    loop {
        let page = tables.checkpoints(after, CHECKPOINTS).await?;
        let Some(last) = page.last() else { break };
        after = last.n;
        announced(page.iter().map(|stored| &stored.note), &mut trusted);
    }
    announced(outside.remembered.iter(), &mut trusted);
    Ok(trusted)
}

fn announced<'a>(notes: impl Iterator<Item = &'a String>, trusted: &mut Vec<VerifierKey>) {
    for note in notes {
        if let Some(key) = Checkpoint::open(note, trusted).ok().and_then(|checkpoint| checkpoint.next_key)
            && !trusted.contains(&key)
        {
            trusted.push(key);
        }
    }
}

/// The journal's epochs and the roll that attests every one of them.
pub(super) async fn attested(
    tables: &dyn SealTables,
    trusted: &[VerifierKey],
    outside: &Outside<'_>,
) -> Result<(Vec<StoredEpoch>, Roll), CheckError> {
    let (mut rolls, mut epochs) = (tables.rolls().await?, tables.epochs().await?);
    for _ in 0..LOOKS {
        let again = tables.rolls().await?;
        if again == rolls {
            break;
        }
        (rolls, epochs) = (again, tables.epochs().await?);
    }
    let roll = match rolls.last() {
        Some(newest) => {
            let bad = |error: NoteError| Finding::BadRoll { n: newest.n, why: error.to_string() };
            Roll::open(&newest.note, trusted).map_err(bad)?
        }
        None => unattested(&epochs, outside)?,
    };
    if epochs.first().is_some_and(|first| first.id != roll.first) {
        return Err(Finding::BadRoll { n: 1, why: format!("it is of the journal that began as epoch {}", roll.first) }.into());
    }
    match roll.differs(&epochs) {
        Some(other) => Err(Finding::Epochs(other).into()),
        None => Ok((epochs, roll)),
    }
}

/// A journal without a roll, which has been served by nobody since there are rolls: then it has one history.
fn unattested(epochs: &[StoredEpoch], outside: &Outside<'_>) -> Result<Roll, Finding> {
    let first = epochs.first().map_or(Epoch(Uuid::nil()), |first| first.id);
    if outside.rolls.iter().any(|note| Roll::unproven(note).is_ok_and(|roll| roll.first == first)) {
        return Err(Finding::RollGone);
    }
    if let Some(second) = epochs.get(1) {
        return Err(Finding::Epochs(OtherEpochs::Unattested { epoch: second.id, from: second.started_after + 1 }));
    }
    let epochs = epochs.iter().map(|epoch| Enrolled { epoch: epoch.clone(), how: How::Begun, size: 0, root: empty_root() });
    Ok(Roll { first, time: 0, epochs: epochs.collect() })
}

/// What the roll says that its histories began over, the largest first; what a later one gave up is left out.
pub(super) fn begun_over(roll: &Roll, histories: &[StoredEpoch]) -> Vec<Checkpoint> {
    let over = roll.epochs.iter().filter(|enrolled| enrolled.how == How::Begun && enrolled.size > 0).map(|enrolled| Checkpoint {
        origin: origin(roll.first),
        size: enrolled.size,
        root: enrolled.root,
        epoch: enrolled.epoch.id,
        time: enrolled.epoch.time,
        next_key: None,
    });
    let mut over: Vec<Checkpoint> = over.filter(|over| matches!(left_behind(over, histories), LeftBehind::No)).collect();
    over.sort_by_key(|over| std::cmp::Reverse(over.size));
    over
}

/// What is remembered of this history outside the database, how many of that only whoever asks has noted, and what the second place remembers of
/// positions that a restore left behind, in words.
pub(super) fn memories(
    outside: Outside<'_>,
    trusted: &[VerifierKey],
    epochs: &[StoredEpoch],
) -> Result<(Vec<Checkpoint>, u64, Vec<String>), Finding> {
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
