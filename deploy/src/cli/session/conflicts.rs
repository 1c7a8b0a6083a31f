//! Files that changed on both sides, as a person reads them who has to decide.

use serde_json::Value;

use crate::cli::CliError;
use crate::cli::client::ClientError;
use crate::cli::paint::{on_one_line, printable};

/// Lines of both sides that are shown of a text.
const LINES: usize = 12;

/// A refusal because of conflicts, with what each side has and what to add to the command; other errors as they are. `merge`: texts may be marked.
pub(super) fn how_to_decide(error: ClientError, merge: bool) -> CliError {
    let ClientError::Problem { conflicts, .. } = &error else { return error.into() };
    if conflicts.is_empty() {
        return error.into();
    }
    let mut told = format!("{error}");
    for conflict in conflicts {
        told.push_str(&format!("\n  {}: {}", on_one_line(conflict["path"].as_str().unwrap_or_default()), sides(conflict, merge)));
        let lines = conflict["marked"].as_str().map(between_markers).unwrap_or_default();
        lines.iter().take(LINES).for_each(|line| told.push_str(&format!("\n    {}", printable(line))));
        if lines.len() > LINES {
            told.push_str(&format!("\n    … {} more lines", lines.len() - LINES));
        }
    }
    told.push_str("\ndecide with --keep PATH (what is there stays) or --take PATH (it is overwritten; the answer says how it comes back)");
    if merge {
        told.push_str(" or --marked PATH (both, between markers)");
    }
    told.push_str("; for all others --on-conflict keep|take");
    told.push_str(if merge { "|marked" } else { "" });
    CliError::Failed(told)
}

fn sides(conflict: &Value, merge: bool) -> &'static str {
    match (conflict["ours"] == true, conflict["theirs"] == true, merge) {
        (true, true, true) => "changed there and in the fork, each in its own way",
        (true, true, false) => "changed since, and otherwise at that event",
        (true, false, true) => "changed there, removed in the fork",
        (true, false, false) => "changed since, and not there at that event",
        (false, true, true) => "removed there, changed in the fork",
        (false, true, false) => "removed since, and changed at that event",
        (false, false, _) => "removed on both sides",
    }
}

/// The lines of a marked text that are in question, markers included.
fn between_markers(text: &str) -> Vec<&str> {
    let mut inside = false;
    let keep = |line: &&str| {
        inside |= line.starts_with("<<<<<<<");
        let kept = inside;
        inside &= !line.starts_with(">>>>>>>");
        kept
    };
    text.lines().filter(keep).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(conflicts: Vec<Value>) -> ClientError {
        ClientError::Problem {
            status: 409,
            code: "files_conflict".into(),
            title: "Conflict".into(),
            detail: "files changed".into(),
            conflicts,
        }
    }

    #[test]
    fn a_conflict_tells_both_sides_and_how_to_decide() {
        let marked = "one\n<<<<<<< there\nmine\n=======\ntheirs\n>>>>>>> the fork\nlast\n";
        let conflict = json!({ "path": "a\n.txt", "ours": true, "theirs": true, "marked": marked });
        let told = how_to_decide(refused(vec![conflict.clone()]), true).to_string();
        assert!(told.contains("a␊.txt: changed there and in the fork"), "{told}");
        assert!(told.contains("    mine\n    =======\n    theirs") && !told.contains("one") && !told.contains("last"), "{told}");
        assert!(told.ends_with("--on-conflict keep|take|marked"), "{told}");
        let told = how_to_decide(refused(vec![conflict]), false).to_string();
        assert!(told.ends_with("--on-conflict keep|take") && !told.contains("--marked"), "{told}");
        assert_eq!(how_to_decide(refused(Vec::new()), true).to_string(), "Conflict: files changed");
    }
}
