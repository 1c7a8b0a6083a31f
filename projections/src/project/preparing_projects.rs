//! Which projects' files are not there yet?

use opensail_domain::kernel::ProjectId;

use crate::db::sql;
use crate::{Queries, QueryError};

impl Queries {
    /// In the order they were created.
    pub async fn preparing_projects(&self) -> Result<Vec<ProjectId>, QueryError> {
        let sql = sql!("SELECT project_id FROM projects WHERE status = 'preparing' ORDER BY created");
        let rows = self.db.all(sql).await?;
        rows.iter().map(|row| Ok(row.parsed(0)?)).collect()
    }
}
