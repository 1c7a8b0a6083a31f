//! Teams and members on the wire.

use opensail_domain::team::Role;
use opensail_projections::team::{TeamDetails, TeamInvitation, TeamMember, TeamOfAccount};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::time::rfc3339;

/// What a member may do; each role may all that the ones before it may.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RoleName {
    Viewer,
    Editor,
    Admin,
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        match role {
            Role::Viewer => RoleName::Viewer,
            Role::Editor => RoleName::Editor,
            Role::Admin => RoleName::Admin,
        }
    }
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Viewer => Role::Viewer,
            RoleName::Editor => Role::Editor,
            RoleName::Admin => Role::Admin,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = Team)]
pub(crate) struct TeamBody {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) created_by: Uuid,
    /// RFC 3339, UTC.
    pub(crate) created_at: String,
    /// How many.
    pub(crate) members: u64,
    /// Of the team's last event.
    pub(crate) position: u64,
}

impl From<TeamDetails> for TeamBody {
    fn from(team: TeamDetails) -> Self {
        TeamBody {
            id: team.id.0,
            name: team.name,
            created_by: team.created_by.0,
            created_at: rfc3339(team.created_at),
            members: team.members,
            position: team.position,
        }
    }
}

/// A team in the list of one's own.
#[derive(Serialize, ToSchema)]
#[schema(as = MyTeam)]
pub(crate) struct MyTeamBody {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    /// One's own.
    pub(crate) role: RoleName,
    pub(crate) created_at: String,
    pub(crate) position: u64,
}

impl From<TeamOfAccount> for MyTeamBody {
    fn from(team: TeamOfAccount) -> Self {
        MyTeamBody { id: team.id.0, name: team.name, role: team.role.into(), created_at: rfc3339(team.created_at), position: team.position }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = Member)]
pub(crate) struct MemberBody {
    pub(crate) account_id: Uuid,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) role: RoleName,
    /// When the account joined.
    pub(crate) since: String,
}

impl From<TeamMember> for MemberBody {
    fn from(member: TeamMember) -> Self {
        MemberBody {
            account_id: member.account_id.0,
            name: member.name,
            email: member.email,
            role: member.role.into(),
            since: rfc3339(member.since),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = Invitation)]
pub(crate) struct InvitationBody {
    pub(crate) id: Uuid,
    pub(crate) role: RoleName,
    /// Whom it is for; null: whoever has its token.
    pub(crate) email: Option<String>,
    pub(crate) invited_by: Uuid,
    pub(crate) created_at: String,
    pub(crate) expires_at: String,
}

impl From<TeamInvitation> for InvitationBody {
    fn from(invitation: TeamInvitation) -> Self {
        InvitationBody {
            id: invitation.id.0,
            role: invitation.role.into(),
            email: invitation.email,
            invited_by: invitation.invited_by.0,
            created_at: rfc3339(invitation.created_at),
            expires_at: rfc3339(invitation.expires_at),
        }
    }
}
