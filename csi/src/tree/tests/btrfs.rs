//! On a real btrfs, in a file that is mounted for the test. Where that is not allowed, the test says so and passes.

use std::os::fd::AsFd;
use std::process::Command;
use std::sync::Arc;

use super::super::*;
use super::remembering::{STEPS, fill, sh};
use super::world::*;
use crate::cas::LocalStore;
use crate::cas::test_key::subject;
use crate::fileops::Root;

struct Mounted {
    folder: tempfile::TempDir,
}

fn mount() -> Option<Mounted> {
    let folder = tempfile::tempdir().expect("tempdir");
    let (image, top) = (folder.path().join("image"), folder.path().join("top"));
    std::fs::create_dir(&top).expect("folder");
    std::fs::File::create(&image).and_then(|file| file.set_len(256 * 1024 * 1024)).expect("an image");
    let run = |program: &str, arguments: &[&std::ffi::OsStr]| {
        Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
    };
    let mounted = rustix::process::geteuid().is_root()
        && run("mkfs.btrfs", &["-q".as_ref(), image.as_ref()])
        && run("mount", &["-o".as_ref(), "loop".as_ref(), image.as_ref(), top.as_ref()]);
    if !mounted {
        eprintln!("SKIPPED: btrfs is only tested as root, with btrfs-progs and the right to mount");
        return None;
    }
    Some(Mounted { folder })
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let top = self.folder.path().join("top");
        if !Command::new("umount").arg(&top).status().is_ok_and(|status| status.success()) {
            eprintln!("the test's btrfs at {} could not be unmounted", top.display());
        }
    }
}

/// Whatever is done, a look at what the kernel says changed finds what a look at everything does, in fewer folders.
#[test]
fn a_look_at_what_changed_finds_what_a_look_at_everything_does() {
    let Some(mounted) = mount() else { return };
    let top = mounted.folder.path().join("top");
    let store = LocalStore::open(&mounted.folder.path().join("blobs")).expect("store");
    let subject = subject(Arc::new(store.clone()), 1);
    let hold = crate::cas::Objects::hold(&store).expect("held");
    create_subvolume(Root::open(&top).expect("top"), c"project").expect("made");
    let project = top.join("project");
    fill(&project);
    let (root, rules) = (Root::open(&project).expect("root"), Rules::default());
    let mut tracker = Tracker::default();
    let mut listed = Vec::new();
    for (what, step) in STEPS {
        sh(&project, step);
        let taken = tracker.take(&subject, &root, &rules, &hold).expect("taken");
        let anew = Tracker::default().take(&subject, &root, &rules, &hold).expect("taken");
        assert_eq!((&taken.snapshot, taken.name), (&anew.snapshot, anew.name), "{what}");
        listed.push((what, taken.listed, anew.listed));
    }
    let of = |what: &str| listed.iter().find(|(name, ..)| *name == what).map(|(_, listed, _)| *listed);
    assert_eq!(listed[0].1, listed[0].2, "the first look is at everything");
    assert!(of("a byte again") == Some(0) && of("a new file in the root") == Some(1), "{listed:?}");
}

#[test]
fn a_subvolume_is_known_unchanged_without_a_walk_and_forked_in_a_moment() {
    let Some(mounted) = mount() else { return };
    let top = mounted.folder.path().join("top");
    let store = LocalStore::open(&mounted.folder.path().join("blobs")).expect("store");
    let subject = subject(Arc::new(store.clone()), 1);
    let hold = crate::cas::Objects::hold(&store).expect("held");
    create_subvolume(std::fs::File::open(&top).expect("top").as_fd(), c"project").expect("made");
    let project = top.join("project");
    for number in 0..100 {
        let folder = project.join(format!("folder-{}", number % 10));
        std::fs::create_dir_all(&folder).expect("folder");
        std::fs::write(folder.join(number.to_string()), vec![b'x'; 10_000]).expect("written");
    }
    std::fs::create_dir(project.join("target")).and_then(|()| std::fs::write(project.join("target/cache"), "c")).expect("a cache");
    let root = Root::open(&project).expect("root");
    assert!(subvolume(&root).expect("asked").is_some());
    assert!(subvolume(&Root::open(&project.join("folder-1")).expect("root")).expect("asked").is_none());
    let (mut tracker, rules) = (Tracker::default(), Rules::default());
    let first = tracker.take(&subject, &root, &rules, &hold).expect("taken");
    let mut take = || tracker.take(&subject, &root, &rules, &hold).expect("taken");
    let mut now = take();
    while now.walked {
        now = take();
    }
    assert_eq!((now.name, now.read), (first.name, 0));
    for round in 0..50 {
        std::fs::write(project.join("folder-1/1"), format!("round {round}")).expect("written");
        let taken = take();
        assert!(taken.walked, "round {round}");
        assert_eq!(file_at(&subject, &taken.name, b"folder-1/1", 100), Ok(Some(format!("round {round}").into_bytes())));
    }
    while take().walked {}
    let mut appended = std::fs::File::options().append(true).open(project.join("folder-2/2")).expect("opened");
    std::io::Write::write_all(&mut appended, b"more").expect("written");
    let taken = take();
    assert!(taken.walked && taken.read == 1, "bytes that have not reached the disk yet are seen");
    let appended = file_at(&subject, &taken.name, b"folder-2/2", 20_000).expect("read").expect("a file");
    assert!(appended.ends_with(b"xmore"));
    std::fs::write(project.join("folder-2/2"), vec![b'x'; 10_000]).expect("written");
    let near = Near { root: &root, tracker: &tracker };
    let forked = fork(&subject, Some(near), &rules, &first.name, (&top, c"fork"), &hold).expect("forked");
    let Forked::Subvolume(restored) = forked else { panic!("{forked:?}") };
    assert_eq!(restored.changed, [b"folder-1/1".to_vec()]);
    assert_eq!(restored.before.read, restored.before.read.min(1), "what is known of the source is known of the fork");
    assert_eq!(std::fs::read(top.join("fork/folder-1/1")).expect("read"), vec![b'x'; 10_000]);
    assert_eq!(std::fs::read(top.join("fork/target/cache")).expect("read"), b"c");
    assert_eq!(std::fs::read(project.join("folder-1/1")).expect("read"), b"round 49");
    delete_subvolume(Root::open(&top).expect("top"), c"fork").expect("deleted");
    assert!(!top.join("fork").exists());
    // Who may not delete subvolumes empties them.
    snapshot_subvolume(&root, Root::open(&top).expect("top"), c"emptied").expect("copied");
    crate::fileops::remove_root(&top.join("emptied")).expect("removed");
    assert!(!top.join("emptied").exists());
    // Laid out beside it, files share their blocks.
    std::fs::create_dir(top.join("laid")).expect("folder");
    let laid = checkout(&subject, &first.name, &Root::open(&top.join("laid")).expect("root"), Some(near)).expect("laid out");
    assert_eq!((laid.files, laid.cloned), (100, 98), "all but what was changed since the last look");
    let mut expected = timeless(&project);
    expected.retain(|path, _| !path.starts_with(b"target"));
    expected.insert(b"folder-1/1".to_vec(), (0o100_644, 0, vec![b'x'; 10_000]));
    assert_eq!(timeless(&top.join("laid")), expected);
}
