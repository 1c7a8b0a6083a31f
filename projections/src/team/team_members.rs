//! Who is in this team?

use opensail_domain::kernel::{AccountId, Micros, TeamId};
use opensail_domain::team::Role;
use serde::Serialize;

use crate::db::{Sql, sql};
use crate::page::Window;
use crate::{Page, PageRequest, Queries, QueryError, sealed, time};

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TeamMember {
    pub account_id: AccountId,
    pub name: String,
    pub email: String,
    pub role: Role,
    /// When the account joined.
    #[serde(serialize_with = "time::serialize")]
    pub since: Micros,
}

/// In the order they joined.
pub(crate) fn list(team: TeamId, window: &Window) -> Sql {
    let sql = sql!(
        "SELECT m.joined, m.account_id, a.name, a.email, m.role, m.since
         FROM team_members m LEFT JOIN accounts a ON a.account_id = m.account_id WHERE m.team_id = $1",
        team.to_string(),
    );
    window.apply(sql, "m.joined")
}

/// The role of its wire name.
pub(super) fn role(name: &str) -> Result<Role, QueryError> {
    [Role::Viewer, Role::Editor, Role::Admin]
        .into_iter()
        .find(|role| role.as_str() == name)
        .ok_or_else(|| QueryError::Unavailable(format!("no role is called {name:?}")))
}

impl Queries {
    pub async fn team_members(&self, team: TeamId, page: &PageRequest) -> Result<Page<TeamMember>, QueryError> {
        let window = page.window()?;
        let mut items = Vec::new();
        for row in self.db.all(list(team, &window)).await? {
            // The account's own view may not have come this far yet.
            let known = row.maybe_text(2)?.is_some();
            let item = TeamMember {
                account_id: row.parsed(1)?,
                name: if known { sealed::text(&self.keys, &row.json(2)?).await? } else { String::new() },
                email: if known { sealed::text(&self.keys, &row.json(3)?).await? } else { String::new() },
                role: role(&row.text(4)?)?,
                since: row.int(5)?,
            };
            items.push((row.int(0)?, item));
        }
        Ok(window.page(items))
    }

    /// The account's role in the team; none for strangers.
    pub async fn role_in_team(&self, team: TeamId, account: AccountId) -> Result<Option<Role>, QueryError> {
        let sql = sql!("SELECT role FROM team_members WHERE team_id = $1 AND account_id = $2", team.to_string(), account.to_string());
        match self.db.one(sql).await? {
            Some(row) => role(&row.text(0)?).map(Some),
            None => Ok(None),
        }
    }
}
