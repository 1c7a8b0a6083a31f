//! Who may do what: roles of a team, one table. Used by commands, whose append then guards the team it was read from, and by reads.
//!
//! No role: the thing does not exist for the caller (`NotFound`). A role that is too small: `Forbidden`. The platform itself passes.

use std::path::PathBuf;
use std::sync::Arc;

use opensail_domain::agent_session::{AgentSession, AgentSessionDecider};
use opensail_domain::kernel::{AccountId, Decider, ProjectId, SessionId, TeamId};
use opensail_domain::project::{Home, ProjectDecider};
use opensail_domain::team::{Role, Team, TeamDecider};
use opensail_eventstore::StreamId;

use crate::execute::Change;
use crate::{Caller, CommandError, Commands};

macro_rules! permissions {
    ($($(#[$meta:meta])* $name:ident = $role:ident),+ $(,)?) => {
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Permission { $($(#[$meta])* $name),+ }

        impl Permission {
            pub const ALL: &'static [Permission] = &[$(Permission::$name),+];

            /// The smallest role that holds it.
            pub const fn minimal_role(self) -> Role {
                match self { $(Permission::$name => Role::$role),+ }
            }
        }
    };
}

permissions! {
    SeeTeam = Viewer,
    SeeProject = Viewer,
    ReadFiles = Viewer,
    SeeSession = Viewer,
    CreateProject = Editor,
    EditProject = Editor,
    WriteFiles = Editor,
    StartSession = Editor,
    /// Messages, cancellation, fork, undo.
    SteerSession = Editor,
    AnswerApproval = Editor,
    EditTeam = Admin,
    ManageMembers = Admin,
    DeleteTeam = Admin,
    DeleteProject = Admin,
    /// How long snapshots are kept.
    SetRetention = Admin,
    SeeAudit = Admin,
    ForgetSession = Admin,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Access {
    pub team_id: TeamId,
    /// `Admin` for the platform itself.
    pub role: Role,
}

/// Why somebody may look at all that happened in a team.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AuditAccess {
    OfItsAdmin,
    /// The team was deleted.
    OfTheGone,
}

impl AuditAccess {
    pub fn is_gone(self) -> bool {
        self == AuditAccess::OfTheGone
    }
}

#[derive(Clone, PartialEq, Debug)]
pub struct ProjectAccess {
    pub team_id: TeamId,
    pub project_id: ProjectId,
    pub role: Role,
    pub home: Home,
    /// Its files are there.
    pub ready: bool,
    /// Where they lie.
    pub root: PathBuf,
}

#[derive(Clone, PartialEq, Debug)]
pub struct SessionAccess {
    pub team_id: TeamId,
    pub project_id: ProjectId,
    pub session_id: SessionId,
    pub role: Role,
    pub session: Arc<AgentSession>,
}

impl Commands {
    /// May this person do this in the team now? Asks the journal, so a role removed on another node counts at once.
    pub async fn team_access(&self, account: AccountId, team: TeamId, permission: Permission) -> Result<Access, CommandError> {
        self.reading(account).team_access(team, permission).await
    }

    pub async fn project_access(
        &self,
        account: AccountId,
        project: ProjectId,
        permission: Permission,
    ) -> Result<ProjectAccess, CommandError> {
        self.reading(account).project_access(project, permission).await
    }

    pub async fn session_access(
        &self,
        account: AccountId,
        session: SessionId,
        permission: Permission,
    ) -> Result<SessionAccess, CommandError> {
        self.reading(account).session_access(session, permission).await
    }

    /// Refuses who may not see the session, for what reads its stream anyway. Its first event says in which project it is, which never changes; so the
    /// stream is not read twice.
    pub async fn check_session_reader(&self, account: AccountId, session: SessionId) -> Result<(), CommandError> {
        let first = self.journal().read_stream(&StreamId::new(AgentSessionDecider::TYPE, session), 0, 1).await?;
        let project = first.first().and_then(|first| first.project.as_ref()?.parse().ok()).ok_or(CommandError::NotFound)?;
        self.project_access(account, project, Permission::SeeSession).await?;
        Ok(())
    }

    /// May this person look at the past of a project or session now? Today's role in its team decides, also when it was deleted since: the team
    /// it was made in is the tenant of all its events and never changes. With the team everybody's rights are gone.
    pub async fn past_access(&self, account: AccountId, stream: &StreamId, permission: Permission) -> Result<Access, CommandError> {
        let first = self.journal().read_stream(stream, 0, 1).await?;
        let team = first.first().and_then(|first| first.tenant.parse().ok()).ok_or(CommandError::NotFound)?;
        self.team_access(account, team, permission).await
    }

    /// May this person look at all that happened in a team? Its admins; of one that was deleted, whose admins are no more, those of the platform: with
    /// the team nobody shall be able to hide what was done in it.
    pub async fn audit_access(&self, account: AccountId, team: TeamId) -> Result<(), CommandError> {
        self.reading(account).audit_access(team).await.map(drop)
    }

    /// Refuses whoever is no administrator of the platform, for what touches no stream.
    pub async fn check_platform_admin(&self, caller: &Caller) -> Result<(), CommandError> {
        match caller.account {
            Some(account) if self.platform_admin(account).await? => Ok(()),
            _ => Err(CommandError::Forbidden),
        }
    }

    fn reading(&self, account: AccountId) -> Change {
        Change::new(self.clone(), Caller::person(account), true)
    }
}

impl Change {
    /// Refuses whoever is no administrator of the platform, which is settled for ever when an account is registered. Answers whose rights it
    /// rests on.
    pub async fn platform_access(&self) -> Result<AccountId, CommandError> {
        let account = self.account()?;
        if self.commands().platform_admin(account).await? { Ok(account) } else { Err(CommandError::Forbidden) }
    }

    /// Refuses unless the caller may; the team's version becomes a guard, so a role removed meanwhile is a conflict and decided again.
    pub async fn team_access(&mut self, team_id: TeamId, permission: Permission) -> Result<Access, CommandError> {
        if self.caller().is_system() {
            let state = self.look_at::<TeamDecider>(team_id).await?;
            return match *state {
                Team::Active { .. } => Ok(Access { team_id, role: Role::Admin }),
                Team::Absent | Team::Deleted => Err(CommandError::NotFound),
            };
        }
        let account = self.account()?;
        let role = self.lean_on::<TeamDecider>(team_id).await?.role(account).ok_or(CommandError::NotFound)?;
        if role < permission.minimal_role() {
            return Err(CommandError::Forbidden);
        }
        Ok(Access { team_id, role })
    }

    /// [`Commands::audit_access`], within a command.
    pub async fn audit_access(&mut self, team_id: TeamId) -> Result<AuditAccess, CommandError> {
        if *self.look_at::<TeamDecider>(team_id).await? != Team::Deleted {
            return self.team_access(team_id, Permission::SeeAudit).await.map(|_| AuditAccess::OfItsAdmin);
        }
        match self.platform_access().await {
            Err(CommandError::Forbidden) => Err(CommandError::NotFound),
            access => access.map(|_| AuditAccess::OfTheGone),
        }
    }

    /// Its team never changes, so only the team is guarded; who leans on more of it says so with [`Change::lean_on`].
    pub async fn project_access(&mut self, project_id: ProjectId, permission: Permission) -> Result<ProjectAccess, CommandError> {
        let project = self.look_at::<ProjectDecider>(project_id).await?;
        let home = project.home().ok_or(CommandError::NotFound)?.clone();
        let Access { team_id, role } = self.team_access(home.team_id, permission).await?;
        let root = self.commands().project_root(&home, project_id);
        Ok(ProjectAccess { team_id, project_id, role, home, ready: project.ready(), root })
    }

    pub async fn session_access(&mut self, session_id: SessionId, permission: Permission) -> Result<SessionAccess, CommandError> {
        let session = self.look_at::<AgentSessionDecider>(session_id).await?;
        let project_id = session.core().ok_or(CommandError::NotFound)?.project_id;
        let ProjectAccess { team_id, role, .. } = self.project_access(project_id, permission).await?;
        Ok(SessionAccess { team_id, project_id, session_id, role, session })
    }
}
