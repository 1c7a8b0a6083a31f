//! Which sessions does this project have?

use opensail_domain::kernel::ProjectId;

use super::session_details::{Session, SessionDetails, columns};
use crate::db::{Sql, sql};
use crate::page::Window;
use crate::{Page, PageRequest, Queries, QueryError};

/// In the order they were requested.
pub(crate) fn list(project: ProjectId, window: &Window) -> Sql {
    window.apply(sql!(format!("SELECT {} FROM sessions WHERE project_id = $1", columns()), project.to_string()), "created")
}

impl Queries {
    pub async fn sessions_of_project(&self, project: ProjectId, page: &PageRequest) -> Result<Page<SessionDetails>, QueryError> {
        let window = page.window()?;
        let mut items = Vec::new();
        for row in self.db.all(list(project, &window)).await? {
            let session = Session::read(&row)?;
            items.push((session.created as i64, session.details(&self.keys).await?));
        }
        Ok(window.page(items))
    }

    /// How many sessions of the project are not finished.
    pub async fn count_unfinished_sessions(&self, project: ProjectId) -> Result<u64, QueryError> {
        let sql = sql!("SELECT count(*) FROM sessions WHERE project_id = $1 AND finished = 0", project.to_string());
        Ok(self.db.one(sql).await?.map_or(Ok(0), |row| row.count(0))?)
    }
}
