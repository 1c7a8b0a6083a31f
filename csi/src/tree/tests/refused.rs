//! Paths that the file system lets nobody change: all others are changed, and these are told.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::super::*;
use super::world::*;

/// Something done to a path by a program of the system, undone when dropped.
struct Done(PathBuf, &'static [&'static str]);

impl Done {
    /// `None`, said, where it cannot be done: not as root, or not on this file system.
    fn to(path: &Path, how: &[&[&str]], undo: &'static [&'static str]) -> Option<Self> {
        for arguments in how {
            let (program, arguments) = arguments.split_first().expect("a program");
            let arguments = arguments.iter().map(|argument| if *argument == "@" { path.as_os_str() } else { argument.as_ref() });
            if !Command::new(program).args(arguments).output().is_ok_and(|answer| answer.status.success()) {
                eprintln!("skipped: {program} cannot be used here");
                return None;
            }
        }
        Some(Self(path.to_path_buf(), undo))
    }

    fn fixed(path: &Path) -> Option<Self> {
        Self::to(path, &[&["chattr", "+i", "@"]], &["chattr", "-i"])
    }
}

impl Drop for Done {
    fn drop(&mut self) {
        let done = Command::new(self.1[0]).args(&self.1[1..]).arg(&self.0).status();
        assert!(done.is_ok_and(|status| status.success()), "{} could not be freed", self.0.display());
    }
}

#[test]
fn one_path_that_may_not_be_changed_keeps_no_other_from_it() {
    let mut world = World::new();
    for path in ["a", "fixed", "gone-later", "shut/in", "z"] {
        world.write(path, "one");
    }
    let goal = world.take().name;
    for path in ["a", "fixed", "shut/in", "z"] {
        world.write(path, "two!");
    }
    std::fs::remove_file(world.at("gone-later")).expect("removed");
    world.write("new/fixed", "n");
    world.write("new/other", "n");
    let held = [world.at("fixed"), world.at("new/fixed"), world.at("shut")].map(|path| Done::fixed(&path));
    if held.iter().any(Option::is_none) {
        return;
    }
    let restored = world.restore(&goal);
    let refused = |path: &str| (path.as_bytes().to_vec(), Refusal::NotPermitted);
    assert_eq!(restored.refused, ["fixed", "new/fixed", "shut/in"].map(refused));
    assert_eq!(restored.spared, [b"new".to_vec()], "it is not empty");
    let text = |path: &str| std::fs::read_to_string(world.at(path)).unwrap_or_default();
    assert_eq!(["a", "gone-later", "z"].map(text), ["one", "one", "one"], "before and behind it");
    assert_eq!(["fixed", "shut/in", "new/fixed", "new/other"].map(text), ["two!", "two!", "n", ""]);
    drop(held);
    let again = world.restore(&goal);
    assert_eq!((again.refused, again.spared), (Vec::new(), Vec::new()));
    assert_eq!(["fixed", "shut/in"].map(|path| std::fs::read_to_string(world.at(path)).expect("read")), ["one", "one"]);
    assert!(!world.at("new").exists());
}

#[test]
fn what_is_mounted_read_only_or_on_its_own_is_told_so() {
    let mut world = World::new();
    world.write("a", "one");
    world.write("read-only/in", "one");
    let goal = world.take().name;
    world.write("a", "two!");
    world.write("read-only/in", "two!");
    world.write("mounted", "n");
    let unmount: &[&str] = &["umount", "-l"];
    let read_only: [&[&str]; 2] = [&["mount", "--bind", "@", "@"], &["mount", "-o", "remount,bind,ro", "@"]];
    let held =
        [Done::to(&world.at("read-only"), &read_only, unmount), Done::to(&world.at("mounted"), &[&["mount", "--bind", "@", "@"]], unmount)];
    if held.iter().any(Option::is_none) {
        return;
    }
    let restored = world.restore(&goal);
    assert_eq!(restored.refused, [(b"mounted".to_vec(), Refusal::Busy), (b"read-only/in".to_vec(), Refusal::ReadOnly)]);
    assert_eq!(std::fs::read(world.at("a")).expect("read"), b"one");
    drop(held);
    assert_eq!(world.restore(&goal).refused, []);
    assert!(!world.at("mounted").exists());
}
