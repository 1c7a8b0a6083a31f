use super::*;

use opensail_commands::ports::project_files::EntryKind;

#[tokio::test]
async fn the_port_is_served_beneath_a_root() {
    let folder = tempfile::tempdir().expect("tempdir");
    let files = ServedProjectFiles::in_process();
    let root = files.canonical_root(folder.path()).await.expect("canonical").join("project");
    files.create_root(&root).await.expect("made");
    let change = |path: &str, after: Option<&str>, before: Option<String>| FileChange {
        path: path.into(),
        before,
        after: after.map(|text| text.to_owned().into()),
        mode: None,
    };
    let make = change("src/a.rs", Some("fn main() {}\n"), None);
    assert_eq!(files.apply(&root, make.clone()).await, Ok(Applied::Done));
    assert_eq!(files.apply(&root, make).await, Ok(Applied::Already));
    let file = files.read(&root, "src/a.rs").await.expect("read").expect("there");
    assert_eq!((&file.bytes[..], file.mode), (&b"fn main() {}\n"[..], 0o644));
    let conflict = files.apply(&root, change("src/a.rs", Some("x"), None)).await;
    assert_eq!(conflict, Ok(Applied::Conflict { actual: Some(file.hash.clone()) }));

    let tree = files.tree(&root, "", 2, 10, false).await.expect("tree");
    let shown: Vec<_> = tree.entries.iter().map(|entry| (entry.path.as_str(), entry.kind)).collect();
    assert_eq!(shown, [("src", EntryKind::Folder), ("src/a.rs", EntryKind::File)]);
    assert_eq!(files.glob(&root, "", "*.rs", 10, false).await, Ok((vec!["src/a.rs".into()], false)));
    let query = GrepQuery { pattern: "main".into(), limit: 10, ..GrepQuery::default() };
    assert_eq!(files.grep(&root, query).await.expect("grep").0[0].number, 1);

    assert_eq!(files.apply(&root, change("src/a.rs", None, Some(file.hash))).await, Ok(Applied::Done));
    assert_eq!(files.read(&root, "src/a.rs").await, Ok(None));
    files.remove_root(&root).await.expect("removed");
    assert!(!root.exists());
}

#[tokio::test]
async fn refusals_keep_their_kind() {
    let folder = tempfile::tempdir().expect("tempdir");
    let files = ServedProjectFiles::in_process();
    let root = files.canonical_root(folder.path()).await.expect("canonical");
    assert!(matches!(files.read(&root, "../x").await, Err(FileError::Forbidden { path, .. }) if path == "../x"));
    assert!(matches!(files.tree(&root, "no", 1, 1, false).await, Err(FileError::NotFound(path)) if path == "no"));
    assert!(matches!(files.glob(&root, "", "[", 1, false).await, Err(FileError::Invalid { .. })));
    let git = FileChange { path: ".git/hooks/x".into(), before: None, after: Some("x".into()), mode: None };
    assert!(matches!(files.apply(&root, git).await, Err(FileError::Forbidden { .. })));
}
