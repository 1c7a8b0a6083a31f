//! How the preparation of a project's files ended. Only the platform's own workers say so; saying it again is harmless.

use async_trait::async_trait;
use opensail_domain::kernel::ProjectId;
use opensail_domain::project::{ProjectCommand, ProjectDecider};

use crate::{Change, Command, CommandError, Place, Shown};

#[derive(Clone, Debug)]
pub struct FinishPreparation {
    pub project_id: ProjectId,
}

#[derive(Clone, Debug)]
pub struct FailPreparation {
    pub project_id: ProjectId,
    /// For people: what went wrong and what to do.
    pub reason: String,
}

async fn end(change: &mut Change, project_id: ProjectId, command: ProjectCommand) -> Result<(), CommandError> {
    change.require_system()?;
    let project = change.look_at::<ProjectDecider>(project_id).await?;
    let team_id = project.home().ok_or(CommandError::NotFound)?.team_id;
    change.decide::<ProjectDecider>(project_id, Place::project(team_id, project_id), command).await?;
    Ok(())
}

#[async_trait]
impl Command for FinishPreparation {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        end(change, self.project_id, ProjectCommand::FinishPreparation).await
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}

#[async_trait]
impl Command for FailPreparation {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        end(change, self.project_id, ProjectCommand::FailPreparation { reason: self.reason.clone() }).await
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}
