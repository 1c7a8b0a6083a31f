//! Deletes a project whose sessions are all finished, and then its files, unless they are a person's own folder. A session started between
//! the count and the append finds its project missing and fails.

use async_trait::async_trait;
use opensail_domain::kernel::ProjectId;
use opensail_domain::project::{Project, ProjectCommand, ProjectDecider, Source};

use crate::storage::Which;
use crate::{Caller, Change, Command, CommandError, Commands, Done, Permission, Place, Shown};

struct DeleteProject {
    project_id: ProjectId,
}

#[async_trait]
impl Command for DeleteProject {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        let access = change.project_access(self.project_id, Permission::DeleteProject).await?;
        let open_sessions = change.commands().open_sessions(access.team_id, self.project_id).await?;
        let delete = ProjectCommand::Delete { open_sessions };
        change.decide::<ProjectDecider>(self.project_id, Place::project(access.team_id, self.project_id), delete).await?;
        if let Source::Folder { .. } = access.home.source {
            change.release_folder(self.project_id).await?;
        }
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}

impl Commands {
    /// The event first, so that no project is left without its files; files that could not be removed are only room lost.
    pub async fn delete_project(&self, caller: &Caller, project_id: ProjectId) -> Result<Done<()>, CommandError> {
        let done = self.execute(caller, &DeleteProject { project_id }).await?;
        if let Err(error) = self.remove_project_files(project_id).await {
            tracing::warn!(%project_id, error = error.log_text(), "files of a deleted project remain");
        }
        if let Err(error) = self.remove_copies_of(Which::Project(project_id)).await {
            tracing::warn!(%project_id, error = error.log_text(), "working copies of a deleted project remain until the next sweep");
        }
        Ok(done)
    }

    /// Removes the files of a deleted project that the platform kept; repeating it is harmless.
    pub async fn remove_project_files(&self, project_id: ProjectId) -> Result<(), CommandError> {
        let loaded = self.load::<ProjectDecider>(project_id, true).await?;
        let Project::Deleted(home) = &*loaded.state else { return Err(CommandError::NotFound) };
        if !matches!(home.source, Source::Folder { .. }) {
            self.files().remove_root(&self.project_root(home, project_id)).await?;
        }
        Ok(())
    }
}
