//! `delete_file`: one file; its content stays with the session, so that it can be undone.

use async_trait::async_trait;

use super::definition::{Kind, Tool, Work, needed};
use super::{Arguments, Change, ChangesFiles, Plan, Project, told};

pub(super) static TOOL: Tool = Tool {
    name: "delete_file",
    about: "Delete one file of the project. Folders are not deleted; an empty one may stay.",
    parameters: &[needed("file_path", Kind::Text, "Path relative to the project's root.")],
    later: &[],
    work: Work::ChangesFiles(&DeleteFile),
};

struct DeleteFile;

#[async_trait]
impl ChangesFiles for DeleteFile {
    async fn plan(&self, project: Project<'_>, arguments: &Arguments) -> Result<Plan, String> {
        let path = project.path(arguments.text("file_path"));
        let before = project.files.read(project.root, &path).await.map_err(told)?;
        if before.is_none() {
            return Err(format!("{path} does not exist, so there is nothing to delete"));
        }
        Ok(Plan { changes: vec![Change::new(path, before.as_ref(), None)] })
    }
}
