//! Which teams is this account in, and as what?

use opensail_domain::kernel::{AccountId, Micros, TeamId};
use opensail_domain::team::Role;
use opensail_eventstore::Position;
use serde::Serialize;

use super::team_members::role;
use crate::db::{Sql, sql};
use crate::page::{Window, among};
use crate::{Page, PageRequest, Queries, QueryError, time};

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TeamOfAccount {
    pub id: TeamId,
    pub name: String,
    /// The account's own.
    pub role: Role,
    #[serde(serialize_with = "time::serialize")]
    pub created_at: Micros,
    pub position: Position,
}

/// In the order the account joined them.
pub(crate) fn list(account: AccountId, teams: Option<&[TeamId]>, window: &Window) -> Sql {
    let sql = sql!(
        "SELECT m.joined, t.team_id, t.name, m.role, t.created_at, t.position
         FROM team_members m JOIN teams t ON t.team_id = m.team_id WHERE m.account_id = $1",
        account.to_string(),
    );
    window.apply(among(sql, "m.team_id", teams), "m.joined")
}

impl Queries {
    /// `teams`: only of these.
    pub async fn teams_of_account(
        &self,
        account: AccountId,
        teams: Option<&[TeamId]>,
        page: &PageRequest,
    ) -> Result<Page<TeamOfAccount>, QueryError> {
        let window = page.window()?;
        let mut items = Vec::new();
        for row in self.db.over_teams_of(account).all(list(account, teams, &window)).await? {
            let item = TeamOfAccount {
                id: row.parsed(1)?,
                name: row.text(2)?,
                role: role(&row.text(3)?)?,
                created_at: row.int(4)?,
                position: row.count(5)?,
            };
            items.push((row.int(0)?, item));
        }
        Ok(window.page(items))
    }

    /// Every team of the account with its role there; what lists over many teams are narrowed to.
    pub async fn roles_of_account(&self, account: AccountId) -> Result<Vec<(TeamId, Role)>, QueryError> {
        let sql = sql!("SELECT team_id, role FROM team_members WHERE account_id = $1 ORDER BY joined", account.to_string());
        self.db.over_teams_of(account).all(sql).await?.iter().map(|row| Ok((row.parsed(0)?, role(&row.text(1)?)?))).collect()
    }
}
