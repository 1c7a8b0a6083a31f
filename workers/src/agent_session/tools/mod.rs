//! The tools an agent sees, one file each. Names and parameters are the product's own (the contract says which), so that
//! recorded trajectories carry over; a parameter that is not served yet is refused by name, never ignored.
//!
//! A tool is one of three kinds, and the kind decides what happens to a call that a crash cut off: one that *reads* is run
//! again; one that changes *files* first plans every change with the hashes before and after, and the plan is completed
//! exactly; a *shell* command is never run again unasked.

mod arguments;
mod bash_exec;
mod capture;
mod definition;
mod delete_file;
mod diff;
mod edit;
mod glob;
mod grep;
mod list_dir;
mod live_text;
mod move_file;
mod multi_edit;
mod patch_file;
mod plan;
mod read_file;
mod write_file;

use std::path::Path;

use async_trait::async_trait;
use opensail_commands::ports::model::ToolSpec;
use opensail_commands::ports::project_files::{FileError, ProjectFiles};

pub use arguments::Arguments;
pub use bash_exec::{Shell, ShellCall, ShellResult};
pub use capture::{Captured, capped};
pub use definition::{Tool, Work};
pub use plan::{Change, Plan, PlanError};

/// All tools, in the order the model is told of them.
pub static TOOLS: [&Tool; 10] = [
    &read_file::TOOL,
    &write_file::TOOL,
    &patch_file::TOOL,
    &multi_edit::TOOL,
    &list_dir::TOOL,
    &glob::TOOL,
    &grep::TOOL,
    &delete_file::TOOL,
    &move_file::TOOL,
    &bash_exec::TOOL,
];

/// The tool of that name.
pub fn find(name: &str) -> Option<&'static Tool> {
    TOOLS.iter().copied().find(|tool| tool.name == name)
}

/// Every tool as a model is told of it.
pub fn specs() -> Vec<ToolSpec> {
    TOOLS.iter().map(|tool| tool.spec()).collect()
}

/// What a model that named an unknown tool is told.
pub fn unknown(name: &str) -> String {
    let names: Vec<&str> = TOOLS.iter().map(|tool| tool.name).collect();
    format!("there is no tool named {name:?}; the tools are: {}", names.join(", "))
}

/// The files a call works on.
#[derive(Clone, Copy)]
pub struct Project<'a> {
    pub files: &'a dyn ProjectFiles,
    pub root: &'a Path,
}

impl Project<'_> {
    /// A path as the model wrote it, relative to the project: an absolute one beneath the root and `./` are taken too.
    /// Whatever else is wrong with it the files themselves refuse.
    pub fn path(&self, written: &str) -> String {
        let beneath = match Path::new(written).strip_prefix(self.root) {
            Ok(rest) if Path::new(written).is_absolute() => rest.to_str().unwrap_or(written),
            _ => written,
        };
        if beneath.starts_with('/') {
            return beneath.into();
        }
        let parts: Vec<&str> = beneath.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        parts.join("/")
    }
}

/// A tool that only looks.
#[async_trait]
pub trait Reads: Sync {
    /// What the model is told; an error is told as well, as a failed call.
    async fn run(&self, project: Project<'_>, arguments: &Arguments) -> Result<String, String>;
}

/// A tool that changes files.
#[async_trait]
pub trait ChangesFiles: Sync {
    /// What it would do to the files as they are now. Nothing is changed.
    async fn plan(&self, project: Project<'_>, arguments: &Arguments) -> Result<Plan, String>;
}

/// A file error in words for the model.
pub(super) fn told(error: FileError) -> String {
    match error {
        FileError::NotFound(path) => format!("{path} does not exist; list_dir or glob show what does"),
        FileError::Forbidden { path, why } => format!("{path}: {why}; only paths inside the project may be used, relative to its root"),
        other => other.to_string(),
    }
}
