//! Taking: what is read, what is left out, what changes meanwhile.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::super::*;
use super::world::*;
use crate::cas::{LocalStore, Objects, Sweep};
use crate::fileops::Root;

fn packs_under(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder.join("blobs/packs")).expect("readable").map(|entry| entry.expect("an entry").path());
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "pack")).collect()
}

/// Takes snapshots until every file is old enough to be believed unread.
fn settle(world: &mut World) -> Taken {
    loop {
        let taken = world.take();
        if taken.read == 0 {
            return taken;
        }
    }
}

#[test]
fn only_what_changed_is_read_and_an_unchanged_folder_is_the_same_snapshot() {
    let mut world = World::new();
    for number in 0..50 {
        world.write(&format!("folder-{}/file-{number}", number % 5), number.to_string());
    }
    let first = world.take();
    assert_eq!((first.read, first.snapshot.files), (50, 50));
    let second = settle(&mut world);
    assert_eq!((second.name, second.written.objects), (first.name, 0));
    world.write("folder-3/file-3", "changed");
    let third = world.take();
    assert_ne!(third.name, first.name);
    assert_eq!((third.read, third.written.objects), (1, 4), "the file, its folder, the root, the snapshot");
    let anew = world.take_anew();
    assert_eq!((anew.name, anew.read, anew.written.objects), (third.name, 50, 0));
}

#[test]
fn a_change_that_keeps_size_and_time_is_seen() {
    let mut world = World::new();
    world.write("file", "one");
    let mtime = std::fs::metadata(world.at("file")).and_then(|meta| meta.modified()).expect("time");
    let first = world.take();
    world.write("file", "two");
    std::fs::File::options().write(true).open(world.at("file")).and_then(|file| file.set_modified(mtime)).expect("time set back");
    let second = world.take();
    assert_ne!(first.name, second.name);
    assert_eq!(file_at(&world.subject, &second.name, b"file", 10), Ok(Some(b"two".to_vec())));
}

#[test]
fn writes_at_once_after_a_snapshot_are_never_missed() {
    let mut world = World::new();
    for round in 0..300_u32 {
        world.write("file", format!("{round:04}"));
        let taken = world.take();
        assert_eq!(file_at(&world.subject, &taken.name, b"file", 10), Ok(Some(format!("{round:04}").into_bytes())));
    }
}

#[test]
fn a_file_whose_time_a_later_write_could_bear_is_read_again() {
    let mut world = World::new();
    world.write("file", "x");
    let future = SystemTime::now() + Duration::from_secs(3600);
    std::fs::File::options().write(true).open(world.at("file")).and_then(|file| file.set_modified(future)).expect("set");
    for _ in 0..3 {
        assert_eq!(world.take().read, 1);
    }
}

#[test]
fn the_index_outlives_a_restart_and_its_loss_is_no_harm() {
    let mut world = World::new();
    world.write("a/file", "bytes");
    let first = settle(&mut world);
    let index = world.folder.path().join("index");
    world.tracker.save(&world.subject, &index).expect("saved");
    let stored = std::fs::read(&index).expect("read");
    assert!(!stored.windows(4).any(|window| window == b"file"));
    world.tracker = Tracker::load(&world.subject, &index);
    let again = world.take();
    assert_eq!((again.name, again.read), (first.name, 0));
    for damaged in [stored[..stored.len() / 2].to_vec(), Vec::new(), b"something else".to_vec()] {
        std::fs::write(&index, damaged).expect("damage");
        world.tracker = Tracker::load(&world.subject, &index);
        let again = world.take();
        assert_eq!((again.name, again.read), (first.name, 1));
    }
}

#[test]
fn caches_and_what_is_no_file_are_left_out_and_said() {
    let mut world = World::new();
    for path in ["node_modules/x/a", "src/target/b", "made/c", "src/main.rs", ".env", ".git/objects/ab/cd", ".git/made/e"] {
        world.write(path, path);
    }
    world.write(".gitignore", "made/\n.env\n");
    let _socket = std::os::unix::net::UnixListener::bind(world.at("socket")).expect("socket");
    let taken = world.take();
    let left_out: Vec<_> =
        taken.snapshot.left_out.iter().map(|left| (String::from_utf8_lossy(&left.path).into_owned(), left.why)).collect();
    let expected = [("made", Why::Ignored), ("node_modules", Why::Cache), ("socket", Why::Special), ("src/target", Why::Cache)];
    assert_eq!(left_out, expected.map(|(path, why)| (path.to_owned(), why)));
    assert_eq!(Snapshot::load(&world.subject, &taken.name).expect("loaded"), taken.snapshot);
    for kept in [".env", ".git/objects/ab/cd", ".git/made/e", "src/main.rs"] {
        assert_eq!(file_at(&world.subject, &taken.name, kept.as_bytes(), 99), Ok(Some(kept.as_bytes().to_vec())), "{kept}");
    }
}

#[test]
fn what_a_killed_writer_left_behind_is_removed_and_what_is_being_written_stays() {
    let mut world = World::new();
    let (dead, living) = ("in/.opensail-0123456789abcdef.tmp", "in/.opensail-fedcba9876543210.tmp");
    for path in ["in/file", dead, living, "in/.opensail-mine.tmp"] {
        world.write(path, "x");
    }
    let writer = std::fs::File::open(world.at(living)).expect("open");
    writer.try_lock().expect("its writer's lock");
    let taken = world.take();
    assert!(taken.unsteady.is_empty());
    assert_eq!((world.at(dead).exists(), world.at(living).exists()), (false, true));
    let within = list(&world.subject, &taken.name, b"in").expect("read").expect("a folder");
    let names: Vec<_> = within.entries.iter().map(|entry| entry.name.as_slice()).collect();
    assert_eq!(names, [b".opensail-mine.tmp".as_slice(), b"file"]);
    drop(writer);
    assert_eq!(world.restore(&taken.name).changed, Vec::<Vec<u8>>::new());
    assert!(!world.at(living).exists());
}

