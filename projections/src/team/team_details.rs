//! What is this team?

use opensail_domain::kernel::{AccountId, Micros, TeamId};
use opensail_eventstore::Position;
use serde::Serialize;

use crate::db::sql;
use crate::{Queries, QueryError, time};

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TeamDetails {
    pub id: TeamId,
    pub name: String,
    pub created_by: AccountId,
    #[serde(serialize_with = "time::serialize")]
    pub created_at: Micros,
    pub members: u64,
    /// Of the team's last event.
    pub position: Position,
}

impl Queries {
    pub async fn team(&self, id: TeamId) -> Result<Option<TeamDetails>, QueryError> {
        let sql = sql!(
            "SELECT name, created_by, created_at, (SELECT count(*) FROM team_members WHERE team_id = $1), position
             FROM teams WHERE team_id = $1",
            id.to_string(),
        );
        let Some(row) = self.db.one(sql).await? else { return Ok(None) };
        Ok(Some(TeamDetails {
            id,
            name: row.text(0)?,
            created_by: row.parsed(1)?,
            created_at: row.int(2)?,
            members: row.count(3)?,
            position: row.count(4)?,
        }))
    }
}
