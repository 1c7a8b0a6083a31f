//! `read_file`: a file's lines, numbered.

use async_trait::async_trait;

use super::definition::{Kind, Tool, Work, needed};
use super::{Arguments, Project, Reads, told};

pub(super) static TOOL: Tool = Tool {
    name: "read_file",
    about: "Read a text file of the project. Each line is shown as its number, a tab and the line; the number and the tab are not part of the file.",
    parameters: &[needed("file_path", Kind::Text, "Path relative to the project's root.")],
    later: &[],
    work: Work::Reads(&ReadFile),
};

struct ReadFile;

#[async_trait]
impl Reads for ReadFile {
    async fn run(&self, project: Project<'_>, arguments: &Arguments) -> Result<String, String> {
        let path = project.path(arguments.text("file_path"));
        let file = project.files.read(project.root, &path).await.map_err(told)?;
        let file = file.ok_or_else(|| format!("{path} does not exist; list_dir or glob show what does"))?;
        let Ok(text) = std::str::from_utf8(&file.bytes) else {
            return Err(format!(
                "{path} is no text (binary, {} bytes); bash_exec can look into it, e.g. with `file` or `od`",
                file.bytes.len()
            ));
        };
        if text.is_empty() {
            return Ok(format!("{path} is empty."));
        }
        Ok(numbered(text))
    }
}

fn numbered(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for (index, line) in text.lines().enumerate() {
        out.push_str(&format!("{:>6}\t{line}\n", index + 1));
    }
    out
}
