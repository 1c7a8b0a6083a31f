use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{CWD, FileType, Mode, RenameFlags};

use super::*;

#[test]
fn this_machine_can_keep_paths_beneath_a_root() {
    probe().expect("openat2");
}

#[test]
fn dots_and_absolute_paths_are_refused_by_every_operation() {
    let world = world();
    let secret = world.base().join("neighbour/secret");
    for path in ["../neighbour/secret", "a/../../neighbour/secret", secret.to_str().expect("UTF-8"), "/etc/passwd"] {
        forbidden(read(&world.root, path));
        forbidden(world.write(path, None, "x"));
        forbidden(world.delete(path, None));
        let cancel = Cancel::default();
        forbidden(tree(&world.root, &TreeQuery { path: path.into(), ..Default::default() }, &cancel));
        forbidden(glob(&world.root, &GlobQuery { path: path.into(), pattern: "*".into(), ..Default::default() }, &cancel));
        forbidden(grep(&world.root, &GrepQuery { path: path.into(), pattern: "x".into(), ..Default::default() }, &cancel));
    }
    assert_eq!(std::fs::read(secret).expect("still there"), SECRET);
}

#[test]
fn links_out_of_the_project_are_refused_for_reading_and_writing() {
    let world = world();
    world.link("file", "../neighbour/secret");
    world.link("absolute", world.base().join("neighbour/secret"));
    world.link("folder", "../neighbour");
    world.link("magic", "/proc/self/root/etc/passwd");
    world.link("inside-but-absolute", world.file("a", "content"));
    for path in ["file", "absolute", "folder/secret", "magic", "inside-but-absolute"] {
        forbidden(read(&world.root, path));
        forbidden(world.write(path, None, "x"));
    }
    forbidden(world.write("folder/new", None, "x"));
    forbidden(world.write("folder/new/deep", None, "x"));
    forbidden(world.delete("folder/secret", Some("the neighbour's secret")));
    assert_eq!(std::fs::read_dir(world.base().join("neighbour")).expect("readable").count(), 1);
    assert_eq!(std::fs::read(world.base().join("neighbour/secret")).expect("readable"), SECRET);
}

#[test]
fn links_inside_are_read_through_and_written_through_only_as_folders() {
    let world = world();
    world.file("real/a", "content");
    world.link("folder", "real");
    world.link("file", "real/a");
    world.link("real/up", "../real/a");
    for path in ["folder/a", "file", "real/up", "folder/up"] {
        assert_eq!(read(&world.root, path).expect(path).expect(path).bytes, "content");
    }
    assert!(forbidden(world.write("file", Some("content"), "new")).contains("symbolic link"));
    assert_eq!(world.write("folder/a", Some("content"), "new"), Ok(Applied::Done));
    assert_eq!(world.content("real/a").as_deref(), Some("new"));
    assert!(world.path("folder").is_symlink() && world.path("file").is_symlink());
}

#[test]
fn a_link_is_deleted_by_the_hash_of_its_target() {
    let world = world();
    world.file("a", "content");
    world.link("link", "a");
    let actual = Some(hash(b"a"));
    assert_eq!(world.delete("link", Some("content")), Ok(Applied::Conflict { actual }));
    assert_eq!(world.delete("link", Some("a")), Ok(Applied::Done));
    assert_eq!(world.everything(), ["a"]);
}

#[test]
fn links_that_lead_nowhere_or_in_circles_are_not_written_through() {
    let world = world();
    world.link("dangling", "not-there");
    world.link("circle", "circle");
    assert_eq!(read(&world.root, "dangling"), Ok(None));
    forbidden(read(&world.root, "circle"));
    for path in ["dangling", "circle", "dangling/new", "circle/new"] {
        forbidden(world.write(path, None, "x"));
    }
    assert_eq!(world.everything(), ["circle", "dangling"]);
}

/// While one thread swaps a folder for a link to the neighbour and back, no operation ever sees the neighbour.
#[test]
fn a_racing_rename_never_leads_out() {
    let world = world();
    world.file("folder/secret", "harmless");
    world.link("trap", "../neighbour");
    let done = AtomicBool::new(false);
    let (folder, trap) = (world.path("folder"), world.path("trap"));
    std::thread::scope(|scope| {
        let swapper = scope.spawn(|| {
            let mut swaps = 0_u32;
            while !done.load(Ordering::Relaxed) {
                rustix::fs::renameat_with(CWD, &folder, CWD, &trap, RenameFlags::EXCHANGE).expect("swap");
                swaps += 1;
            }
            swaps
        });
        let until = Until(&done);
        let cancel = Cancel::default();
        for round in 0..1500 {
            match read(&world.root, "folder/secret") {
                Ok(Some(file)) => assert_eq!(file.bytes, "harmless"),
                Ok(None) | Err(FileError::Forbidden { .. } | FileError::Failed { .. }) => {}
                Err(other) => panic!("{other:?}"),
            }
            let text = round.to_string();
            let new = format!("folder/new-{}", round % 3);
            let _ = apply(&world.root, &change(&new, None, Some(&text)));
            let _ = apply(&world.root, &change(&new, Some(&text), None));
            if round % 10 == 0 {
                let query = GrepQuery { pattern: "secret|neighbour".into(), limit: 9, ..Default::default() };
                let found = grep(&world.root, &query, &cancel).expect("grep");
                assert_eq!(found.lines, []);
                let query = TreeQuery { depth: 5, limit: 99, ..Default::default() };
                let listed = tree(&world.root, &query, &cancel).expect("tree");
                let size = SECRET.len() as u64;
                assert!(listed.items.iter().all(|item| item.kind != Kind::File || item.size != size), "{listed:?}");
            }
        }
        drop(until);
        assert!(swapper.join().expect("swapper") > 0);
    });
    let neighbour = world.base().join("neighbour");
    assert_eq!(std::fs::read_dir(&neighbour).expect("readable").count(), 1);
    assert_eq!(std::fs::read(neighbour.join("secret")).expect("readable"), SECRET);
}

