//! Gives a project another name.

use async_trait::async_trait;
use opensail_domain::kernel::ProjectId;
use opensail_domain::project::{ProjectCommand, ProjectDecider};

use crate::{Change, Command, CommandError, Permission, Place, Shown};

#[derive(Clone, Debug)]
pub struct RenameProject {
    pub project_id: ProjectId,
    pub name: String,
}

#[async_trait]
impl Command for RenameProject {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        let access = change.project_access(self.project_id, Permission::EditProject).await?;
        let rename = ProjectCommand::Rename { name: self.name.clone() };
        change.decide::<ProjectDecider>(self.project_id, Place::project(access.team_id, self.project_id), rename).await?;
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Project(self.project_id)
    }
}
