//! The facts of a team.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::reading::AuditQuestion;
use crate::kernel::{AccountId, InvitationId, Micros, Private, TeamId, event::events};

events! {
    TeamEvent {
        Created = "team.created" v 1,
        Renamed = "team.renamed" v 1,
        MemberAdded = "team.member_added" v 1,
        MemberRoleChanged = "team.member_role_changed" v 1,
        MemberRemoved = "team.member_removed" v 1,
        InvitationCreated = "team.invitation_created" v 1,
        InvitationRevoked = "team.invitation_revoked" v 1,
        /// Comes with the `team.member_added` it leads to.
        InvitationAccepted = "team.invitation_accepted" v 1,
        Deleted = "team.deleted" v 1,
        /// Somebody took the team's history away.
        AuditExported = "team.audit_exported" v 1,
        /// Somebody looked at the team's history.
        AuditRead = "team.audit_read" v 1,
    }
}

/// What a member may do; each role may all that the ones before it may.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees.
    Viewer,
    /// Works: files, sessions, projects.
    Editor,
    /// Members, deletion, audit.
    Admin,
}

impl Role {
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Editor => "editor",
            Role::Admin => "admin",
        }
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Created {
    pub team_id: TeamId,
    pub name: String,
    pub created_by: AccountId,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Renamed {
    pub name: String,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct MemberAdded {
    pub account_id: AccountId,
    pub role: Role,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct MemberRoleChanged {
    pub account_id: AccountId,
    pub role: Role,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct MemberRemoved {
    pub account_id: AccountId,
}

/// The token that it is accepted with is told to who made it and kept as a hash in the vault.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InvitationCreated {
    pub invitation_id: InvitationId,
    pub role: Role,
    /// Whom it is for, under the invitation's own key; absent: whoever holds the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Private<String>>,
    pub expires_at: Micros,
    pub invited_by: AccountId,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InvitationRevoked {
    pub invitation_id: InvitationId,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InvitationAccepted {
    pub invitation_id: InvitationId,
    pub account_id: AccountId,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Deleted {}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditFormat {
    /// With proofs.
    Jsonl,
    /// For a spreadsheet.
    Csv,
}

/// Who and from where stands in the envelope.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AuditExported {
    pub format: AuditFormat,
    /// Only a part was asked for: a project, an actor, a time.
    pub filtered: bool,
    /// Which part, as far as it is told. Records of before it was told have none.
    #[serde(default, skip_serializing_if = "AuditQuestion::is_for_all")]
    pub question: AuditQuestion,
}

/// Stands for the same question of the same reader for an hour. From where stands in the envelope.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AuditRead {
    /// On whose rights it rested.
    pub by: AccountId,
    pub question: AuditQuestion,
    /// So many questions were told already that this one stands for all others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub others: bool,
    pub at: Micros,
}
