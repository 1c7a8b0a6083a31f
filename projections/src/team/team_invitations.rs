//! Which invitations into this team can be accepted now?

use opensail_domain::kernel::{AccountId, InvitationId, Micros, TeamId};
use opensail_domain::team::Role;
use serde::Serialize;

use super::team_members::role;
use crate::db::{Sql, sql};
use crate::page::Window;
use crate::{Page, PageRequest, Queries, QueryError, sealed, time};

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TeamInvitation {
    pub id: InvitationId,
    pub role: Role,
    /// Whom it is for; absent: whoever has its token.
    pub email: Option<String>,
    pub invited_by: AccountId,
    #[serde(serialize_with = "time::serialize")]
    pub created_at: Micros,
    #[serde(serialize_with = "time::serialize")]
    pub expires_at: Micros,
}

/// In the order they were made.
pub(crate) fn list(team: TeamId, now: Micros, window: &Window) -> Sql {
    let sql = sql!(
        "SELECT created, invitation_id, role, email, invited_by, created_at, expires_at
         FROM team_invitations WHERE team_id = $1 AND expires_at > $2",
        team.to_string(),
        now,
    );
    window.apply(sql, "created")
}

impl Queries {
    /// `now`: those that have ended by then are left out.
    pub async fn team_invitations(&self, team: TeamId, now: Micros, page: &PageRequest) -> Result<Page<TeamInvitation>, QueryError> {
        let window = page.window()?;
        let mut items = Vec::new();
        for row in self.db.all(list(team, now, &window)).await? {
            let email = match row.maybe_text(3)? {
                Some(_) => Some(sealed::text(&self.keys, &row.json(3)?).await?),
                None => None,
            };
            let item = TeamInvitation {
                id: row.parsed(1)?,
                role: role(&row.text(2)?)?,
                email,
                invited_by: row.parsed(4)?,
                created_at: row.int(5)?,
                expires_at: row.int(6)?,
            };
            items.push((row.int(0)?, item));
        }
        Ok(window.page(items))
    }
}
