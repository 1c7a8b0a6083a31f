//! Every question that can be asked; each has its own file in its room. Nothing here authorises: the ids that come in are those
//! the caller may see.

#[cfg(test)]
mod plans;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use opensail_eventstore::vault::keyring::Keyring;
use opensail_eventstore::{Journal, Seal};

use crate::QueryError;
use crate::db::Db;

/// Answers from the views, and from the journal where one stream is the answer. Cheap to clone.
#[derive(Clone)]
pub struct Queries {
    pub(crate) db: Db,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) keys: Arc<Keyring>,
    seal: Option<Seal>,
}

impl Queries {
    pub fn new(db: Db, journal: Arc<dyn Journal>, keys: Arc<Keyring>) -> Self {
        Queries { db, journal, keys, seal: None }
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
