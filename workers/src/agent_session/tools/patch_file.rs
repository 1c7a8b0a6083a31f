//! `patch_file`: one search and replace.

use async_trait::async_trait;

use super::definition::{Kind, Parameter, Tool, Work, needed, optional};
use super::edit::{Edit, edited};
use super::{Arguments, ChangesFiles, Plan, Project};

pub(super) static TOOL: Tool = Tool {
    name: "patch_file",
    about: "Replace text in an existing file. old_str must be copied exactly, blanks included, with enough lines around it to be unique.",
    parameters: &[
        needed("file_path", Kind::Text, "Path relative to the project's root."),
        needed("old_str", Kind::Text, OLD),
        needed("new_str", Kind::Text, NEW),
        optional("expected_occurrence", OCCURRENCES, EXPECTED),
        optional("allow_multiple", Kind::Flag, MULTIPLE),
    ],
    later: &[],
    work: Work::ChangesFiles(&PatchFile),
};

const OLD: &str = "The exact text to replace, without line numbers.";
const NEW: &str = "The text to put there; may be empty.";
const EXPECTED: &str = "How often old_str must occur; every occurrence is replaced. Default 1.";
const MULTIPLE: &str = "Replace every occurrence, however many.";
const OCCURRENCES: Kind = Kind::Number { min: 1, max: 100_000 };

/// The same fields, as an entry of `multi_edit`.
pub(super) const EDIT: &[Parameter] = &[
    needed("old_str", Kind::Text, OLD),
    needed("new_str", Kind::Text, NEW),
    optional("expected_occurrence", OCCURRENCES, EXPECTED),
    optional("allow_multiple", Kind::Flag, MULTIPLE),
];

struct PatchFile;

#[async_trait]
impl ChangesFiles for PatchFile {
    async fn plan(&self, project: Project<'_>, arguments: &Arguments) -> Result<Plan, String> {
        edited(project, arguments.text("file_path"), &[Edit::of(arguments)]).await
    }
}
