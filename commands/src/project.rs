//! The room of projects: the folder of files, where it comes from, and people's own changes to it.

mod capture_project;
mod change_file;
mod create_project;
mod delete_file;
mod delete_project;
mod prepare_project;
mod read_file;
mod rename_project;
mod reserve_folder;
pub mod source;
mod write_file;

use std::path::PathBuf;

use opensail_domain::kernel::ProjectId;
use opensail_domain::project::{Home, Source};

use crate::Commands;
pub use change_file::Precondition;
pub use create_project::{CreateProject, ProjectCreated};
pub use delete_file::DeleteFile;
pub use prepare_project::{FailPreparation, FinishPreparation};
pub use read_file::MAX_TREE_ENTRIES;
pub use rename_project::RenameProject;
pub use write_file::{FileSaved, WriteFile};

impl Commands {
    /// Where a project's files lie: the person's folder, or one the platform keeps beneath `$OPENSAIL_HOME/projects`.
    pub fn project_root(&self, home: &Home, project_id: ProjectId) -> PathBuf {
        match &home.source {
            Source::Folder { path } => PathBuf::from(path),
            Source::Empty | Source::Git { .. } | Source::Template { .. } => {
                self.settings().home.join("projects").join(project_id.to_string())
            }
        }
    }
}
