//! `multi_edit`: several searches and replaces in one file, all or none.

use async_trait::async_trait;

use super::definition::{Kind, Tool, Work, needed};
use super::edit::{Edit, edited};
use super::patch_file::EDIT;
use super::{Arguments, ChangesFiles, Plan, Project};

pub(super) static TOOL: Tool = Tool {
    name: "multi_edit",
    about: "Make several replacements in one existing file, in order; each sees what the one before it left. If one does not fit, none is made.",
    parameters: &[
        needed("file_path", Kind::Text, "Path relative to the project's root."),
        needed("edits", Kind::List(EDIT), "The replacements, in order."),
    ],
    later: &[],
    work: Work::ChangesFiles(&MultiEdit),
};

struct MultiEdit;

#[async_trait]
impl ChangesFiles for MultiEdit {
    async fn plan(&self, project: Project<'_>, arguments: &Arguments) -> Result<Plan, String> {
        let edits = arguments.list("edits");
        let edits: Vec<Edit<'_>> = edits.iter().map(Edit::of).collect();
        edited(project, arguments.text("file_path"), &edits).await
    }
}
