//! Which projects do all teams of this account have?

use opensail_domain::kernel::{AccountId, TeamId};

use super::project_details::{COLUMNS, ProjectDetails, details};
use crate::db::{Sql, sql};
use crate::page::{Window, among};
use crate::{Page, PageRequest, Queries, QueryError};

/// In the order they were created.
pub(crate) fn list(account: AccountId, teams: Option<&[TeamId]>, window: &Window) -> Sql {
    let text = format!("SELECT {COLUMNS} FROM team_members m JOIN projects p ON p.team_id = m.team_id WHERE m.account_id = $1");
    window.apply(among(sql!(text, account.to_string()), "m.team_id", teams), "p.created")
}

impl Queries {
    /// `teams`: only of these.
    pub async fn projects_of_account(
        &self,
        account: AccountId,
        teams: Option<&[TeamId]>,
        page: &PageRequest,
    ) -> Result<Page<ProjectDetails>, QueryError> {
        let window = page.window()?;
        let rows = self.db.over_teams_of(account).all(list(account, teams, &window)).await?;
        Ok(window.page(rows.iter().map(details).collect::<Result<_, _>>()?))
    }
}
