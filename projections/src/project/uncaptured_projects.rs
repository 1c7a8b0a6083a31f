//! In which projects did people change files since they were captured last?

use opensail_domain::kernel::ProjectId;

use super::ProjectStatus;
use crate::db::sql;
use crate::{Queries, QueryError};

impl Queries {
    pub async fn uncaptured_projects(&self) -> Result<Vec<ProjectId>, QueryError> {
        let sql = sql!("SELECT project_id FROM projects WHERE changed > captured AND status = $1", ProjectStatus::Ready.as_str());
        let rows = self.db.all(sql).await?;
        rows.iter().map(|row| Ok(row.parsed(0)?)).collect()
    }
}
