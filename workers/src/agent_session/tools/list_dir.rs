//! `list_dir`: what lies in a folder.

use async_trait::async_trait;
use opensail_commands::ports::project_files::{EntryKind, TreeEntry};

use super::definition::{Kind, Tool, Work, needed, optional};
use super::{Arguments, Project, Reads, told};

const MAX_ENTRIES: usize = 1000;
const DEFAULT_ENTRIES: usize = 200;

pub(super) static TOOL: Tool = Tool {
    name: "list_dir",
    about: "List a folder of the project: one entry per line, folders with a slash at the end, files with their size.",
    parameters: &[
        needed("dir_path", Kind::Text, "Folder relative to the project's root; \".\" is the root."),
        optional("offset", Kind::Number { min: 0, max: 1_000_000 }, "Entries to skip. Default 0."),
        optional("limit", Kind::Number { min: 1, max: MAX_ENTRIES as u64 }, "Most entries to show. Default 200."),
        optional("depth", Kind::Number { min: 1, max: 10 }, "Levels of folders to show. Default 1."),
        optional("include_hidden", Kind::Flag, "Show names that begin with a dot. Default false."),
    ],
    later: &[],
    work: Work::Reads(&ListDir),
};

struct ListDir;

#[async_trait]
impl Reads for ListDir {
    async fn run(&self, project: Project<'_>, arguments: &Arguments) -> Result<String, String> {
        let path = project.path(arguments.text("dir_path"));
        let (offset, limit) = (arguments.count("offset", 0), arguments.count("limit", DEFAULT_ENTRIES));
        let depth = u32::try_from(arguments.number("depth").unwrap_or(1)).unwrap_or(u32::MAX);
        let hidden = arguments.flag("include_hidden");
        // One more than asked for tells whether there is more.
        let tree = project.files.tree(project.root, &path, depth, offset + limit + 1, hidden).await.map_err(told)?;
        let shown: Vec<String> = tree.entries.iter().skip(offset).take(limit).map(entry).collect();
        if shown.is_empty() {
            return Ok(if offset > 0 { format!("No entries after the first {offset}.") } else { "The folder is empty.".into() });
        }
        let more = tree.truncated || tree.entries.len() > offset + limit;
        let note = if more { format!("\n[more entries follow; go on with offset {}]", offset + limit) } else { String::new() };
        Ok(shown.join("\n") + &note)
    }
}

fn entry(entry: &TreeEntry) -> String {
    let path = &entry.path;
    match entry.kind {
        EntryKind::Folder => format!("{path}/"),
        EntryKind::File => format!("{path}  {} bytes", entry.size),
        EntryKind::Link => format!("{path} -> {}", entry.link_target.as_deref().unwrap_or("?")),
        EntryKind::Other => format!("{path}  (no ordinary file)"),
    }
}
