//! A checkpoint (c2sp.org/tlog-checkpoint): how large the tree is and what its root is, as a text that is signed as a note.
//!
//! ```text
//! opensail.journal/0199f3a0c8f07d6e8f3f1b2a4c5d6e7f
//! 46
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//! epoch 0199f3a0c8f07d6e8f3f1b2a4c5d6e7f
//! time 1764037133123456
//!
//! — opensail.journal/0199f3a0c8f07d6e8f3f1b2a4c5d6e7f oR5D4g…
//! ```
//!
//! The first three lines are the format's own. The origin holds the id of the journal's first epoch and never changes. Extension lines, in
//! this order: the epoch, the time of sealing (microseconds since 1970), and, only in the first checkpoint after a change of keys and then signed by
//! both, `key` with the new one.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;

use super::leaf::Hash;
use super::note::{NoteError, SignedNote, VerifierKey};
use crate::envelope::Epoch;

const ORIGIN: &str = "opensail.journal/";

/// The origin of the journal whose first epoch this is; also the name of its keys.
pub fn origin(first: Epoch) -> String {
    format!("{ORIGIN}{first}")
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    pub origin: String,
    /// Leaves of the tree: the last position that is sealed.
    pub size: u64,
    pub root: Hash,
    pub epoch: Epoch,
    /// Microseconds since 1970.
    pub time: i64,
    /// The key that signs from here on.
    pub next_key: Option<VerifierKey>,
}

impl Checkpoint {
    /// Reads a note whose signature is checked.
    pub fn open(note: &str, trusted: &[VerifierKey]) -> Result<Checkpoint, NoteError> {
        note.parse::<SignedNote>()?.open(trusted)?.parse()
    }

    /// The journal's first epoch; `None` for a checkpoint of something else.
    pub fn first_epoch(&self) -> Option<Epoch> {
        Uuid::try_parse(self.origin.strip_prefix(ORIGIN)?).ok().map(Epoch)
    }

    /// Reads a note that our own tables hold; its signature is not looked at.
    pub fn unproven(note: &str) -> Result<Checkpoint, NoteError> {
        note.parse::<SignedNote>()?.unproven_text().parse()
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, STANDARD.encode(self.root))?;
        writeln!(f, "epoch {}\ntime {}", self.epoch, self.time)?;
        match &self.next_key {
            Some(key) => writeln!(f, "key {key}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Checkpoint {
    type Err = NoteError;
    fn from_str(text: &str) -> Result<Self, NoteError> {
        let mut lines = text.lines();
        let mut line = || lines.next().ok_or(NoteError::Malformed);
        let origin = line()?.to_owned();
        let size = line()?;
        let size = size.parse().ok().filter(|number: &u64| number.to_string() == size).ok_or(NoteError::Malformed)?;
        let root = STANDARD.decode(line()?).ok().and_then(|root| Hash::try_from(root).ok()).ok_or(NoteError::Malformed)?;
        let epoch = line()?.strip_prefix("epoch ").and_then(|id| Uuid::try_parse(id).ok()).ok_or(NoteError::Malformed)?;
        let time = line()?.strip_prefix("time ").and_then(|time| time.parse().ok()).ok_or(NoteError::Malformed)?;
        let next_key = match lines.next() {
            Some(line) => Some(line.strip_prefix("key ").ok_or(NoteError::Malformed)?.parse()?),
            None => None,
        };
        let read = Checkpoint { origin, size, root, epoch: Epoch(epoch), time, next_key };
        // One text for one checkpoint: what is read must be what would be written.
        if read.to_string() == text { Ok(read) } else { Err(NoteError::Malformed) }
    }
}
