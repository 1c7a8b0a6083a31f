//! Every question that can be asked; each has its own file in its room. Nothing here authorises: the ids that come in are those
//! the caller may see.

#[cfg(test)]
mod plans;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use opensail_eventstore::Journal;
use opensail_eventstore::vault::keyring::Keyring;

use crate::db::Db;

/// Answers from the views, and from the journal where one stream is the answer. Cheap to clone.
#[derive(Clone)]
pub struct Queries {
    pub(crate) db: Db,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) keys: Arc<Keyring>,
}

impl Queries {
    pub fn new(db: Db, journal: Arc<dyn Journal>, keys: Arc<Keyring>) -> Self {
        Queries { db, journal, keys }
    }
}
