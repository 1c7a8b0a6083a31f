//! Of which sessions are files being taken back or merged, or were when a process died?

use opensail_domain::kernel::SessionId;

use crate::db::sql;
use crate::{Queries, QueryError};

impl Queries {
    pub async fn unsettled_sessions(&self) -> Result<Vec<SessionId>, QueryError> {
        let rows = self.db.all(sql!("SELECT session_id FROM sessions WHERE unsettled = 1")).await?;
        rows.iter().map(|row| Ok(row.parsed(0)?)).collect()
    }
}