#[test]
fn a_root_reached_through_a_link_is_refused() {
    let world = world();
    std::os::unix::fs::symlink(world.path(""), world.base().join("alias")).expect("link");
    assert!(forbidden(Root::open(&world.base().join("alias"))).contains("link"));
    world.file("inner/a", "x");
    assert!(forbidden(Root::open(&world.base().join("alias/inner"))).contains("link"));
    assert!(matches!(Root::open(&world.base().join("gone")), Err(FileError::NotFound(_))));
}

#[test]
fn pipes_sockets_and_devices_are_shown_and_never_opened() {
    let world = world();
    rustix::fs::mknodat(CWD, world.path("pipe"), FileType::Fifo, Mode::RWXU, 0).expect("fifo");
    let _socket = std::os::unix::net::UnixListener::bind(world.path("socket")).expect("socket");
    let mut special = vec!["pipe", "socket"];
    // Only root may make one: /dev/zero, which would never end.
    let zero = rustix::fs::makedev(1, 5);
    if rustix::fs::mknodat(CWD, world.path("device"), FileType::CharacterDevice, Mode::RWXU, zero).is_ok() {
        special.push("device");
    } else {
        eprintln!("SKIPPED: a device file is only tested as root");
    }
    for path in &special {
        assert!(invalid(read(&world.root, path)).contains("never opened"));
        assert!(invalid(world.write(path, None, "x")).contains("never opened"));
        assert!(invalid(world.delete(path, None)).contains("never opened"));
    }
    world.link("to-pipe", "pipe");
    invalid(read(&world.root, "to-pipe"));
    let cancel = Cancel::default();
    let listed = tree(&world.root, &TreeQuery { limit: 9, ..Default::default() }, &cancel).expect("tree");
    let others = listed.items.iter().filter(|item| item.kind == Kind::Other).count();
    assert_eq!(others, special.len());
    let query = GrepQuery { pattern: "x".into(), limit: 9, ..Default::default() };
    assert_eq!(grep(&world.root, &query, &cancel), Ok(Lines::default()));
    invalid(grep(&world.root, &GrepQuery { path: "pipe".into(), ..query }, &cancel));
}

#[test]
fn git_is_read_and_never_written() {
    let world = world();
    world.file(".git/config", "[core]");
    world.file(".git/hooks/sample", "x");
    world.file("sub/.git/config", "[core]");
    world.link("sneaky", ".git");
    world.link("sneakier", ".git/hooks");
    assert_eq!(read(&world.root, ".git/config").expect("read").expect("there").bytes, "[core]");
    let paths = [
        ".git",
        ".git/config",
        ".GIT/config",
        ".git/new/file",
        "sub/.git/config",
        "sneaky/config",
        "sneaky/new",
        "sneakier/sample",
        "sneakier/deep/er",
        "x/.git/hooks/pre-commit",
    ];
    for path in paths {
        assert!(forbidden(world.write(path, None, "evil")).contains(".git"), "{path}");
        // Where there is no folder, there is nothing to compare with either.
        let outcome = world.write(path, Some("[core]"), "evil");
        assert!(matches!(outcome, Err(FileError::Forbidden { .. }) | Ok(Applied::Conflict { actual: None })), "{path}");
    }
    forbidden(world.delete(".git/config", Some("[core]")));
    forbidden(world.delete("sneaky/config", Some("[core]")));
    assert_eq!(world.content(".git/config").as_deref(), Some("[core]"));
    assert!(!world.path(".git/hooks/deep").exists() && !world.path("x").exists());
    let allowed = Change { allow_git: true, ..change(".git/config", Some("[core]"), Some("[user]")) };
    assert_eq!(apply(&world.root, &allowed), Ok(Applied::Done));
}

#[test]
fn a_git_folder_behind_a_link_is_guarded_too() {
    let world = world();
    world.file("store/config", "[core]");
    world.link(".git", "store");
    forbidden(world.write("store/hooks/pre-commit", None, "evil"));
    forbidden(world.write("store/config", Some("[core]"), "evil"));
    assert_eq!(world.write("other/config", None, "fine"), Ok(Applied::Done));
    assert_eq!(world.write(".gitignore", None, "fine"), Ok(Applied::Done));
}
