//! Objects in packs: what is written is found, also by others, and damage is never taken for it.

use std::sync::Arc;

use super::super::test_key::subject;
use super::*;

fn object(number: u32, size: usize) -> (Address, Vec<u8>) {
    let bytes: Vec<u8> = number.to_le_bytes().iter().copied().cycle().take(size).collect();
    (Address::of(&[b"named", bytes.as_slice()].concat()), bytes)
}

fn pack_files(root: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root.join("packs")).expect("readable");
    let paths = entries.map(|entry| entry.expect("entry").path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "pack")).collect()
}

fn in_packs(root: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(root.join("packs")).expect("readable");
    entries
        .map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned())
        .filter(|name| !["epoch", "epoch.spare"].contains(&name.as_str()))
        .collect()
}

#[test]
fn objects_written_together_lie_in_one_pack_and_are_found_again_also_after_a_restart() {
    let World { folder, store } = world();
    let objects: Vec<_> = (0..100).map(|number| object(number, number as usize)).collect();
    write(&store, &objects).expect("written");
    assert_eq!((pack_files(folder.path()).len(), files(folder.path())), (1, 0));
    let again = LocalStore::open(folder.path()).expect("open again");
    for store in [&store, &again] {
        for (name, bytes) in &objects {
            assert_eq!(store.read(name).as_ref(), Ok(bytes));
            assert_eq!(store.has(name), Ok(true));
        }
    }
}

#[tokio::test]
async fn a_blob_and_an_object_are_found_both_ways() {
    let World { folder: _folder, store } = world();
    let blob = store.put(Bytes::from_static(b"a blob")).await.expect("put");
    assert_eq!(Objects::read(&store, &blob).as_deref(), Ok(b"a blob".as_slice()));
    let packed = Address::of(b"packed");
    write(&store, &[(packed, b"packed".to_vec())]).expect("written");
    assert_eq!(store.get(&packed).await.expect("found"), "packed");
}

#[test]
fn what_another_opener_of_the_store_writes_is_found() {
    let World { folder, store } = world();
    let other = LocalStore::open(folder.path()).expect("open too");
    let (name, bytes) = object(7, 100);
    assert_eq!(store.read(&name), Err(CasError::Missing(name)));
    write(&other, &[(name, bytes.clone())]).expect("written");
    assert_eq!(store.read(&name), Ok(bytes));
}

#[test]
fn a_damaged_or_cut_off_index_is_replaced_by_the_records() {
    let World { folder, store } = world();
    let objects: Vec<_> = (0..10).map(|number| object(number, 50)).collect();
    write(&store, &objects).expect("written");
    let path = &pack_files(folder.path())[0];
    let whole = std::fs::read(path).expect("read");
    let index = whole.len() - 40 - 10 * 44;
    let mut flipped = whole.clone();
    flipped[index + 3] ^= 1;
    for damaged in [flipped, whole[..index].to_vec(), whole[..index + 100].to_vec(), whole[..whole.len() - 1].to_vec()] {
        std::fs::write(path, damaged).expect("damage");
        let store = LocalStore::open(folder.path()).expect("open");
        for (name, bytes) in &objects {
            assert_eq!(store.read(name).as_ref(), Ok(bytes));
        }
    }
}

#[test]
fn a_damaged_object_is_named_and_healed_by_writing_it_again() {
    let World { folder, store } = world();
    let objects = [object(1, 500), object(2, 500)];
    write(&store, &objects).expect("written");
    let path = &pack_files(folder.path())[0];
    let mut bytes = std::fs::read(path).expect("read");
    bytes[5 + 68 + 100] ^= 4;
    std::fs::write(path, bytes).expect("damage");
    let name = objects[0].0;
    assert_eq!(store.read(&name), Err(CasError::Damaged(name)));
    assert_eq!((store.read(&name), store.has(&name)), (Err(CasError::Damaged(name)), Ok(false)));
    assert_eq!(store.read(&objects[1].0).as_ref(), Ok(&objects[1].1));
    write(&store, &objects[..1]).expect("written again");
    assert_eq!(store.read(&name).as_ref(), Ok(&objects[0].1));
}

#[test]
fn many_writers_and_readers_at_once_lose_nothing() {
    let World { folder, store } = world();
    let other = LocalStore::open(folder.path()).expect("open too");
    std::thread::scope(|scope| {
        for thread in 0..8_u32 {
            let store = if thread % 2 == 0 { &store } else { &other };
            scope.spawn(move || {
                for round in 0..10 {
                    let objects: Vec<_> = (0..5).map(|at| object(thread * 25 + round * 5 + at, 300)).collect();
                    write(store, &objects).expect("written");
                    for (name, bytes) in &objects {
                        assert_eq!(store.read(name).as_ref(), Ok(bytes));
                    }
                }
            });
        }
    });
    let fresh = LocalStore::open(folder.path()).expect("open");
    for number in 0..7 * 25 + 50 {
        let (name, bytes) = object(number, 300);
        assert_eq!((fresh.read(&name).as_ref(), store.read(&name).as_ref()), (Ok(&bytes), Ok(&bytes)));
    }
}

