//! What the model is told before the conversation.

use std::path::Path;

use opensail_commands::ports::project_files::ProjectFiles;
use opensail_domain::agent_session::event::EditMode;

/// The project's own instructions, the first that is there.
const INSTRUCTIONS: [&str; 2] = ["TESSLATE.md", "AGENTS.md"];
/// Most of them that is told, in bytes.
const MAX_INSTRUCTIONS: usize = 32 * 1024;

const WHO: &str = "\
You are OpenSail's agent. You work on a software project through tools, for a team that sees every step you take.

How to work:
- Look before you change: find files with list_dir, glob and grep, and read_file before you edit.
- Paths are relative to the project's root. Nothing outside it can be reached.
- Change part of a file with patch_file or multi_edit, a whole file with write_file. old_str must be copied exactly, without the line numbers that read_file shows.
- bash_exec runs in a sandbox without network, with the project as the only folder that can be written. Nothing it starts outlives the command.
- After a change, run the project's tests or the program itself where there is a way to.
- A result that says \"interrupted\" means that the server stopped while the command ran: check what it did before you repeat it.
- A denied call was refused by a person or a rule: do not try it again in another guise; say what you would need.
- When the task is done, answer in a few plain sentences without calling a tool: what you did, what you checked, what is left.";

const PLAN_ONLY: &str = "\
This session plans only: reading is allowed, every tool with effects (bash_exec too) is refused. Answer with the plan.";

/// The whole of it; the same for every turn as long as the project's instructions do not change.
pub(super) async fn system(files: &dyn ProjectFiles, root: &Path, mode: EditMode) -> String {
    let mut text = WHO.to_owned();
    if mode == EditMode::Plan {
        text.push_str("\n\n");
        text.push_str(PLAN_ONLY);
    }
    for name in INSTRUCTIONS {
        // Instructions that cannot be read are as absent: they are a help, not a rule of ours.
        if let Ok(Some(file)) = files.read(root, name).await {
            let told = String::from_utf8_lossy(&file.bytes[..file.bytes.len().min(MAX_INSTRUCTIONS)]);
            text.push_str(&format!("\n\nThe project's {name}:\n\n{told}"));
            break;
        }
    }
    text
}
