//! Restoring: only what differs is touched, and what people did meanwhile is not lost.

use std::os::unix::fs::MetadataExt;

use super::super::*;
use super::world::*;
use crate::fileops::Root;

#[test]
fn only_what_differs_is_touched_and_left_out_folders_stay() {
    let mut world = World::new();
    world.write("same", "same");
    world.write("changed", "before");
    world.write("removed/deep/file", "x");
    let first = world.take();
    let inode = std::fs::metadata(world.at("same")).expect("metadata").ino();
    world.write("changed", "after");
    std::fs::remove_dir_all(world.at("removed")).expect("removed");
    world.write("new/file", "new");
    world.write("new/node_modules/kept", "a cache");
    world.write("target/kept", "a cache");
    let restored = world.restore(&first.name);
    assert_eq!(restored.spared, [b"new".to_vec()], "a cache lies in it");
    assert_eq!(std::fs::metadata(world.at("same")).expect("metadata").ino(), inode);
    assert_eq!(std::fs::read(world.at("changed")).expect("read"), b"before");
    assert_eq!(std::fs::read(world.at("removed/deep/file")).expect("read"), b"x");
    assert!(!world.at("new/file").exists() && world.at("new/node_modules/kept").exists() && world.at("target/kept").exists());
    // And back again: nothing was lost.
    let again = world.restore(&restored.before.name);
    assert_eq!(std::fs::read(world.at("new/file")).expect("read"), b"new");
    assert_eq!(std::fs::read(world.at("changed")).expect("read"), b"after");
    assert!(again.spared.is_empty() && !world.at("removed").exists());
}

#[test]
fn what_snapshots_leave_out_is_never_overwritten() {
    let mut world = World::new();
    world.write("made/file", "in the snapshot");
    world.write("made/other", "also");
    let first = world.take();
    world.write(".gitignore", "made\n");
    world.write("made/file", "since then left out");
    std::fs::remove_file(world.at("made/other")).expect("removed");
    let restored = world.restore(&first.name);
    assert_eq!(restored.spared, [b"made/file".to_vec()]);
    assert_eq!(std::fs::read(world.at("made/file")).expect("read"), b"since then left out");
    assert_eq!(std::fs::read(world.at("made/other")).expect("read"), b"also");
}

#[test]
fn nothing_is_written_through_a_link() {
    let mut world = World::new();
    world.write("folder/file", "inside");
    let first = world.take();
    let outside = world.folder.path().join("outside");
    std::fs::create_dir(&outside).expect("folder");
    std::fs::write(outside.join("file"), "outside").expect("written");
    std::fs::remove_dir_all(world.at("folder")).expect("removed");
    std::os::unix::fs::symlink(&outside, world.at("folder")).expect("link");
    assert!(world.restore(&first.name).spared.is_empty());
    assert_eq!(std::fs::read(world.at("folder/file")).expect("read"), b"inside");
    assert_eq!(std::fs::read(outside.join("file")).expect("read"), b"outside");
    assert!(world.at("folder").symlink_metadata().expect("metadata").is_dir());
}

#[test]
fn an_occupied_folder_is_not_laid_out_into() {
    let mut world = World::new();
    world.write("file", "x");
    let taken = world.take();
    let root = Root::open(&world.project()).expect("root");
    assert_eq!(checkout(&world.subject, &taken.name, &root, None), Err(TreeError::NotEmpty));
}

#[test]
fn a_fork_of_an_ordinary_folder_is_laid_out_and_forks_again() {
    let mut world = World::new();
    world.write("file", "first");
    world.write("folder/other", "same");
    let first = world.take();
    let expected = timeless(&world.project());
    world.write("file", "second");
    world.take();
    let mut source = world.project();
    for name in [c"one", c"two"] {
        let root = Root::open(&source).expect("root");
        let near = Near { root: &root, tracker: &world.tracker };
        let to = (world.folder.path(), name);
        let forked = fork(&world.subject, Some(near), &Rules::default(), &first.name, to, &world.hold()).expect("forked");
        assert!(matches!(forked, Forked::Laid(Laid { files: 2, .. }) | Forked::Subvolume(_)), "{forked:?}");
        source = world.folder.path().join(name.to_str().expect("a name"));
        assert_eq!(timeless(&source), expected);
    }
    assert_eq!(std::fs::read(world.at("file")).expect("read"), b"second");
}
