//! Every question that can be asked; each has its own file in its room. Nothing here authorises: the ids that come in are those
//! the caller may see.

#[cfg(test)]
mod aside;
#[cfg(test)]
mod large_tables;
#[cfg(test)]
mod plans;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use opensail_eventstore::vault::keyring::Keyring;
use opensail_eventstore::{Journal, Position, Seal};

use crate::QueryError;
use crate::db::Db;
use crate::reader::Reader;
use crate::recent::Recent;

/// Answers from the views, and from the journal where one stream is the answer. Cheap to clone.
#[derive(Clone)]
pub struct Queries {
    pub(crate) db: Reader,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) keys: Arc<Keyring>,
    pub(crate) recent: Recent,
    seal: Option<Seal>,
}

impl Queries {
    pub fn new(db: Db, journal: Arc<dyn Journal>, keys: Arc<Keyring>) -> Self {
        let recent = Recent::of(&keys);
        Queries { db: Reader::new(db), journal, keys, recent, seal: None }
    }

    /// The same questions, answered as of a position: what happened at it is included, and nothing after it. Private fields are opened with
    /// today's keys, so what was forgotten since stays so. The views must have reached the position.
    #[must_use]
    pub fn as_of(&self, position: Position) -> Self {
        Queries { db: self.db.at(position), ..self.clone() }
    }

    /// The same questions, refused where a view has stopped before the position, or has set aside what is asked for, and would answer without it.
    #[must_use]
    pub fn since(&self, position: Position) -> Self {
        Queries { db: self.db.since(position), ..self.clone() }
    }

    /// The position that is looked at; none: now.
    pub fn position(&self) -> Option<Position> {
        self.db.position()
    }

    /// Answers with proofs from this seal.
    #[must_use]
    pub fn sealed_by(self, seal: Seal) -> Self {
        Queries { seal: Some(seal), ..self }
    }

    /// What proves the journal; refused where nobody seals.
    pub fn seal(&self) -> Result<&Seal, QueryError> {
        self.seal.as_ref().ok_or_else(|| QueryError::Unavailable("nobody seals this journal".into()))
    }
}
