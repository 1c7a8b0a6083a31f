//! What people decided of conflicts must fit the conflicts there are: what decides nothing is a slip, and doing the rest would hide it.

use crate::CommandError;
use crate::ports::snapshots::{Choice, Choices, Merge};

/// Texts are merged by line only where a fork comes back.
pub(super) fn without_markers(choices: &Choices) -> Result<(), CommandError> {
    let why = "marked is for merges; an undo takes a file whole: keep or take it";
    if choices.rest == Some(Choice::Marked) {
        return Err(CommandError::invalid("/on_conflict", "marked_in_undo", why));
    }
    match choices.paths.iter().find(|(_, choice)| **choice == Choice::Marked) {
        Some((path, _)) => Err(CommandError::invalid("/decisions", "marked_in_undo", format!("{path}: {why}"))),
        None => Ok(()),
    }
}

/// Every decision is of a conflict, and every conflict is decided.
pub(super) fn settled(merge: Merge, choices: &Choices) -> Result<Merge, CommandError> {
    let open = |path: &str| merge.conflicts.iter().any(|conflict| conflict.path == path);
    let idle: Vec<&str> = choices
        .paths
        .keys()
        .map(String::as_str)
        .filter(|path| !open(path) && !merge.decided.iter().any(|decided| decided == path))
        .collect();
    if !idle.is_empty() {
        let why = format!("nothing is to be decided of {}: no two sides changed it", idle.join(", "));
        return Err(CommandError::invalid("/decisions", "no_such_conflict", why));
    }
    if merge.conflicts.is_empty() { Ok(merge) } else { Err(CommandError::FilesConflict { conflicts: merge.conflicts }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::snapshots::{FileConflict, Held};

    fn merge(conflicts: &[&str], decided: &[&str]) -> Merge {
        let conflict = |path: &&str| FileConflict { path: (*path).into(), ours: true, theirs: true, marked: None };
        Merge {
            snapshot: "s".into(),
            conflicts: conflicts.iter().map(conflict).collect(),
            decided: decided.iter().map(|path| (*path).into()).collect(),
            held: Held::new(()),
        }
    }
    fn choices(paths: &[&str], rest: Option<Choice>) -> Choices {
        Choices { paths: paths.iter().map(|path| ((*path).to_owned(), Choice::Keep)).collect(), rest }
    }
    fn said(result: Result<Merge, CommandError>) -> String {
        result.err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_decision_that_decides_nothing_is_named() {
        assert_eq!(said(settled(merge(&[], &["a"]), &choices(&["a"], None))), "");
        assert!(said(settled(merge(&["b"], &["a"]), &choices(&["a", "c", "d"], None))).contains("of c, d:"));
        assert!(said(settled(merge(&["b"], &["a"]), &choices(&["a"], None))).contains("on both sides: 1"));
        // One that does not help, as of a file that is no text, is a conflict still.
        assert!(said(settled(merge(&["a"], &[]), &choices(&["a"], None))).contains("on both sides: 1"));
        assert_eq!(said(settled(merge(&[], &["a"]), &choices(&[], Some(Choice::Take)))), "");
    }

    #[test]
    fn an_undo_takes_no_markers() {
        assert!(without_markers(&choices(&["a"], Some(Choice::Take))).is_ok());
        assert!(without_markers(&choices(&[], Some(Choice::Marked))).is_err());
        let marked = Choices { paths: [("a".to_owned(), Choice::Marked)].into(), rest: None };
        assert!(without_markers(&marked).is_err());
    }
}
