//! `glob`: files by the pattern of their path.

use async_trait::async_trait;

use super::definition::{Kind, Later, Tool, Work, needed, optional};
use super::{Arguments, Project, Reads, told};

const DEFAULT_LIMIT: usize = 100;

pub(super) static TOOL: Tool = Tool {
    name: "glob",
    about: "Find files whose path matches a pattern such as \"**/*.rs\". What .gitignore names is left out.",
    parameters: &[
        needed("pattern", Kind::Text, "Glob pattern; ** stands for any folders."),
        optional("path", Kind::Text, "Folder to look in. Default: the project's root."),
        optional("limit", Kind::Number { min: 1, max: 1000 }, "Most paths to show. Default 100."),
        optional("include_hidden", Kind::Flag, "Look at names that begin with a dot. Default false."),
        optional("sort", Kind::Choice(&["mtime", "path"]), "Newest first, or by path. Default mtime."),
    ],
    later: &[Later {
        name: "recursive",
        harmless: Some("true"),
        instead: "write ** in the pattern to look into folders, or leave it out to stay in one",
    }],
    work: Work::Reads(&Glob),
};

struct Glob;

#[async_trait]
impl Reads for Glob {
    async fn run(&self, project: Project<'_>, arguments: &Arguments) -> Result<String, String> {
        let path = project.path(arguments.text("path"));
        let limit = arguments.count("limit", DEFAULT_LIMIT);
        let found = project.files.glob(project.root, &path, arguments.text("pattern"), limit, arguments.flag("include_hidden")).await;
        let (mut paths, more) = found.map_err(told)?;
        if paths.is_empty() {
            return Ok("No file matches.".into());
        }
        if arguments.optional_text("sort") == Some("path") {
            paths.sort_unstable();
        }
        let note = if more { format!("\n[more than {limit} files match; narrow the pattern or raise limit]") } else { String::new() };
        Ok(paths.join("\n") + &note)
    }
}
