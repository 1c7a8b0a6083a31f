//! Makes a project. A folder is ready at once and reserved for this project; every other source is prepared by a worker.

use async_trait::async_trait;
use opensail_domain::kernel::{ProjectId, TeamId};
use opensail_domain::project::{Created, ProjectCommand, ProjectDecider, Source};
use serde::{Deserialize, Serialize};

use crate::{Change, Command, CommandError, Permission, Place, Shown};

#[derive(Clone, Debug)]
pub struct CreateProject {
    pub team_id: TeamId,
    pub name: String,
    pub source: Source,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ProjectCreated {
    pub project_id: ProjectId,
}

#[async_trait]
impl Command for CreateProject {
    type Answer = ProjectCreated;
    async fn decide(&self, change: &mut Change) -> Result<ProjectCreated, CommandError> {
        change.team_access(self.team_id, Permission::CreateProject).await?;
        let created_by = change.account()?;
        let commands = change.commands().clone();
        let source = commands.check_source(&self.source, created_by).await?;
        let in_place = matches!(source, Source::Folder { .. });
        let (team_id, project_id) = (self.team_id, ProjectId(change.next_id()));
        let place = Place::project(team_id, project_id);
        if let Source::Folder { path } = &source {
            change.reserve_folder(project_id, path).await?;
        }
        let created = Created { project_id, team_id, name: self.name.clone(), source, created_by };
        change.decide::<ProjectDecider>(project_id, place.clone(), ProjectCommand::Create(created)).await?;
        if in_place {
            change.decide::<ProjectDecider>(project_id, place, ProjectCommand::FinishPreparation).await?;
        }
        Ok(ProjectCreated { project_id })
    }
    fn shows(&self, answer: &ProjectCreated) -> Shown {
        Shown::Project(answer.project_id)
    }
}
