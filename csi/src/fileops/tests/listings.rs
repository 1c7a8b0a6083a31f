use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::*;

fn listed(world: &World, query: &TreeQuery) -> (Vec<String>, bool) {
    let tree = tree(&world.root, query, &Cancel::default()).expect("tree");
    (tree.items.into_iter().map(|item| item.path).collect(), tree.truncated)
}

#[test]
fn a_tree_is_sorted_and_stops_at_depth_and_limit() {
    let world = world();
    for path in ["b/two/three/four", "a.txt", "a/x", ".hidden/y", "b.txt"] {
        world.file(path, "x");
    }
    let query = TreeQuery { depth: 2, limit: 100, ..Default::default() };
    assert_eq!(listed(&world, &query), (vec!["a", "a/x", "a.txt", "b", "b/two", "b.txt"].into_iter().map(String::from).collect(), false));
    let (shallow, truncated) = listed(&world, &TreeQuery { limit: 4, depth: 9, ..Default::default() });
    assert_eq!((shallow, truncated), (vec!["a".into(), "a.txt".into(), "b".into(), "b.txt".into()], true));
    let (beneath, _) = listed(&world, &TreeQuery { path: "b/".into(), depth: 9, limit: 9, ..Default::default() });
    assert_eq!(beneath, ["b/two", "b/two/three", "b/two/three/four"]);
    let (hidden, _) = listed(&world, &TreeQuery { hidden: true, limit: 9, ..Default::default() });
    assert_eq!(hidden, [".hidden", "a", "a.txt", "b", "b.txt"]);
    assert!(matches!(
        tree(&world.root, &TreeQuery { path: "no".into(), ..query.clone() }, &Cancel::default()),
        Err(FileError::NotFound(_))
    ));
    assert!(invalid(tree(&world.root, &TreeQuery { path: "a.txt".into(), ..query }, &Cancel::default())).contains("not a folder"));
}

#[test]
fn links_are_shown_with_their_target_and_not_followed() {
    let world = world();
    world.file("a/b", "x");
    world.link("in", "a");
    world.link("out", "../neighbour");
    world.link("circle", ".");
    let tree = tree(&world.root, &TreeQuery { depth: 9, limit: 99, ..Default::default() }, &Cancel::default()).expect("tree");
    let shown: Vec<_> = tree.items.iter().map(|item| (item.path.as_str(), item.link_target.as_deref())).collect();
    assert_eq!(shown, [("a", None), ("a/b", None), ("circle", Some(".")), ("in", Some("a")), ("out", Some("../neighbour"))]);
}

#[test]
fn odd_names_are_listed_and_what_is_told_of_them_is_understood() {
    let world = world();
    for name in ["with space", "new\nline", "-rf", "ü", "'\"$(x)"] {
        world.file(name, "x");
        assert_eq!(read(&world.root, name).expect(name).expect(name).bytes, "x");
    }
    let raw = world.path("").join(OsStr::from_bytes(b"bad\xff"));
    std::fs::create_dir(&raw).expect("mkdir");
    std::fs::write(raw.join("inner.rs"), "needle").expect("write");
    let (paths, _) = listed(&world, &TreeQuery { depth: 2, limit: 99, ..Default::default() });
    assert!(paths.contains(&"bad\\xff".to_owned()) && paths.contains(&"bad\\xff/inner.rs".to_owned()), "{paths:?}");
    assert_eq!(paths.len(), 7);
    assert_eq!(read(&world.root, "bad\\xff/inner.rs").expect("read").expect("a file").bytes, "needle");
    let (within, _) = listed(&world, &TreeQuery { path: "bad\\xff".into(), limit: 99, ..Default::default() });
    assert_eq!(within, ["bad\\xff/inner.rs"]);
    let query = GrepQuery { pattern: "needle".into(), limit: 9, ..Default::default() };
    let found = grep(&world.root, &query, &Cancel::default()).expect("grep").lines;
    assert_eq!(found.iter().map(|line| line.path.as_str()).collect::<Vec<_>>(), ["bad\\xff/inner.rs"]);
}

#[test]
fn git_and_files_being_written_are_kept_out_of_sight() {
    let world = world();
    world.file(".git/config", "x");
    world.file(".opensail-0123456789abcdef.tmp", "half");
    let query = TreeQuery { depth: 9, limit: 9, hidden: true, ..Default::default() };
    assert_eq!(listed(&world, &query).0, [".git"]);
    assert_eq!(listed(&world, &TreeQuery { path: ".git".into(), ..query }).0, [".git/config"]);
}

#[test]
fn a_walk_that_nobody_waits_for_stops() {
    let world = world();
    world.file("a", "x");
    let cancel = Cancel::default();
    drop(cancel.on_drop());
    let found = tree(&world.root, &TreeQuery { limit: 9, ..Default::default() }, &cancel).expect("tree");
    assert_eq!(found, Tree { items: vec![], truncated: true });
}