#[test]
fn links_are_kept_and_never_followed() {
    let mut world = World::new();
    let outside = world.folder.path().join("outside");
    std::fs::write(&outside, "secret").expect("written");
    symlink(&outside, world.at("out")).expect("link");
    symlink("/etc", world.at("folder")).expect("link");
    let taken = world.take();
    assert_eq!(taken.snapshot.files, 2);
    let target = outside.as_os_str().as_bytes().to_vec();
    assert_eq!(entry_at(&world.subject, &taken.name, b"out"), Ok(Some(Item::Link { target })));
    assert_eq!(entry_at(&world.subject, &taken.name, b"folder/passwd"), Ok(None));
}

#[test]
fn a_file_that_is_written_to_while_it_is_taken_is_never_a_mixture() {
    let mut world = World::new();
    let path = world.at("file");
    let done = std::sync::atomic::AtomicBool::new(false);
    // Each state is one letter; the name always leads to a whole one.
    let put = |letter: u8| {
        let new = path.with_extension("new");
        std::fs::write(&new, vec![letter; 300_000]).and_then(|()| std::fs::rename(new, &path)).expect("put");
    };
    put(b'a');
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for letter in (b'a'..=b'z').cycle() {
                if done.load(std::sync::atomic::Ordering::Relaxed) {
                    break;
                }
                put(letter);
            }
        });
        for _ in 0..30 {
            let taken = world.take();
            if let Some(bytes) = file_at(&world.subject, &taken.name, b"file", 1_000_000).expect("read") {
                assert!(bytes.len() == 300_000 && bytes.iter().all(|byte| *byte == bytes[0]));
            }
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn a_sweep_keeps_what_snapshots_reach_and_a_tracker_notices_what_it_took() {
    let mut world = World::new();
    world.write("kept/file", "kept");
    let kept = world.take();
    world.write("dropped/file", vec![7; 300_000]);
    let dropped = settle(&mut world);
    let sweep = Sweep { grace: Duration::ZERO, dry_run: false };
    let (store, subject) = (world.store.clone(), world.subject.clone());
    let swept = store.sweep(&sweep, &mut |live| mark(&subject, &kept.name, live).map_err(|error| panic!("{error}")));
    let swept = swept.expect("swept");
    assert!(swept.removed.objects >= 3 && swept.missing == 0, "{swept:?}");
    let into = world.checkout(&kept.name);
    assert_eq!(std::fs::read(into.path().join("kept/file")).expect("read"), b"kept");
    assert!(Snapshot::load(&world.subject, &dropped.name).is_err());
    // The folder is as it was, the tracker remembers all of it, and yet everything must be stored again.
    let again = world.take();
    assert_eq!(again.name, dropped.name);
    let fresh = LocalStore::open(&world.folder.path().join("blobs")).expect("store");
    let mut live = crate::cas::Live::default();
    mark(&crate::cas::test_key::subject(std::sync::Arc::new(fresh), 1), &again.name, &mut live).expect("all is there");
    assert_eq!(timeless(world.checkout(&again.name).path()), timeless(&world.project()));
}

#[test]
fn a_damaged_object_is_an_error_and_not_a_file() {
    let mut world = World::new();
    world.write("file", vec![9; 5000]);
    let taken = world.take();
    for path in packs_under(world.folder.path()) {
        let mut bytes = std::fs::read(&path).expect("read");
        bytes[5 + 68 + 10] ^= 1;
        std::fs::write(path, bytes).expect("damage");
    }
    let into = tempfile::tempdir().expect("tempdir");
    assert!(checkout(&world.subject, &taken.name, &Root::open(into.path()).expect("root"), None).is_err());
    // Taken anew, it is whole again.
    world.take_anew();
    world.take_anew();
    world.checkout(&taken.name);
}

#[test]
fn a_full_disk_is_said_and_nothing_that_was_not_stored_is_believed_stored() {
    let Some(disk) = crate::small_disk::SmallDisk::mount("20m") else { return };
    let mut world = World::new();
    world.store = LocalStore::open(&disk.path().join("blobs")).expect("store");
    world.subject = crate::cas::test_key::subject(std::sync::Arc::new(world.store.clone()), 1);
    // Some packs fit before one does not.
    let mut noise = vec![0; 24 * 1024 * 1024];
    blake3::Hasher::new().finalize_xof().fill(&mut noise);
    world.write("small/file", &noise[..100_000]);
    world.write("large", &noise);
    let (root, hold) = (Root::open(&world.project()).expect("root"), world.hold());
    let refused = world.tracker.take(&world.subject, &root, &Rules::default(), &hold);
    assert_eq!(refused.map(|taken| taken.name), Err(TreeError::Store(crate::cas::CasError::Full)));
    assert_eq!(packs_under(disk.path()), [] as [PathBuf; 0], "their room is free again");
    std::fs::remove_file(world.at("large")).expect("removed");
    let taken = world.take();
    assert!(file_at(&world.subject, &taken.name, b"small/file", 200_000) == Ok(Some(noise[..100_000].to_vec())));
}
