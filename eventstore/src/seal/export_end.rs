//! The end of an export of the audit: what stands before it, said by the seal's key, so that nobody shortens it afterwards. The tree proves each event
//! and cannot prove that the last one is the last.
//!
//! ```text
//! opensail.export/0199f3a0c8f07d6e8f3f1b2a4c5d6e7f
//! size 46
//! time 1764037133123456
//! events 12
//! private 7
//! sha256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
//!
//! — opensail.journal/0199f3a0c8f07d6e8f3f1b2a4c5d6e7f oR5D4g…
//! ```
//!
//! The first line holds the id of the journal's first epoch. The size is that of the tree in which the events are proven, the time when it was signed
//! (microseconds since 1970), and the hash is over all lines before the end, each with its line feed.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;

use super::leaf::Hash;
use super::note::{NoteError, SignedNote, VerifierKey};
use crate::envelope::Epoch;

const ORIGIN: &str = "opensail.export/";

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExportEnd {
    /// The journal's first epoch.
    pub first: Epoch,
    /// Leaves of the tree.
    pub size: u64,
    /// Microseconds since 1970.
    pub time: i64,
    pub events: u64,
    /// What is shown in them and was not hashed, but in its sealed form.
    pub private: u64,
    pub hash: Hash,
}

impl ExportEnd {
    /// Reads a note whose signature is checked.
    pub fn open(note: &str, trusted: &[VerifierKey]) -> Result<ExportEnd, NoteError> {
        note.parse::<SignedNote>()?.open(trusted)?.parse()
    }
}

impl fmt::Display for ExportEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{ORIGIN}{}\nsize {}\ntime {}", self.first, self.size, self.time)?;
        writeln!(f, "events {}\nprivate {}\nsha256 {}", self.events, self.private, STANDARD.encode(self.hash))
    }
}

impl FromStr for ExportEnd {
    type Err = NoteError;
    fn from_str(text: &str) -> Result<Self, NoteError> {
        read(text).filter(|read| read.to_string() == text).ok_or(NoteError::Malformed)
    }
}

fn read(text: &str) -> Option<ExportEnd> {
    let mut lines = text.lines();
    let mut after = |name: &str| lines.next()?.strip_prefix(name);
    Some(ExportEnd {
        first: Epoch(Uuid::try_parse(after(ORIGIN)?).ok()?),
        size: after("size ")?.parse().ok()?,
        time: after("time ")?.parse().ok()?,
        events: after("events ")?.parse().ok()?,
        private: after("private ")?.parse().ok()?,
        hash: STANDARD.decode(after("sha256 ")?).ok()?.try_into().ok()?,
    })
}
