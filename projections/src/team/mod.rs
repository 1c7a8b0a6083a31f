//! Teams and who is in them.

mod team_details;
mod team_invitations;
mod team_members;
mod teams_of_account;

use async_trait::async_trait;
use opensail_domain::AnyEvent;
use opensail_domain::kernel::AccountId;
use opensail_domain::team::{InvitationAccepted, InvitationCreated, InvitationRevoked, TeamEvent};

pub use team_details::TeamDetails;
pub use team_invitations::TeamInvitation;
pub use team_members::TeamMember;
pub use teams_of_account::TeamOfAccount;
#[cfg(test)]
pub(crate) use {
    team_invitations::list as list_of_invitations, team_members::list as list_of_members, teams_of_account::list as list_of_account,
};

use crate::projection::{ApplyError, Incoming, Projection};
use crate::rows::{Rows, Wants};
use crate::sealed;
use crate::table::{Index, Past, Table};

pub(crate) struct TeamView;

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
        4
    }
    fn tables(&self) -> &'static [Table] {
        &[TEAMS, TEAM_MEMBERS, TEAM_INVITATIONS]
    }
    fn streams(&self) -> &'static [&'static str] {
        &["team"]
    }

    fn wants(&self, incoming: &Incoming<'_>, wants: &mut Wants) {
        let Ok(AnyEvent::Team(event)) = incoming.event() else { return };
        let team = incoming.recorded.stream.id();
        wants.row(&TEAMS, &[team]);
        let mut member = |id: AccountId| wants.row(&TEAM_MEMBERS, &[team, &id.to_string()]);
        match event {
            TeamEvent::MemberAdded(e) => member(e.account_id),
            TeamEvent::MemberRoleChanged(e) => member(e.account_id),
            TeamEvent::MemberRemoved(e) => member(e.account_id),
            TeamEvent::InvitationCreated(InvitationCreated { invitation_id, .. })
            | TeamEvent::InvitationRevoked(InvitationRevoked { invitation_id })
            | TeamEvent::InvitationAccepted(InvitationAccepted { invitation_id, .. }) => {
                wants.row(&TEAM_INVITATIONS, &[&invitation_id.to_string()]);
            }
            TeamEvent::Created(_)
            | TeamEvent::Renamed(_)
            | TeamEvent::AuditExported(_)
            | TeamEvent::AuditRead(_)
            | TeamEvent::Deleted(_) => {}
        }
    }

    async fn apply(&self, rows: &mut Rows<'_>, incoming: &Incoming<'_>) -> Result<(), ApplyError> {
        let AnyEvent::Team(event) = incoming.event()? else { return Ok(()) };
        let (position, now) = (incoming.recorded.position, incoming.recorded.time);
        let team = incoming.recorded.stream.id();
        match event {
            TeamEvent::Created(e) => {
                let values = [
                    ("team_id", team.into()),
                    ("name", e.name.as_str().into()),
                    ("created_by", e.created_by.to_string().into()),
                    ("created_at", now.into()),
                    ("position", position.into()),
                ];
                return rows.insert(&TEAMS, values).await;
            }
            TeamEvent::Renamed(e) => rows.change(&TEAMS, &[team], |row| row.set("name", e.name.as_str())).await?,
            TeamEvent::MemberAdded(e) => {
                let account = e.account_id.to_string();
                // Who is in it already gets the role.
                if rows.get(&TEAM_MEMBERS, &[team, &account]).await?.is_some() {
                    rows.change(&TEAM_MEMBERS, &[team, &account], |row| row.set("role", e.role.as_str())).await?;
                } else {
                    let values = [
                        ("team_id", team.into()),
                        ("account_id", account.into()),
                        ("role", e.role.as_str().into()),
                        ("joined", position.into()),
                        ("since", now.into()),
                    ];
                    rows.insert(&TEAM_MEMBERS, values).await?;
                }
            }
            TeamEvent::MemberRoleChanged(e) => {
                let member = [team, &e.account_id.to_string()];
                rows.change(&TEAM_MEMBERS, &member, |row| row.set("role", e.role.as_str())).await?;
            }
            TeamEvent::MemberRemoved(e) => rows.remove(&TEAM_MEMBERS, &[team, &e.account_id.to_string()]).await?,
            TeamEvent::InvitationCreated(e) => {
                let values = [
                    ("invitation_id", e.invitation_id.to_string().into()),
                    ("team_id", team.into()),
                    ("role", e.role.as_str().into()),
                    ("email", e.email.as_ref().map(sealed::to_text).into()),
                    ("invited_by", e.invited_by.to_string().into()),
                    ("created_at", now.into()),
                    ("expires_at", e.expires_at.into()),
                    ("created", position.into()),
                ];
                rows.insert(&TEAM_INVITATIONS, values).await?;
            }
            TeamEvent::InvitationRevoked(InvitationRevoked { invitation_id })
            | TeamEvent::InvitationAccepted(InvitationAccepted { invitation_id, .. }) => {
                rows.remove(&TEAM_INVITATIONS, &[&invitation_id.to_string()]).await?;
            }
            // The audit's own list shows it; the team is as it was.
            TeamEvent::AuditExported(_) | TeamEvent::AuditRead(_) => return Ok(()),
            TeamEvent::Deleted(_) => {
                rows.remove_where(&TEAM_INVITATIONS, "team_id", team).await?;
                rows.remove_where(&TEAM_MEMBERS, "team_id", team).await?;
                return Ok(rows.remove(&TEAMS, &[team]).await?);
            }
        }
        // Of the resource that clients see.
        Ok(rows.change(&TEAMS, &[team], |row| row.set("position", position)).await?)
    }
}
