//! Which sessions come from the same one as this, by forks of forks?

use opensail_domain::kernel::SessionId;

use super::session_details::{Session, SessionDetails, columns};
use crate::db::{Sql, sql};
use crate::{Queries, QueryError};

/// Sessions of a tree that are told.
const MOST: u32 = 1000;

/// In the order they were requested, so that every one comes after its origin.
pub(crate) fn list(session: SessionId) -> Sql {
    let columns = columns();
    sql!(
        format!(
            "SELECT {columns} FROM sessions WHERE root_id = (SELECT s.root_id FROM sessions s WHERE s.session_id = $1) ORDER BY created LIMIT {MOST}"
        ),
        session.to_string()
    )
}

impl Queries {
    /// The whole tree that the session is in, itself among them; at most 1,000.
    pub async fn forks_of_session(&self, session: SessionId) -> Result<Vec<SessionDetails>, QueryError> {
        let mut tree = Vec::new();
        for row in self.db.all(list(session)).await? {
            tree.push(Session::read(&row)?.details(&self.keys).await?);
        }
        Ok(tree)
    }
}
