//! Differences, writers of lines, and merges.

use super::super::*;
use super::world::*;

fn kinds(changes: &[Change]) -> Vec<(String, ChangeKind)> {
    changes.iter().map(|change| (String::from_utf8_lossy(&change.path).into_owned(), change.kind.clone())).collect()
}

#[test]
fn every_kind_of_change_is_named() {
    let mut world = World::new();
    for path in ["same", "modified", "mode", "type", "removed", "folder/moved"] {
        world.write(path, format!("the bytes of {path}"));
    }
    let before = world.take().name;
    world.write("modified", "otherwise");
    world.write("added", "new");
    std::fs::remove_file(world.at("removed")).expect("removed");
    std::fs::remove_file(world.at("type")).expect("removed");
    std::os::unix::fs::symlink("same", world.at("type")).expect("link");
    std::fs::set_permissions(world.at("mode"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("mode");
    std::fs::rename(world.at("folder"), world.at("elsewhere")).expect("renamed");
    std::fs::create_dir(world.at("empty")).expect("folder");
    let after = world.take().name;
    let changes = diff(&world.subject, &before, &after).expect("compared");
    let expected = [
        ("added", ChangeKind::Added),
        ("elsewhere/moved", ChangeKind::Renamed { from: b"folder/moved".to_vec() }),
        ("empty", ChangeKind::Added),
        ("mode", ChangeKind::Mode),
        ("modified", ChangeKind::Modified),
        ("removed", ChangeKind::Removed),
        ("type", ChangeKind::Type),
    ];
    assert_eq!(kinds(&changes), expected.map(|(path, kind)| (path.to_owned(), kind)));
    assert_eq!(diff(&world.subject, &after, &after), Ok(Vec::new()));
}

#[test]
fn lines_are_compared_and_what_is_no_text_is_said() {
    let Lines::Text(hunks) = line_diff(b"one\ntwo\nthree\n", b"one\n2\nthree", 1) else { panic!("text") };
    let line = |text: &str| text.as_bytes().to_vec();
    let lines = vec![
        LineChange::Same(line("one\n")),
        LineChange::Removed(line("two\n")),
        LineChange::Removed(line("three\n")),
        LineChange::Added(line("2\n")),
        LineChange::Added(line("three")),
    ];
    assert_eq!(hunks, [Hunk { old_start: 1, new_start: 1, lines }]);
    assert_eq!(line_diff(b"a\0", b"b", 3), Lines::Binary);
    assert_eq!(line_diff(b"a", b"a", 3), Lines::Text(Vec::new()));
}

#[test]
fn each_line_has_its_writer_also_through_a_rename() {
    let mut world = World::new();
    let mut snapshots = vec![world.take().name];
    for text in ["one\ntwo\n", "one\ntwo\nthree\n", "ONE\ntwo\nthree\n"] {
        world.write("file", text);
        snapshots.push(world.take().name);
    }
    std::fs::rename(world.at("file"), world.at("new name")).expect("renamed");
    snapshots.push(world.take().name);
    world.write("new name", "ONE\ntwo\nthree\nfour");
    snapshots.push(world.take().name);
    let Ok(Blame::Lines(written)) = blame(&world.subject, &snapshots, b"new name", 1000) else { panic!("a text") };
    let lines: Vec<_> = written.iter().map(|line| (String::from_utf8_lossy(&line.line).into_owned(), line.snapshot)).collect();
    assert_eq!(lines, [("ONE\n", 3), ("two\n", 1), ("three\n", 2), ("four", 5)].map(|(line, at)| (line.to_owned(), at)));
    world.write("folder/file", "text\n");
    std::os::unix::fs::symlink("new name", world.at("link")).expect("a link");
    snapshots.push(world.take().name);
    for (path, expected) in [("nowhere", Blame::Nothing), ("link", Blame::Link), ("folder", Blame::Folder), ("link/file", Blame::Nothing)] {
        assert_eq!(blame(&world.subject, &snapshots, path.as_bytes(), 1000), Ok(expected), "{path}");
    }
    // What has no lines is said; what had none before has them from when it became a text.
    world.write("new name", b"bin\0ary");
    snapshots.push(world.take().name);
    assert_eq!(blame(&world.subject, &snapshots, b"new name", 1000), Err(TreeError::NotText));
    world.write("beside", "left as it is\n");
    snapshots.push(world.take().name);
    assert_eq!(blame(&world.subject, &snapshots, b"new name", 1000), Err(TreeError::NotText));
    world.write("new name", "text\n");
    snapshots.push(world.take().name);
    let Ok(Blame::Lines(written)) = blame(&world.subject, &snapshots, b"new name", 1000) else { panic!("a text") };
    assert_eq!(written, [Written { line: b"text\n".to_vec(), snapshot: snapshots.len() - 1 }]);
    let too_large = TreeError::Store(crate::cas::CasError::TooLarge { size: 5 });
    assert_eq!(blame(&world.subject, &snapshots, b"new name", 4), Err(too_large));
}

#[test]
fn what_fits_is_merged_and_what_does_not_is_a_conflict() {
    let mut world = World::new();
    let text = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
    for path in ["text", "clash", "ours", "theirs", "gone/by-us", "changed-and-gone"] {
        world.write(path, text);
    }
    let base = world.take().name;
    world.write("text", text.replace("1\n", "one\n"));
    world.write("clash", text.replace("5\n", "ours\n"));
    world.write("ours", "ours");
    world.write("new/ours", "n");
    world.write("changed-and-gone", "changed");
    std::fs::remove_dir_all(world.at("gone")).expect("removed");
    let ours = world.take().name;
    world.restore(&base);
    world.write("text", text.replace("9\n", "nine\n"));
    world.write("clash", text.replace("5\n", "theirs\n"));
    world.write("theirs", "theirs");
    world.write("new/theirs", "n");
    std::fs::remove_file(world.at("changed-and-gone")).expect("removed");
    let theirs = world.take().name;
    let merged = merge(&world.subject, [&base, &ours, &theirs], Wish::LINES, &world.hold()).expect("merged");
    let read = |path: &str| file_at(&world.subject, &merged.snapshot, path.as_bytes(), 1000).expect("read");
    assert_eq!(read("text"), Some(text.replace("1\n", "one\n").replace("9\n", "nine\n").into_bytes()));
    for (path, expected) in
        [("ours", "ours"), ("theirs", "theirs"), ("new/ours", "n"), ("new/theirs", "n"), ("changed-and-gone", "changed")]
    {
        assert_eq!(read(path), Some(expected.as_bytes().to_vec()), "{path}");
    }
    assert_eq!(entry_at(&world.subject, &merged.snapshot, b"gone"), Ok(None));
    let paths: Vec<_> = merged.conflicts.iter().map(|conflict| conflict.path.as_slice()).collect();
    assert_eq!(paths, [b"changed-and-gone".as_slice(), b"clash"]);
    let marked = String::from_utf8(merged.conflicts[1].marked.clone().expect("marked")).expect("text");
    assert!(marked.contains("<<<<<<<") && marked.contains("ours\n") && marked.contains("theirs\n"), "{marked}");
    assert_eq!(Snapshot::load(&world.subject, &merged.snapshot).expect("loaded").files, 7);
    for (one, other, expected) in [(&base, &theirs, &theirs), (&ours, &base, &ours)] {
        let merged = merge(&world.subject, [&base, one, other], Wish::LINES, &world.hold()).expect("merged");
        assert_eq!(diff(&world.subject, &merged.snapshot, expected), Ok(Vec::new()));
        assert!(merged.conflicts.is_empty());
    }
}

#[test]
fn bits_that_each_changed_in_its_own_way_are_a_conflict() {
    use std::os::unix::fs::PermissionsExt;
    let mut world = World::new();
    let bits = |world: &World, paths: &[&str], mode| {
        for path in paths {
            std::fs::set_permissions(world.at(path), std::fs::Permissions::from_mode(mode)).expect("bits");
        }
    };
    for path in ["each", "each and text", "alike", "ours", "theirs"] {
        world.write(path, "1\n2\n3\n");
        bits(&world, &[path], 0o644);
    }
    let base = world.take().name;
    world.write("each and text", "one\n2\n3\n");
    bits(&world, &["each", "each and text", "ours"], 0o700);
    bits(&world, &["alike"], 0o755);
    let ours = world.take().name;
    world.restore(&base);
    world.write("each and text", "1\n2\nthree\n");
    bits(&world, &["each", "each and text", "alike", "theirs"], 0o755);
    let theirs = world.take().name;
    let merged = merge(&world.subject, [&base, &ours, &theirs], Wish::LINES, &world.hold()).expect("merged");
    assert_eq!(
        merged.conflicts.iter().map(|conflict| conflict.path.as_slice()).collect::<Vec<_>>(),
        [b"each".as_slice(), b"each and text"]
    );
    let mode = |path: &str| match entry_at(&world.subject, &merged.snapshot, path.as_bytes()) {
        Ok(Some(Item::File { mode, .. })) => mode,
        other => panic!("{path}: {other:?}"),
    };
    assert_eq!(["alike", "ours", "theirs"].map(mode), [0o755, 0o700, 0o755]);
    let choose = |_: &[u8]| Some(Choice::Theirs);
    let merged = merge(&world.subject, [&base, &ours, &theirs], Wish { choose: &choose, ..Wish::LINES }, &world.hold()).expect("merged");
    let decided = entry_at(&world.subject, &merged.snapshot, b"each");
    assert!(matches!(decided, Ok(Some(Item::File { mode: 0o755, .. }))), "{decided:?}");
}

#[test]
fn conflicts_are_decided_path_by_path() {
    let mut world = World::new();
    for name in ["kept", "taken", "marked", "neither", "gone", "told"] {
        world.write(name, "one\n");
    }
    let base = world.take().name;
    for name in ["kept", "taken", "marked", "neither", "told"] {
        world.write(name, "ours\n");
    }
    std::fs::remove_file(world.at("gone")).expect("removed");
    let ours = world.take().name;
    for name in ["kept", "taken", "marked", "neither", "gone", "told"] {
        world.write(name, "theirs, longer\n");
    }
    let theirs = world.take().name;
    let choose = |path: &[u8]| match path {
        b"kept" | b"gone" => Some(Choice::Ours),
        b"taken" => Some(Choice::Theirs),
        b"marked" => Some(Choice::Marked),
        b"neither" => Some(Choice::Neither),
        _ => None,
    };
    let merged = merge(&world.subject, [&base, &ours, &theirs], Wish { choose: &choose, ..Wish::LINES }, &world.hold()).expect("merged");
    let text = |name: &str| {
        file_at(&world.subject, &merged.snapshot, name.as_bytes(), 100).expect("read").map(|bytes| String::from_utf8(bytes).expect("text"))
    };
    assert_eq!((text("kept").as_deref(), text("taken").as_deref(), text("gone")), (Some("ours\n"), Some("theirs, longer\n"), None));
    assert!(text("marked").expect("there").contains("<<<<<<<"));
    assert_eq!(merged.conflicts.iter().map(|conflict| conflict.path.as_slice()).collect::<Vec<_>>(), [b"told"]);
    assert_eq!(text("neither"), None);
    assert_eq!(merged.decided.len(), 5);
    // By whole files, a change of other lines is a conflict too.
    world.write("a", "1\n2\n3\n");
    let base = world.take().name;
    world.write("a", "one\n2\n3\n");
    let ours = world.take().name;
    world.write("a", "1\n2\nthree\n");
    let theirs = world.take().name;
    let whole = Wish { lines: false, ..Wish::LINES };
    assert_eq!(merge(&world.subject, [&base, &ours, &theirs], whole, &world.hold()).expect("merged").conflicts.len(), 1);
    assert_eq!(merge(&world.subject, [&base, &ours, &theirs], Wish::LINES, &world.hold()).expect("merged").conflicts, []);
}
