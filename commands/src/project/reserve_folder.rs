//! A folder of this machine serves one project: two sessions in the same files would undo each other's work. Reserved and released in the
//! append that makes or deletes the project. Paths are compared as the file system gives them, without links; a folder that is mounted at
//! two places is not noticed.

use opensail_domain::kernel::ProjectId;
use opensail_domain::project::{FolderCommand, FolderDecider, FolderReserved, ProjectDecider, ProjectRejection, Source};
use opensail_domain::team::TeamDecider;

use crate::{Change, CommandError, Commands, Place, RejectionInfo};

/// Folders are only used on the desktop, and that is one machine.
const MACHINE: &str = "desktop";

impl Change {
    pub(super) async fn reserve_folder(&mut self, project_id: ProjectId, path: &str) -> Result<(), CommandError> {
        let Some(place) = self.folder_place().await? else { return Err(CommandError::Forbidden) };
        if !self.look_at::<FolderDecider>(MACHINE).await?.begun() {
            let in_use = self.commands().folders_in_use().await?;
            self.decide::<FolderDecider>(MACHINE, place.clone(), FolderCommand::Adopt { in_use }).await?;
        }
        let taken = self.look_at::<FolderDecider>(MACHINE).await?.taken_by(path).copied();
        let reserve = FolderCommand::Reserve(FolderReserved { project_id, path: path.to_owned() });
        let outcome = self.decide::<FolderDecider>(MACHINE, place, reserve).await.map(|_| ());
        match (outcome, taken) {
            (Err(CommandError::Rejected(info)), Some(other)) => Err(CommandError::Rejected(self.naming(info, other).await?)),
            (outcome, _) => outcome,
        }
    }

    pub(super) async fn release_folder(&mut self, project_id: ProjectId) -> Result<(), CommandError> {
        let Some(place) = self.folder_place().await? else { return Ok(()) };
        self.decide::<FolderDecider>(MACHINE, place, FolderCommand::Release { project_id }).await?;
        Ok(())
    }

    /// Paths of a person's machine are that person's own events.
    async fn folder_place(&self) -> Result<Option<Place>, CommandError> {
        Ok(self.commands().desktop_owner().await?.map(|owner| Place::account(owner.account_id)))
    }

    /// The refusal says which project it is to whom may see that project.
    async fn naming(&mut self, info: RejectionInfo, other: ProjectId) -> Result<RejectionInfo, CommandError> {
        let project = self.look_at::<ProjectDecider>(other).await?;
        let Some(home) = project.home() else { return Ok(info) };
        let role = self.look_at::<TeamDecider>(home.team_id).await?.role(self.account()?);
        let Source::Folder { path } = &home.source else { return Ok(info) };
        let message = format!("{}: the project “{}” ({other}) works in {path}", ProjectRejection::FolderTaken, home.name);
        Ok(if role.is_some() { RejectionInfo { message, ..info } } else { info })
    }
}

impl Commands {
    /// Folders of projects that were made before folders were reserved.
    async fn folders_in_use(&self) -> Result<Vec<FolderReserved>, CommandError> {
        let mut in_use = Vec::new();
        for project_id in self.open_projects_of_all().await? {
            let project = self.load::<ProjectDecider>(project_id, true).await?.state;
            if let Some(Source::Folder { path }) = project.home().map(|home| &home.source) {
                in_use.push(FolderReserved { project_id, path: path.clone() });
            }
        }
        Ok(in_use)
    }
}
