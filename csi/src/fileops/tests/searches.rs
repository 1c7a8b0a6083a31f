use std::time::{Duration, SystemTime};

use super::*;

fn found(world: &World, query: &GrepQuery) -> Vec<(String, u64, String, bool)> {
    let lines = grep(&world.root, query, &Cancel::default()).expect("grep").lines;
    lines.into_iter().map(|line| (line.path, line.number, line.text, line.matched)).collect()
}

fn globbed(world: &World, path: &str, pattern: &str) -> Vec<String> {
    let query = GlobQuery { path: path.into(), pattern: pattern.into(), limit: 99, hidden: false };
    let mut paths = glob(&world.root, &query, &Cancel::default()).expect("glob").paths;
    paths.sort();
    paths
}

#[test]
fn globs_find_names_anywhere_and_paths_where_they_are() {
    let world = world();
    for path in ["a.rs", "src/b.rs", "src/deep/c.rs", "src/d.toml", ".hidden/e.rs"] {
        world.file(path, "x");
    }
    world.link("link.rs", "../neighbour/secret");
    assert_eq!(globbed(&world, "", "*.rs"), ["a.rs", "link.rs", "src/b.rs", "src/deep/c.rs"]);
    assert_eq!(globbed(&world, "", "src/*.{rs,toml}"), ["src/b.rs", "src/d.toml"]);
    assert_eq!(globbed(&world, "src", "deep/*"), ["src/deep/c.rs"]);
    assert_eq!(globbed(&world, "src", "**/*.rs"), ["src/b.rs", "src/deep/c.rs"]);
}

#[test]
fn the_newest_come_first_and_the_limit_keeps_them() {
    let world = world();
    for (age, name) in ["newest", "middle", "oldest"].iter().enumerate() {
        let path = world.file(name, "x");
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 - age as u64);
        std::fs::File::open(path).expect("open").set_modified(time).expect("mtime");
    }
    let query = GlobQuery { pattern: "*".into(), limit: 2, ..Default::default() };
    let paths = glob(&world.root, &query, &Cancel::default()).expect("glob");
    assert_eq!(paths, Paths { paths: vec!["newest".into(), "middle".into()], truncated: true });
}

#[test]
fn what_the_project_ignores_is_left_out_unless_asked_for() {
    let world = world();
    world.file(".gitignore", "/target/\n*.log\n!keep.log\n");
    world.file(".git/info/exclude", "private\n");
    world.file("sub/.gitignore", "*.tmp\n!/special.log\n");
    for path in ["target/a", "x.log", "keep.log", "private", "sub/b.tmp", "sub/special.log", "sub/y.log", "c.tmp", "sub/target/d"] {
        world.file(path, "needle");
    }
    let seen = ["c.tmp", "keep.log", "sub/special.log", "sub/target/d"];
    assert_eq!(globbed(&world, "", "**/*"), seen);
    assert_eq!(globbed(&world, "sub", "**"), ["sub/special.log", "sub/target/d"]);
    assert_eq!(globbed(&world, "target", "*"), ["target/a"]);
    let query = GrepQuery { pattern: "needle".into(), limit: 99, ..Default::default() };
    let mut paths: Vec<_> = found(&world, &query).into_iter().map(|line| line.0).collect();
    paths.sort();
    assert_eq!(paths, seen);
    assert_eq!(found(&world, &GrepQuery { path: "x.log".into(), ..query }).len(), 1);
}

#[test]
fn lines_come_with_numbers_and_context() {
    let world = world();
    world.file("a.txt", "one\r\ntwo\nthree\nfour\nfive\n");
    world.file("b.rs", "Three");
    let query = GrepQuery { pattern: "^three$".into(), before: 1, after: 1, ignore_case: true, limit: 99, ..Default::default() };
    let expected = [("a.txt", 2, "two", false), ("a.txt", 3, "three", true), ("a.txt", 4, "four", false), ("b.rs", 1, "Three", true)];
    let expected = expected.map(|(path, number, text, matched)| (path.to_owned(), number, text.to_owned(), matched));
    assert_eq!(found(&world, &query), expected);
    assert_eq!(found(&world, &GrepQuery { glob: Some("*.rs".into()), ..query.clone() }), expected[3..]);
    let query = GrepQuery { pattern: "one.*three".into(), multiline: true, limit: 99, ..Default::default() };
    assert_eq!(found(&world, &query).iter().map(|line| line.2.as_str()).collect::<Vec<_>>(), ["one", "two", "three"]);
}

#[test]
fn the_limit_counts_lines_over_all_files() {
    let world = world();
    world.file("a", "x\nx\n");
    world.file("b", "x\nx\n");
    let search = |limit| grep(&world.root, &GrepQuery { pattern: "x".into(), limit, ..Default::default() }, &Cancel::default());
    let (three, four) = (search(3).expect("grep"), search(4).expect("grep"));
    assert_eq!((three.lines.len(), three.truncated), (3, true));
    assert_eq!((four.lines.len(), four.truncated), (4, false));
}

#[test]
fn binary_files_are_passed_over_and_long_lines_cut() {
    let world = world();
    world.file("binary", "needle\n\0needle\n");
    let late = "needle\n".repeat(50_000) + "\0";
    world.file("binary-at-the-end", &late);
    world.file("long", &format!("needle{}", "ü".repeat(5000)));
    let lines = found(&world, &GrepQuery { pattern: "needle".into(), limit: 99_999, ..Default::default() });
    assert_eq!(lines.len(), 1);
    assert_eq!((lines[0].0.as_str(), lines[0].2.chars().count()), ("long", 2000));
}

#[test]
fn a_hostile_pattern_is_bounded() {
    let world = world();
    world.file("a", &"a".repeat(100_000));
    let search =
        |pattern: &str| grep(&world.root, &GrepQuery { pattern: pattern.into(), limit: 9, ..Default::default() }, &Cancel::default());
    for pattern in ["", "(", "((a{1000}){1000}){1000}", "a\\nb", &"a".repeat(5000), &"(".repeat(2000)] {
        invalid(search(pattern));
    }
    // Exponential for an engine that backtracks.
    assert_eq!(search("(a*)*(a|a)*(a+)+b").expect("linear").lines, []);
}
