use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;

use super::*;

fn mode_of(world: &World, path: &str) -> u32 {
    std::fs::metadata(world.path(path)).expect("metadata").permissions().mode() & 0o7777
}

#[test]
fn a_file_is_made_changed_and_deleted_and_each_step_may_be_repeated() {
    let world = world();
    for expected in [Applied::Done, Applied::Already] {
        assert_eq!(world.write("a/b/c.txt", None, "one"), Ok(expected));
    }
    for expected in [Applied::Done, Applied::Already] {
        assert_eq!(world.write("a/b/c.txt", Some("one"), "two"), Ok(expected));
    }
    let file = read(&world.root, "a/b/c.txt").expect("read").expect("there");
    assert_eq!((&file.bytes[..], file.hash, file.mode), (&b"two"[..], hash(b"two"), 0o644));
    for expected in [Applied::Done, Applied::Already] {
        assert_eq!(world.delete("a/b/c.txt", Some("two")), Ok(expected));
    }
    assert_eq!(read(&world.root, "a/b/c.txt"), Ok(None));
    assert_eq!(world.delete("never/there", Some("x")), Ok(Applied::Already));
}

#[test]
fn a_file_that_is_neither_before_nor_after_is_left_alone() {
    let world = world();
    world.file("a", "theirs");
    let theirs = || Ok(Applied::Conflict { actual: Some(hash(b"theirs")) });
    assert_eq!(world.write("a", None, "mine"), theirs());
    assert_eq!(world.write("a", Some("old"), "mine"), theirs());
    assert_eq!(world.delete("a", Some("old")), theirs());
    assert_eq!(world.delete("a", None), theirs());
    assert_eq!(world.write("gone", Some("old"), "mine"), Ok(Applied::Conflict { actual: None }));
    assert_eq!(world.write("no/folder", Some("old"), "mine"), Ok(Applied::Conflict { actual: None }));
    assert_eq!(world.everything(), ["a"]);
    assert_eq!(world.content("a").as_deref(), Some("theirs"));
}

#[test]
fn modes_are_kept_set_and_never_more_than_permissions() {
    let world = world();
    let path = world.file("run.sh", "one");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o4750)).expect("chmod");
    assert_eq!(world.write("run.sh", Some("one"), "two"), Ok(Applied::Done));
    assert_eq!(mode_of(&world, "run.sh"), 0o750);
    let chmod = Change { mode: Some(0o6755), ..change("run.sh", Some("two"), Some("two")) };
    assert_eq!(apply(&world.root, &chmod), Ok(Applied::Done));
    assert_eq!(mode_of(&world, "run.sh"), 0o755);
    assert_eq!(apply(&world.root, &chmod), Ok(Applied::Already));
}

#[test]
fn another_hard_link_keeps_the_old_content() {
    let world = world();
    let a = world.file("a", "one");
    std::fs::hard_link(&a, world.path("b")).expect("link");
    assert_eq!(world.write("a", Some("one"), "two"), Ok(Applied::Done));
    assert_eq!((world.content("a").as_deref(), world.content("b").as_deref()), (Some("two"), Some("one")));
    assert_eq!(std::fs::metadata(world.path("b")).expect("metadata").nlink(), 1);
}

#[test]
fn folders_and_reserved_names_are_not_files() {
    let world = world();
    world.file("folder/a", "x");
    assert!(invalid(world.write("folder", None, "x")).contains("folder"));
    assert!(invalid(world.delete("folder", None)).contains("folder"));
    assert!(invalid(read(&world.root, "folder")).contains("folder"));
    invalid(world.write("folder/a/b", None, "x"));
    assert_eq!(read(&world.root, "folder/a/b"), Ok(None));
    forbidden(world.write(".opensail-0123456789abcdef.tmp", None, "x"));
    forbidden(world.write("a\0b", None, "x"));
    forbidden(world.write(&"n".repeat(256), None, "x"));
}

#[test]
fn more_than_the_limit_is_neither_read_nor_written() {
    let world = world();
    let big = Change { after: Some(vec![0; 25 * 1024 * 1024 + 1].into()), ..change("a", None, None) };
    assert!(matches!(apply(&world.root, &big), Err(FileError::TooLarge { .. })));
    std::fs::File::create(world.path("sparse")).expect("create").set_len(1 << 40).expect("sparse");
    assert!(matches!(read(&world.root, "sparse"), Err(FileError::TooLarge { .. })));
}

#[test]
fn a_leftover_of_a_crash_goes_at_the_next_write_in_its_folder() {
    let world = world();
    world.file("a/.opensail-0123456789abcdef.tmp", "half");
    world.write("a/b", None, "x").expect("write");
    assert_eq!(world.everything(), ["a", "a/b"]);
}

#[test]
fn readers_see_whole_contents_only() {
    let world = world();
    let content = |round: u32| format!("{}\n", (round % 10).to_string().repeat(50_000));
    world.file("a", &content(0));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut reads = 0_u32;
            while !done.load(Ordering::Relaxed) || reads == 0 {
                let file = read(&world.root, "a").expect("read").expect("always there");
                assert_eq!(file.bytes.len(), 50_001);
                assert!(file.bytes[..50_000].iter().all(|byte| *byte == file.bytes[0]));
                reads += 1;
            }
        });
        let until = Until(&done);
        for round in 1..100 {
            let outcome = world.write("a", Some(&content(round - 1)), &content(round));
            assert_eq!(outcome, Ok(Applied::Done));
        }
        drop(until);
        reader.join().expect("reader");
    });
    assert_eq!(world.everything(), ["a"]);
}

#[test]
fn of_many_who_want_to_change_the_same_state_one_wins() {
    let world = world();
    world.file("a", "start");
    for (path, before) in [("a", Some("start")), ("new/file", None)] {
        let outcomes: Vec<_> = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..8)
                .map(|writer| {
                    let world = &world;
                    scope.spawn(move || world.write(path, before, &format!("writer {writer}")))
                })
                .collect();
            writers.into_iter().map(|writer| writer.join().expect("writer").expect("outcome")).collect()
        });
        let winners: Vec<_> = (0..8).filter(|at| outcomes[*at] == Applied::Done).collect();
        assert_eq!(winners.len(), 1, "{outcomes:?}");
        assert_eq!(world.content(path), Some(format!("writer {}", winners[0])));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Against a model: any sequence of changes leaves exactly what the rules say, and nothing else.
    #[test]
    fn changes_do_what_the_rules_say(steps in proptest::collection::vec((0..3_usize, 0..4_usize, 0..4_usize), 1..12)) {
        let world = world();
        let contents = [None, Some("one"), Some("two"), Some("three")];
        let paths = ["a", "d/b", "d/e/ü \n'"];
        let mut model = [None; 3];
        for (path, before, after) in steps {
            let (before, after, now) = (contents[before], contents[after], model[path]);
            let expected = if now == after {
                Applied::Already
            } else if now == before {
                Applied::Done
            } else {
                Applied::Conflict { actual: now.map(|content: &str| hash(content.as_bytes())) }
            };
            prop_assert_eq!(apply(&world.root, &change(paths[path], before, after)), Ok(expected.clone()));
            if expected == Applied::Done {
                model[path] = after;
            }
            for (path, content) in paths.iter().zip(model) {
                let found = world.content(path);
                prop_assert_eq!(found.as_deref(), content);
            }
        }
    }
}
