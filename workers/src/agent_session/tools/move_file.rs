//! `move_file`: one file to another path, with its permissions.

use async_trait::async_trait;

use super::definition::{Kind, Tool, Work, needed};
use super::{Arguments, Change, ChangesFiles, Plan, Project, told};

pub(super) static TOOL: Tool = Tool {
    name: "move_file",
    about: "Move or rename one file of the project; folders are made as needed. The target must not exist.",
    parameters: &[
        needed("from", Kind::Text, "Present path, relative to the project's root."),
        needed("to", Kind::Text, "New path, relative to the project's root."),
    ],
    later: &[],
    work: Work::ChangesFiles(&MoveFile),
};

struct MoveFile;

#[async_trait]
impl ChangesFiles for MoveFile {
    /// First the new file, then the old one's end: a crash between them loses nothing.
    async fn plan(&self, project: Project<'_>, arguments: &Arguments) -> Result<Plan, String> {
        let (from, to) = (project.path(arguments.text("from")), project.path(arguments.text("to")));
        if from == to {
            return Err(format!("{from} has this path already"));
        }
        let source = project.files.read(project.root, &from).await.map_err(told)?;
        let source = source.ok_or_else(|| format!("{from} does not exist; list_dir or glob show what does"))?;
        if project.files.read(project.root, &to).await.map_err(told)?.is_some() {
            return Err(format!("{to} exists already; delete it first or choose another path"));
        }
        let target = Change { mode: Some(source.mode), ..Change::new(to, None, Some(source.bytes.clone())) };
        Ok(Plan { changes: vec![target, Change::new(from, Some(&source), None)] })
    }
}
