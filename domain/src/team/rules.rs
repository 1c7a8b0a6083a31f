//! The rules of a team.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::event::*;
use super::reading::{AuditQuestion, Readings};
use crate::kernel::{AccountId, InvitationId, Micros, Rejection, RejectionKind, TeamId, checked_name};

pub const MAX_TEAM_NAME_CHARS: usize = 100;
/// How long an invitation may be accepted.
pub const INVITATION_LIFETIME: Duration = Duration::from_secs(7 * 24 * 3600);
/// Invitations of one team that can be accepted at the same time.
pub const MAX_OPEN_INVITATIONS: usize = 100;

#[derive(Clone, PartialEq, Debug)]
pub enum TeamCommand {
    Create {
        team_id: TeamId,
        name: String,
        created_by: AccountId,
    },
    Rename {
        name: String,
    },
    AddMember {
        account_id: AccountId,
        role: Role,
    },
    ChangeMemberRole {
        account_id: AccountId,
        role: Role,
    },
    RemoveMember {
        account_id: AccountId,
    },
    /// `now`: the expired ones count no longer.
    Invite {
        invitation: InvitationCreated,
        now: Micros,
    },
    /// Harmless when it cannot be accepted any more.
    RevokeInvitation {
        invitation_id: InvitationId,
    },
    AcceptInvitation {
        invitation_id: InvitationId,
        account_id: AccountId,
        now: Micros,
    },
    /// Somebody is about to take its history away.
    RecordExport(AuditExported),
    /// Somebody is about to see its history.
    RecordReading {
        by: AccountId,
        question: AuditQuestion,
        now: Micros,
    },
    /// `projects`: how many the team still has, looked up.
    Delete {
        projects: u64,
    },
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub enum Team {
    #[default]
    Absent,
    Active {
        name: String,
        members: BTreeMap<AccountId, Role>,
        /// Neither accepted nor revoked; expired ones stay.
        #[serde(default)]
        invitations: BTreeMap<InvitationId, Invitation>,
        #[serde(default)]
        readings: Readings,
    },
    Deleted,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Invitation {
    pub role: Role,
    pub expires_at: Micros,
}

impl Team {
    /// The role of an account; none for strangers, and for all once the team is deleted.
    pub fn role(&self, account: AccountId) -> Option<Role> {
        match self {
            Team::Active { members, .. } => members.get(&account).copied(),
            Team::Absent | Team::Deleted => None,
        }
    }

    /// An invitation that was neither accepted nor revoked.
    pub fn invitation(&self, id: InvitationId) -> Option<&Invitation> {
        match self {
            Team::Active { invitations, .. } => invitations.get(&id),
            Team::Absent | Team::Deleted => None,
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TeamRejection {
    #[error("the team does not exist")]
    Absent,
    #[error("the team exists already")]
    Exists,
    #[error("the team was deleted")]
    Deleted,
    #[error("the name must have 1 to {MAX_TEAM_NAME_CHARS} characters and none of control or that turn the direction of text")]
    BadName,
    #[error("this person is a member already; change the role instead")]
    MemberExists,
    #[error("this person is no member of the team")]
    NoMember,
    #[error("a team keeps at least one admin; make somebody else admin first")]
    LastAdmin,
    #[error("the team still has {projects} projects; delete them first")]
    HasProjects { projects: u64 },
    #[error("this invitation was used or revoked, or has expired; ask for a new one")]
    NoInvitation,
    #[error("the team has {MAX_OPEN_INVITATIONS} open invitations; revoke one first")]
    TooManyInvitations,
}

impl Rejection for TeamRejection {
    fn code(&self) -> &'static str {
        match self {
            TeamRejection::Absent => "team_absent",
            TeamRejection::Exists => "team_exists",
            TeamRejection::Deleted => "team_deleted",
            TeamRejection::BadName => "bad_name",
            TeamRejection::MemberExists => "member_exists",
            TeamRejection::NoMember => "no_member",
            TeamRejection::LastAdmin => "last_admin",
            TeamRejection::HasProjects { .. } => "team_has_projects",
            TeamRejection::NoInvitation => "no_invitation",
            TeamRejection::TooManyInvitations => "too_many_invitations",
        }
    }
    fn kind(&self) -> RejectionKind {
        match self {
            TeamRejection::BadName => RejectionKind::Invalid { pointer: "/name" },
            TeamRejection::Exists | TeamRejection::MemberExists => RejectionKind::Exists,
            TeamRejection::TooManyInvitations => RejectionKind::Limit { retry_after: None },
            TeamRejection::Absent
            | TeamRejection::Deleted
            | TeamRejection::NoMember
            | TeamRejection::LastAdmin
            | TeamRejection::NoInvitation
            | TeamRejection::HasProjects { .. } => RejectionKind::State,
        }
    }
}

pub(super) fn decide(state: &Team, command: TeamCommand) -> Result<Vec<TeamEvent>, TeamRejection> {
    use TeamCommand as C;
    let (present_name, members, invitations, readings) = match (state, &command) {
        (Team::Absent, C::Create { .. }) => ("", &BTreeMap::new(), &BTreeMap::new(), &Readings::default()),
        (Team::Absent, _) => return Err(TeamRejection::Absent),
        (Team::Active { .. }, C::Create { .. }) => return Err(TeamRejection::Exists),
        (Team::Active { name, members, invitations, readings }, _) => (name.as_str(), members, invitations, readings),
        (Team::Deleted, C::Delete { .. }) => return Ok(vec![]),
        // What it was is looked at all the same, and nobody does so unseen; what was read before is not remembered, so each reading is told.
        (Team::Deleted, C::RecordExport(_) | C::RecordReading { .. }) => ("", &BTreeMap::new(), &BTreeMap::new(), &Readings::default()),
        (Team::Deleted, _) => return Err(TeamRejection::Deleted),
    };
    match command {
        C::Create { team_id, name, created_by } => {
            let name = name_of(&name)?;
            Ok(vec![Created { team_id, name, created_by }.into(), MemberAdded { account_id: created_by, role: Role::Admin }.into()])
        }
        C::Rename { name } => {
            let name = name_of(&name)?;
            Ok(if name == present_name { vec![] } else { vec![Renamed { name }.into()] })
        }
        C::AddMember { account_id, role } => match members.get(&account_id) {
            Some(present) if *present == role => Ok(vec![]),
            Some(_) => Err(TeamRejection::MemberExists),
            None => Ok(vec![MemberAdded { account_id, role }.into()]),
        },
        C::ChangeMemberRole { account_id, role } => match members.get(&account_id) {
            None => Err(TeamRejection::NoMember),
            Some(present) if *present == role => Ok(vec![]),
            Some(_) if last_admin(members, account_id) => Err(TeamRejection::LastAdmin),
            Some(_) => Ok(vec![MemberRoleChanged { account_id, role }.into()]),
        },
        C::RemoveMember { account_id } => match members.get(&account_id) {
            None => Ok(vec![]),
            Some(_) if last_admin(members, account_id) => Err(TeamRejection::LastAdmin),
            Some(_) => Ok(vec![MemberRemoved { account_id }.into()]),
        },
        C::Invite { now, .. } if invitations.values().filter(|one| now < one.expires_at).count() >= MAX_OPEN_INVITATIONS => {
            Err(TeamRejection::TooManyInvitations)
        }
        C::Invite { invitation, .. } => Ok(vec![invitation.into()]),
        C::RevokeInvitation { invitation_id } if invitations.contains_key(&invitation_id) => {
            Ok(vec![InvitationRevoked { invitation_id }.into()])
        }
        C::RevokeInvitation { .. } => Ok(vec![]),
        C::AcceptInvitation { invitation_id, account_id, now } => match invitations.get(&invitation_id) {
            Some(invitation) if now < invitation.expires_at => {
                if members.contains_key(&account_id) {
                    return Err(TeamRejection::MemberExists);
                }
                let joined = MemberAdded { account_id, role: invitation.role };
                Ok(vec![InvitationAccepted { invitation_id, account_id }.into(), joined.into()])
            }
            Some(_) | None => Err(TeamRejection::NoInvitation),
        },
        C::RecordExport(export) => Ok(vec![export.into()]),
        C::RecordReading { by, question, now } => Ok(readings.told(by, question, now).into_iter().map(Into::into).collect()),
        C::Delete { projects } if projects > 0 => Err(TeamRejection::HasProjects { projects }),
        C::Delete { .. } => Ok(vec![Deleted {}.into()]),
    }
}

pub(super) fn evolve(state: &mut Team, event: &TeamEvent) {
    match (state, event) {
        (state @ Team::Absent, TeamEvent::Created(e)) => {
            let (members, invitations) = (BTreeMap::new(), BTreeMap::new());
            *state = Team::Active { name: e.name.clone(), members, invitations, readings: Readings::default() };
        }
        (state @ Team::Active { .. }, TeamEvent::Deleted(_)) => *state = Team::Deleted,
        (Team::Active { name, members, invitations, readings }, event) => match event {
            TeamEvent::Created(_) | TeamEvent::Deleted(_) | TeamEvent::AuditExported(_) => {}
            TeamEvent::AuditRead(reading) => readings.add(reading),
            TeamEvent::Renamed(e) => *name = e.name.clone(),
            TeamEvent::MemberAdded(e) => {
                members.insert(e.account_id, e.role);
            }
            TeamEvent::MemberRoleChanged(e) => {
                members.insert(e.account_id, e.role);
            }
            TeamEvent::MemberRemoved(e) => {
                members.remove(&e.account_id);
            }
            TeamEvent::InvitationCreated(e) => {
                invitations.insert(e.invitation_id, Invitation { role: e.role, expires_at: e.expires_at });
            }
            TeamEvent::InvitationRevoked(InvitationRevoked { invitation_id })
            | TeamEvent::InvitationAccepted(InvitationAccepted { invitation_id, .. }) => {
                invitations.remove(invitation_id);
            }
        },
        (Team::Absent | Team::Deleted, _) => {}
    }
}

fn last_admin(members: &BTreeMap<AccountId, Role>, account: AccountId) -> bool {
    members.get(&account) == Some(&Role::Admin) && members.values().filter(|role| **role == Role::Admin).count() == 1
}

fn name_of(name: &str) -> Result<String, TeamRejection> {
    checked_name(name, MAX_TEAM_NAME_CHARS).ok_or(TeamRejection::BadName)
}
