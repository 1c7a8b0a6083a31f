//! Which projects do all teams of this account have?

use opensail_domain::kernel::AccountId;

use super::project_details::{COLUMNS, ProjectDetails, details};
use crate::db::{Sql, sql};
use crate::page::Window;
use crate::{Page, PageRequest, Queries, QueryError};

/// In the order they were created.
pub(crate) fn list(account: AccountId, window: &Window) -> Sql {
    let text = format!("SELECT {COLUMNS} FROM team_members m JOIN projects p ON p.team_id = m.team_id WHERE m.account_id = $1");
    window.apply(sql!(text, account.to_string()), "p.created")
}

impl Queries {
    pub async fn projects_of_account(&self, account: AccountId, page: &PageRequest) -> Result<Page<ProjectDetails>, QueryError> {
        let window = page.window()?;
        let rows = self.db.all(list(account, &window)).await?;
        Ok(window.page(rows.iter().map(details).collect::<Result<_, _>>()?))
    }
}
