//! How long a project's snapshots are kept.

use async_trait::async_trait;
use opensail_domain::kernel::ProjectId;
use opensail_domain::project::{ProjectCommand, ProjectDecider, Retention, RetentionSet};

use crate::{Change, Command, CommandError, Permission, Place, Shown};

#[derive(Clone, Debug)]
pub struct SetRetention {
    pub project_id: ProjectId,
    /// `None`: everything is kept.
    pub retention: Option<Retention>,
}

#[async_trait]
impl Command for SetRetention {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        let access = change.project_access(self.project_id, Permission::SetRetention).await?;
        let set = RetentionSet { retention: self.retention, set_by: change.account()? };
        let place = Place::project(access.team_id, self.project_id);
        change.decide::<ProjectDecider>(self.project_id, place, ProjectCommand::SetRetention(set)).await?;
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Project(self.project_id)
    }
}