#[test]
fn a_full_disk_is_said_and_what_was_there_stays() {
    let Some(disk) = crate::small_disk::SmallDisk::mount("2m") else { return };
    let root = disk.path().join("cas");
    let store = LocalStore::open(&root).expect("open");
    let kept = object(1, 1000);
    write(&store, std::slice::from_ref(&kept)).expect("fits");
    assert_eq!(write(&store, &[object(2, 4 * 1024 * 1024)]), Err(CasError::Full));
    assert_eq!((pack_files(&root).len(), store.read(&kept.0)), (1, Ok(kept.1.clone())));
    assert_eq!(store.has(&object(2, 4 * 1024 * 1024).0), Ok(false));
    assert_eq!(LocalStore::open(&root).expect("open again").read(&kept.0), Ok(kept.1));
}

#[test]
fn what_is_written_together_is_found_by_nobody_before_all_of_it_is_there() {
    let World { folder, store } = world();
    let other = LocalStore::open(folder.path()).expect("open too");
    let objects = [object(1, 1000), object(2, 1000)];
    let held = store.hold().expect("held");
    let batch = store.batch();
    for one in &objects {
        batch.write(std::slice::from_ref(one)).expect("written");
    }
    for store in [&store, &other, &LocalStore::open(folder.path()).expect("open")] {
        assert_eq!((store.has(&objects[0].0), store.read(&objects[0].0)), (Ok(false), Err(CasError::Missing(objects[0].0))));
    }
    batch.publish().expect("published");
    drop(held);
    for store in [&store, &other, &LocalStore::open(folder.path()).expect("open")] {
        for (name, bytes) in &objects {
            assert_eq!(store.read(name).as_ref(), Ok(bytes));
        }
    }
}

#[test]
fn what_failed_leaves_nothing_and_no_lock_is_asked_for() {
    let Some(disk) = crate::small_disk::SmallDisk::mount("2m") else { return };
    let root = disk.path().join("cas");
    let store = LocalStore::open(&root).expect("open");
    let _somebody_else = store.hold().expect("held");
    let batch = store.batch();
    batch.write(&[object(1, 1024 * 1024)]).expect("fits");
    assert_eq!(batch.write(&[object(2, 1024 * 1024)]), Err(CasError::Full));
    drop(batch);
    assert_eq!(in_packs(&root), Vec::<String>::new());
    assert_eq!(store.has(&object(1, 1024 * 1024).0), Ok(false));
    write(&store, &[object(3, 1024 * 1024)]).expect("its room is free");
}

#[test]
fn drafts_of_a_crash_are_removed_when_nobody_writes() {
    let World { folder, store } = world();
    let left = folder.path().join("packs/0123456789abcdef0123456789abcdef.draft");
    std::fs::write(&left, b"half of what belongs together").expect("leftover");
    let held = store.hold().expect("held");
    LocalStore::open(folder.path()).expect("open beside a writer");
    assert!(left.exists());
    drop(held);
    LocalStore::open(folder.path()).expect("open");
    assert!(!left.exists());
    std::fs::write(&left, b"half of what belongs together").expect("leftover");
    let swept = store.sweep(&Sweep { dry_run: false, ..Sweep::default() }, &mut |_| Ok(())).expect("swept");
    assert_eq!((left.exists(), swept.removed.objects), (false, 0));
}

#[test]
fn subjects_neither_share_names_nor_read_each_other() {
    let World { folder, store } = world();
    let store = Arc::new(store);
    let (one, two) = (subject(store.clone(), 1), subject(store.clone(), 2));
    let text = b"a line that must not be found on the disk, written so often that it would show".as_slice();
    let (mut writer, mut names) = (one.writer(), Vec::new());
    for subject in [&one, &one, &two] {
        names.push(writer.put(Kind::Chunk, text).expect("put"));
        assert_eq!(subject.read(Kind::Chunk, &names[names.len() - 1]).is_ok(), names.len() == 2);
        let done = std::mem::replace(&mut writer, if names.len() == 1 { one.writer() } else { two.writer() });
        assert_eq!(done.commit().expect("durable").objects, u64::from(names.len() != 2));
    }
    assert_eq!(names[0], names[1]);
    assert_ne!(names[0], names[2]);
    assert_ne!(names[0], Address::of(text));
    assert_eq!(two.read(Kind::Chunk, &names[0]), Err(CasError::Damaged(names[0])));
    assert_eq!(one.read(Kind::Folder, &names[0]), Err(CasError::Damaged(names[0])));
    for pack in pack_files(folder.path()) {
        let bytes = std::fs::read(pack).expect("read");
        assert!(!bytes.windows(20).any(|window| window == &text[..20]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// One flipped bit or one cut anywhere: every object is given out as written or not at all.
    #[test]
    fn no_damage_is_ever_given_out(
        sizes in proptest::collection::vec(0_usize..300, 1..12),
        at in any::<proptest::sample::Index>(),
        bit in 0_u8..8,
        cut in any::<bool>(),
    ) {
        let World { folder, store } = world();
        let objects: Vec<_> = sizes.iter().enumerate().map(|(number, size)| object(u32::try_from(number).expect("few"), *size)).collect();
        write(&store, &objects).expect("written");
        let path = &pack_files(folder.path())[0];
        let mut bytes = std::fs::read(path).expect("read");
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] ^= 1 << bit }
        std::fs::write(path, bytes).expect("damage");
        for store in [store, LocalStore::open(folder.path()).expect("open")] {
            for (name, bytes) in &objects {
                match store.read(name) {
                    Ok(read) => prop_assert_eq!(&read, bytes),
                    Err(CasError::Damaged(found) | CasError::Missing(found)) => prop_assert_eq!(found, *name),
                    Err(other) => prop_assert!(false, "{other}"),
                }
            }
        }
    }
}
