//! What others would have asked for, put into the journal as it is.

use async_trait::async_trait;
use opensail_commands::{Change, Command, CommandError, Place, Shown};
use opensail_domain::agent_session::{AgentSessionCommand, AgentSessionDecider};
use opensail_domain::kernel::{ProjectId, SessionId, TeamId};
use opensail_domain::project::{ProjectCommand, ProjectDecider};
use opensail_domain::team::{TeamCommand, TeamDecider};

pub(super) struct PutSession(pub(super) Place, pub(super) SessionId, pub(super) AgentSessionCommand);

#[async_trait]
impl Command for PutSession {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        change.decide::<AgentSessionDecider>(self.1, self.0.clone(), self.2.clone()).await.map(drop)
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}

pub(super) struct PutTeam(pub(super) TeamCommand);

#[async_trait]
impl Command for PutTeam {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        let TeamCommand::Create { team_id, .. } = &self.0 else { panic!("only made here") };
        change.decide::<TeamDecider>(*team_id, Place::team(*team_id), self.0.clone()).await.map(drop)
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}

pub(super) struct PutProject(pub(super) TeamId, pub(super) ProjectId, pub(super) ProjectCommand);

#[async_trait]
impl Command for PutProject {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        change.decide::<ProjectDecider>(self.1, Place::project(self.0, self.1), self.2.clone()).await.map(drop)
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}
