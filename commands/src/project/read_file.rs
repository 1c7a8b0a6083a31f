//! What a person sees of a project's files.

use opensail_domain::kernel::{AccountId, ProjectId};

use crate::ports::project_files::{FileData, Tree};
use crate::{CommandError, Commands, Permission, ProjectAccess};

/// Entries of a tree that are told at once.
pub const MAX_TREE_ENTRIES: usize = 10_000;

impl Commands {
    /// `NotFound` when there is no such file.
    pub async fn read_file(&self, account: AccountId, project_id: ProjectId, path: &str) -> Result<FileData, CommandError> {
        let ProjectAccess { root, .. } = self.readable(account, project_id).await?;
        self.files().read(&root, path).await?.ok_or(CommandError::NotFound)
    }

    /// Entries beneath `path`, `depth` levels deep (1: its own).
    pub async fn read_tree(&self, account: AccountId, project_id: ProjectId, path: &str, depth: u32) -> Result<Tree, CommandError> {
        let ProjectAccess { root, .. } = self.readable(account, project_id).await?;
        Ok(self.files().tree(&root, path, depth, MAX_TREE_ENTRIES, true).await?)
    }

    async fn readable(&self, account: AccountId, project_id: ProjectId) -> Result<ProjectAccess, CommandError> {
        let access = self.project_access(account, project_id, Permission::ReadFiles).await?;
        if access.ready { Ok(access) } else { Err(super::change_file::not_ready()) }
    }
}
