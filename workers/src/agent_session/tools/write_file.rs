//! `write_file`: a whole file, new or replaced.

use async_trait::async_trait;
use bytes::Bytes;

use super::definition::{Kind, Tool, Work, needed};
use super::edit::check_size;
use super::{Arguments, Change, ChangesFiles, Plan, Project, told};

pub(super) static TOOL: Tool = Tool {
    name: "write_file",
    about: "Write a whole file, replacing what is there; folders are made as needed. To change part of a file use patch_file or multi_edit.",
    parameters: &[
        needed("file_path", Kind::Text, "Path relative to the project's root."),
        needed("content", Kind::Text, "The file's whole new content."),
    ],
    later: &[],
    work: Work::ChangesFiles(&WriteFile),
};

struct WriteFile;

#[async_trait]
impl ChangesFiles for WriteFile {
    async fn plan(&self, project: Project<'_>, arguments: &Arguments) -> Result<Plan, String> {
        let path = project.path(arguments.text("file_path"));
        let content = Bytes::copy_from_slice(arguments.text("content").as_bytes());
        check_size(&path, content.len())?;
        let before = project.files.read(project.root, &path).await.map_err(told)?;
        Ok(Plan { changes: vec![Change::new(path, before.as_ref(), Some(content))] })
    }
}
