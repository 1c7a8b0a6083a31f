//! Search and replace in a text, with complaints that say what to look at.

use bytes::Bytes;
use opensail_commands::ports::project_files::MAX_FILE_BYTES;

use super::{Arguments, Change, Plan, Project, told};

/// One replacement.
#[derive(Clone, Copy)]
pub(super) struct Edit<'a> {
    pub old: &'a str,
    pub new: &'a str,
    pub expected: usize,
    pub any_number: bool,
}

impl<'a> Edit<'a> {
    pub(super) fn of(arguments: &'a Arguments) -> Self {
        Edit {
            old: arguments.text("old_str"),
            new: arguments.text("new_str"),
            expected: arguments.count("expected_occurrence", 1),
            any_number: arguments.flag("allow_multiple"),
        }
    }
}

/// The plan that makes these replacements in one existing file.
pub(super) async fn edited(project: Project<'_>, path: &str, edits: &[Edit<'_>]) -> Result<Plan, String> {
    let path = project.path(path);
    let file = project.files.read(project.root, &path).await.map_err(told)?;
    let file = file.ok_or_else(|| format!("{path} does not exist; write_file makes a new file"))?;
    let Ok(text) = std::str::from_utf8(&file.bytes) else {
        return Err(format!("{path} is no text, so text in it cannot be replaced"));
    };
    let mut text = text.to_owned();
    for (index, edit) in edits.iter().enumerate() {
        let which = if edits.len() > 1 { format!("edit {}: ", index + 1) } else { String::new() };
        let none = if edits.len() > 1 { "; none of the edits was made" } else { "" };
        text = replaced(&path, &text, edit).map_err(|why| format!("{which}{why}{none}"))?;
        check_size(&path, text.len())?;
    }
    Ok(Plan { changes: vec![Change::new(path, Some(&file), Some(Bytes::from(text)))] })
}

/// Refuses a content that is larger than the files serve.
pub(super) fn check_size(path: &str, bytes: usize) -> Result<(), String> {
    if bytes > MAX_FILE_BYTES {
        return Err(format!("{path} would have {bytes} bytes; at most {MAX_FILE_BYTES} are allowed"));
    }
    Ok(())
}

fn replaced(path: &str, text: &str, edit: &Edit<'_>) -> Result<String, String> {
    if edit.old.is_empty() {
        return Err("old_str is empty; copy the text that is to be replaced".into());
    }
    if edit.old == edit.new {
        return Err("old_str and new_str are the same".into());
    }
    // A model writes \n; a file of the other kind keeps its line ends.
    let (old, new) = if text.contains("\r\n") && !edit.old.contains('\r') {
        (edit.old.replace('\n', "\r\n"), edit.new.replace("\r\n", "\n").replace('\n', "\r\n"))
    } else {
        (edit.old.to_owned(), edit.new.to_owned())
    };
    let found: Vec<usize> = text.match_indices(old.as_str()).map(|(at, _)| at).collect();
    if found.is_empty() {
        return Err(not_found(path, text, edit.old));
    }
    if !edit.any_number && found.len() != edit.expected {
        let lines: Vec<String> = found.iter().take(20).map(|at| line_of(text, *at).to_string()).collect();
        return Err(format!(
            "old_str occurs {} times in {path} (lines {}), not {}; add lines around it, or set expected_occurrence or allow_multiple",
            found.len(),
            lines.join(", "),
            edit.expected
        ));
    }
    Ok(text.replace(old.as_str(), &new))
}

fn not_found(path: &str, text: &str, old: &str) -> String {
    let wanted: Vec<&str> = old.lines().map(str::trim).collect();
    let lines: Vec<&str> = text.lines().collect();
    let alike = lines.windows(wanted.len().max(1)).position(|window| window.iter().map(|line| line.trim()).eq(wanted.iter().copied()));
    match alike {
        Some(at) => format!(
            "old_str was not found in {path}; lines {} to {} differ from it only in blanks:\n{}",
            at + 1,
            at + wanted.len(),
            lines[at..at + wanted.len()].join("\n")
        ),
        None => format!("old_str was not found in {path}; read the file and copy the text exactly"),
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}
