//! The roll of epochs: which histories the journal has had, where each of them parted from those before it, and that whoever holds the seal's key
//! says so. A text that is signed as a note, like a [checkpoint](super::checkpoint), and never taken for one, for its first line is another.
//!
//! ```text
//! opensail.epochs/0199f3a0c8f07d6e8f3f1b2a4c5d6e7f
//! time 1764037133123456
//! epoch 0199f3a0c8f07d6e8f3f1b2a4c5d6e7f begun 1764037000000000 after 0 size 0 root 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
//! epoch 0199f3a1d2e37d6e8f3f1b2a4c5d6e7f begun 1764037133123400 after 46 size 46 root CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//!
//! — opensail.journal/0199f3a0c8f07d6e8f3f1b2a4c5d6e7f oR5D4g…
//! ```
//!
//! The first line holds the id of the first epoch, the second when it was signed, and each further one an epoch, oldest first: its id, how it came
//! here, when it began, the last position that it shares with those before it, and of how many positions with which root the tree was that went on.
//! Times are microseconds since 1970. A roll repeats the one before it and adds to it, so that the newest says everything.

use std::fmt;
use std::str::{FromStr, SplitAsciiWhitespace};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;

use super::leaf::Hash;
use super::note::{NoteError, SignedNote, VerifierKey};
use super::tables::StoredEpoch;
use crate::envelope::{Epoch, Position};

const ORIGIN: &str = "opensail.epochs/";

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Roll {
    /// The journal's first epoch.
    pub first: Epoch,
    /// When it was signed, microseconds since 1970.
    pub time: i64,
    /// Oldest first.
    pub epochs: Vec<Enrolled>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Enrolled {
    pub epoch: StoredEpoch,
    pub how: How,
    /// Leaves of the tree that went on, at most `epoch.started_after`, and its root.
    pub size: u64,
    pub root: Hash,
}

/// How an epoch came to be in the roll.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum How {
    /// It was signed in the transaction that began it.
    Begun,
    /// It began before there were rolls, and was signed as it was found.
    Found,
    /// It stood in the journal and nobody who holds the key had begun it. Whoever began the next one knew of it, and gave up nothing for it.
    Disowned,
}

/// Where the journal's epochs are not those of its roll.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OtherEpochs {
    #[error(
        "position {from}: epoch {epoch}, which begins there, is attested by nobody who holds the seal's key: a rollback that calls itself a restore"
    )]
    Unattested { epoch: Epoch, from: Position },
    #[error("position {from}: epoch {epoch} was attested otherwise: its beginning was changed")]
    Changed { epoch: Epoch, from: Position },
    #[error("position {from}: epoch {epoch}, which began there, was attested, and the journal does not know it any more")]
    Gone { epoch: Epoch, from: Position },
}

impl Roll {
    /// Reads a note whose signature is checked.
    pub fn open(note: &str, trusted: &[VerifierKey]) -> Result<Roll, NoteError> {
        note.parse::<SignedNote>()?.open(trusted)?.parse()
    }

    /// Reads a note whoever signed it.
    pub fn unproven(note: &str) -> Result<Roll, NoteError> {
        note.parse::<SignedNote>()?.unproven_text().parse()
    }

    pub fn find(&self, epoch: Epoch) -> Option<&Enrolled> {
        self.epochs.iter().find(|enrolled| enrolled.epoch.id == epoch)
    }

    /// The histories that count: those that somebody disowned never gave anything up.
    pub fn histories(&self) -> Vec<StoredEpoch> {
        let owned = self.epochs.iter().filter(|enrolled| enrolled.how != How::Disowned);
        owned.map(|enrolled| enrolled.epoch.clone()).collect()
    }

    /// Epochs that nobody who holds the key began.
    pub fn disowned(&self) -> impl Iterator<Item = Epoch> {
        self.epochs.iter().filter(|enrolled| enrolled.how == How::Disowned).map(|enrolled| enrolled.epoch.id)
    }

