//! Which projects does this team have?

use opensail_domain::kernel::TeamId;

use super::project_details::{COLUMNS, ProjectDetails, details};
use crate::db::{Sql, sql};
use crate::page::Window;
use crate::{Page, PageRequest, Queries, QueryError};

/// In the order they were created.
pub(crate) fn list(team: TeamId, window: &Window) -> Sql {
    window.apply(sql!(format!("SELECT {COLUMNS} FROM projects p WHERE p.team_id = $1"), team.to_string()), "p.created")
}

impl Queries {
    pub async fn projects_of_team(&self, team: TeamId, page: &PageRequest) -> Result<Page<ProjectDetails>, QueryError> {
        let window = page.window()?;
        let rows = self.db.all(list(team, &window)).await?;
        Ok(window.page(rows.iter().map(details).collect::<Result<_, _>>()?))
    }

    /// How many projects the team still has.
    pub async fn count_projects(&self, team: TeamId) -> Result<u64, QueryError> {
        let row = self.db.one(sql!("SELECT count(*) FROM projects WHERE team_id = $1", team.to_string())).await?;
        Ok(row.map_or(Ok(0), |row| row.count(0))?)
    }
}
