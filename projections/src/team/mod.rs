//! Teams and who is in them.

mod team_details;
mod team_invitations;
mod team_members;
mod teams_of_account;

use async_trait::async_trait;
use opensail_domain::AnyEvent;
use opensail_domain::team::{InvitationAccepted, InvitationRevoked, TeamEvent};

pub use team_details::TeamDetails;
pub use team_invitations::TeamInvitation;
pub use team_members::TeamMember;
pub use teams_of_account::TeamOfAccount;
#[cfg(test)]
pub(crate) use {
    team_invitations::list as list_of_invitations, team_members::list as list_of_members, teams_of_account::list as list_of_account,
};

use crate::db::{Bind, Tx, sql};
use crate::projection::{ApplyError, Incoming, Projection};
use crate::sealed;
use crate::table::{Index, Past, Table, remove};

pub(crate) struct TeamView;

/// Sets `position` of the team's row, and so of the resource that clients see.
const TOUCH: &str = "UPDATE teams SET position = $2, written = $2 WHERE team_id = $1";

pub(crate) const TEAMS: Table = Table {
    name: "teams",
    key: &["team_id"],
    columns: &[
        "team_id TEXT NOT NULL",
        "name TEXT NOT NULL",
        "created_by TEXT NOT NULL",
        "created_at BIGINT NOT NULL",
        "position BIGINT NOT NULL",
    ],
    indexes: &[],
    past: Past::Kept { born: None, moving: &["position"] },
};

/// `joined`: position of the event that made the account a member.
pub(crate) const TEAM_MEMBERS: Table = Table {
    name: "team_members",
    key: &["team_id", "account_id"],
    columns: &[
        "team_id TEXT NOT NULL",
        "account_id TEXT NOT NULL",
        "role TEXT NOT NULL",
        "joined BIGINT NOT NULL",
        "since BIGINT NOT NULL",
    ],
    indexes: &[
        Index { name: "team_members_by_team", columns: &["team_id", "joined"], only: None },
        Index { name: "team_members_by_account", columns: &["account_id", "joined"], only: None },
    ],
    past: Past::Kept { born: Some("joined"), moving: &[] },
};

/// Only those neither accepted nor revoked. `created`: position of its event; `email`: JSON of a private field, or null.
pub(crate) const TEAM_INVITATIONS: Table = Table {
    name: "team_invitations",
    key: &["invitation_id"],
    columns: &[
        "invitation_id TEXT NOT NULL",
        "team_id TEXT NOT NULL",
        "role TEXT NOT NULL",
        "email TEXT",
        "invited_by TEXT NOT NULL",
        "created_at BIGINT NOT NULL",
        "expires_at BIGINT NOT NULL",
        "created BIGINT NOT NULL",
    ],
    indexes: &[Index { name: "team_invitations_by_team", columns: &["team_id", "created"], only: None }],
    past: Past::Kept { born: Some("created"), moving: &[] },
};

#[async_trait]
impl Projection for TeamView {
    fn name(&self) -> &'static str {
        "team"
    }
    fn version(&self) -> i64 {
        3
    }
    fn tables(&self) -> &'static [Table] {
        &[TEAMS, TEAM_MEMBERS, TEAM_INVITATIONS]
    }
    fn streams(&self) -> &'static [&'static str] {
        &["team"]
    }

    async fn apply(&self, tx: &mut Tx, incoming: &Incoming<'_>) -> Result<(), ApplyError> {
        let AnyEvent::Team(event) = incoming.event()? else { return Ok(()) };
        let (position, now) = (incoming.recorded.position, incoming.recorded.time);
        let team = incoming.recorded.stream.id();
        match event {
            TeamEvent::Created(e) => {
                tx.run(sql!(
                    "INSERT INTO teams (team_id, name, created_by, created_at, position, written) VALUES ($1, $2, $3, $4, $5, $5)",
                    team,
                    e.name.as_str(),
                    e.created_by.to_string(),
                    now,
                    position,
                ))
                .await?;
            }
            TeamEvent::Renamed(e) => {
                tx.run(sql!("UPDATE teams SET name = $2, written = $3 WHERE team_id = $1", team, e.name.as_str(), position)).await?;
            }
            TeamEvent::MemberAdded(e) => {
                tx.run(sql!(
                    "INSERT INTO team_members (team_id, account_id, role, joined, since, written) VALUES ($1, $2, $3, $4, $5, $4)
                     ON CONFLICT (team_id, account_id) DO UPDATE SET role = excluded.role, written = excluded.written",
                    team,
                    e.account_id.to_string(),
                    e.role.as_str(),
                    position,
                    now,
                ))
                .await?;
            }
            TeamEvent::MemberRoleChanged(e) => {
                tx.run(sql!(
                    "UPDATE team_members SET role = $3, written = $4 WHERE team_id = $1 AND account_id = $2",
                    team,
                    e.account_id.to_string(),
                    e.role.as_str(),
                    position,
                ))
                .await?;
            }
            TeamEvent::MemberRemoved(e) => {
                let member = vec![Bind::from(team), Bind::from(e.account_id.to_string())];
                remove(tx, "team_members", "team_id = $1 AND account_id = $2", member, position).await?;
            }
            TeamEvent::InvitationCreated(e) => {
                tx.run(sql!(
                    "INSERT INTO team_invitations (invitation_id, team_id, role, email, invited_by, created_at, expires_at, created, written)
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
                    e.invitation_id.to_string(),
                    team,
                    e.role.as_str(),
                    e.email.as_ref().map(sealed::to_text),
                    e.invited_by.to_string(),
                    now,
                    e.expires_at,
                    position,
                ))
                .await?;
            }
            TeamEvent::InvitationRevoked(InvitationRevoked { invitation_id })
            | TeamEvent::InvitationAccepted(InvitationAccepted { invitation_id, .. }) => {
                let invitation = vec![Bind::from(invitation_id.to_string())];
                remove(tx, "team_invitations", "invitation_id = $1", invitation, position).await?;
            }
            // The audit's own list shows it; the team is as it was.
            TeamEvent::AuditExported(_) | TeamEvent::AuditRead(_) => return Ok(()),
            TeamEvent::Deleted(_) => {
                for table in ["team_invitations", "team_members", "teams"] {
                    remove(tx, table, "team_id = $1", vec![Bind::from(team)], position).await?;
                }
                return Ok(());
            }
        }
        tx.run(sql!(TOUCH, team, position)).await?;
        Ok(())
    }
}