    /// What a reader should know of epochs that nobody attested when they began.
    pub fn notices(&self) -> Vec<String> {
        let tell = |Enrolled { epoch, how, .. }: &Enrolled| {
            let (id, from) = (epoch.id, epoch.started_after + 1);
            match how {
                How::Begun => None,
                How::Found => Some(format!(
                    "epoch {id}, from position {from} on, is of before epochs were attested and was taken as it was found: nothing tells there \
                     whether it was a restore or a rollback"
                )),
                How::Disowned => Some(format!(
                    "epoch {id}, from position {from} on, was begun by nobody who holds the seal's key; the epoch after it disowns it"
                )),
            }
        };
        self.epochs.iter().filter_map(tell).collect()
    }

    /// Holds the epochs of the journal against it.
    pub fn differs(&self, epochs: &[StoredEpoch]) -> Option<OtherEpochs> {
        let from = |epoch: &StoredEpoch| epoch.started_after + 1;
        for (n, epoch) in epochs.iter().enumerate() {
            match self.find(epoch.id) {
                None => return Some(OtherEpochs::Unattested { epoch: epoch.id, from: from(epoch) }),
                Some(enrolled) if enrolled.epoch != *epoch || self.epochs.get(n) != Some(enrolled) => {
                    return Some(OtherEpochs::Changed { epoch: epoch.id, from: from(&enrolled.epoch) });
                }
                Some(_) => {}
            }
        }
        let gone = self.epochs.get(epochs.len()).map(|enrolled| &enrolled.epoch);
        gone.map(|epoch| OtherEpochs::Gone { epoch: epoch.id, from: from(epoch) })
    }
}

impl How {
    fn word(self) -> &'static str {
        match self {
            How::Begun => "begun",
            How::Found => "found",
            How::Disowned => "disowned",
        }
    }
}

impl fmt::Display for Roll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{ORIGIN}{}\ntime {}", self.first, self.time)?;
        for Enrolled { epoch, how, size, root } in &self.epochs {
            let (id, time, after, root) = (epoch.id, epoch.time, epoch.started_after, STANDARD.encode(root));
            writeln!(f, "epoch {id} {} {time} after {after} size {size} root {root}", how.word())?;
        }
        Ok(())
    }
}

impl FromStr for Roll {
    type Err = NoteError;
    fn from_str(text: &str) -> Result<Self, NoteError> {
        let mut lines = text.lines();
        let first = lines.next().and_then(|line| line.strip_prefix(ORIGIN)).and_then(epoch).ok_or(NoteError::Malformed)?;
        let time = lines.next().and_then(|line| line.strip_prefix("time ")?.parse().ok()).ok_or(NoteError::Malformed)?;
        let epochs = lines.map(enrolled).collect::<Option<Vec<_>>>().ok_or(NoteError::Malformed)?;
        let read = Roll { first, time, epochs };
        // One text for one roll: what is read must be what would be written.
        if read.to_string() == text { Ok(read) } else { Err(NoteError::Malformed) }
    }
}

fn epoch(id: &str) -> Option<Epoch> {
    Uuid::try_parse(id).ok().map(Epoch)
}

fn enrolled(line: &str) -> Option<Enrolled> {
    fn after<'a>(words: &mut SplitAsciiWhitespace<'a>, name: &str) -> Option<&'a str> {
        words.next().filter(|word| *word == name)?;
        words.next()
    }
    let mut words = line.split_ascii_whitespace();
    let id = epoch(after(&mut words, "epoch")?)?;
    let how = words.next()?;
    let how = [How::Begun, How::Found, How::Disowned].into_iter().find(|known| known.word() == how)?;
    let time = words.next()?.parse().ok()?;
    let started_after = after(&mut words, "after")?.parse().ok()?;
    let size = after(&mut words, "size")?.parse().ok()?;
    let root = STANDARD.decode(after(&mut words, "root")?).ok()?.try_into().ok()?;
    Some(Enrolled { epoch: StoredEpoch { id, started_after, time }, how, size, root })
}
