//! Sweeping: nothing that a root reaches goes, what none reaches goes, and those who write are waited for.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::Duration;

use super::*;

const NOW: Sweep = Sweep { grace: Duration::ZERO, dry_run: false };

fn object(number: u32) -> (Address, Vec<u8>) {
    let bytes = number.to_le_bytes().repeat(100);
    (Address::of(&bytes), bytes)
}

fn mark(live: &mut Live, numbers: impl IntoIterator<Item = u32>) -> Result<(), CasError> {
    for number in numbers {
        live.add(object(number).0);
    }
    Ok(())
}

#[tokio::test]
async fn what_no_root_reaches_goes_and_the_rest_stays() {
    let World { folder, store } = world();
    for first in [0, 10, 20] {
        write(&store, &(first..first + 10).map(object).collect::<Vec<_>>()).expect("written");
    }
    let (kept, dropped) = (store.put(Bytes::from_static(b"kept")).await, store.put(Bytes::from_static(b"dropped")).await);
    let (kept, dropped) = (kept.expect("put"), dropped.expect("put"));
    // All of the first pack, three of the second, nine of the third.
    let roots = |live: &mut Live| {
        live.add(kept);
        mark(live, (0..13).chain(20..29))
    };
    let before = store.epoch().expect("epoch");
    let dry = store.sweep(&Sweep { dry_run: true, ..NOW }, &mut { roots }).expect("a dry run");
    assert_eq!((dry.live.objects, dry.removed.objects, dry.moved.objects, dry.later.objects, dry.missing), (23, 8, 3, 1, 0));
    assert_eq!((Objects::has(&store, &dropped), store.epoch()), (Ok(true), Ok(before)));
    let swept = store.sweep(&NOW, &mut { roots }).expect("swept");
    assert_eq!(swept, dry);
    assert_ne!(store.epoch(), Ok(before));
    for store in [&store, &LocalStore::open(folder.path()).expect("open")] {
        for number in 0..30 {
            let (name, bytes) = object(number);
            let expected = if (13..20).contains(&number) { Err(CasError::Missing(name)) } else { Ok(bytes) };
            assert_eq!(Objects::read(store, &name), expected, "{number}");
        }
        assert_eq!((Objects::has(store, &kept), Objects::has(store, &dropped)), (Ok(true), Ok(false)));
    }
    let again = store.sweep(&NOW, &mut { roots }).expect("swept");
    assert_eq!((again.removed.objects, again.moved.objects, again.later.objects), (0, 0, 1));
}

#[tokio::test]
async fn the_young_are_spared_and_putting_again_makes_young() {
    let World { folder, store } = world();
    let blob = store.put(Bytes::from_static(b"blob")).await.expect("put");
    write(&store, &[object(1)]).expect("written");
    let day = Sweep { grace: Duration::from_secs(86_400), dry_run: false };
    let swept = store.sweep(&day, &mut |_| Ok(())).expect("swept");
    assert_eq!((swept.young.objects, swept.removed.objects), (2, 0));
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(100_000);
    let path = path_of(folder.path(), &blob);
    std::fs::File::options().write(true).open(&path).and_then(|file| file.set_modified(long_ago)).expect("made old");
    store.put(Bytes::from_static(b"blob")).await.expect("put again");
    assert_eq!(store.sweep(&day, &mut |_| Ok(())).expect("swept").removed.objects, 0);
    std::fs::File::options().write(true).open(&path).and_then(|file| file.set_modified(long_ago)).expect("made old");
    assert_eq!(store.sweep(&day, &mut |_| Ok(())).expect("swept").removed.objects, 1);
}

#[test]
fn a_writer_is_never_swept_from_under() {
    let World { folder: _folder, store } = world();
    write(&store, &[object(1)]).expect("written");
    let hold = store.hold().expect("held");
    assert_eq!(store.sweep(&NOW, &mut |_| Ok(())), Err(CasError::Busy));
    drop(hold);
    // Somebody finds the object present, names it by an event and lets go, all after the first mark.
    let rounds = Cell::new(0);
    let swept = store.sweep(&NOW, &mut |live| {
        rounds.set(rounds.get() + 1);
        mark(live, (rounds.get() == 2).then_some(1))
    });
    assert_eq!((swept.expect("swept").removed.objects, rounds.get()), (0, 2));
    assert_eq!(Objects::read(&store, &object(1).0), Ok(object(1).1));
}

/// Else a full store could not be swept: living objects are copied before anything goes.
#[test]
fn what_is_wholly_dead_goes_also_when_there_is_no_room_for_copies() {
    let Some(disk) = crate::small_disk::SmallDisk::mount("2m") else { return };
    let store = LocalStore::open(&disk.path().join("cas")).expect("open");
    let (large, halves) = (vec![1; 600 * 1024], vec![2; 500 * 1024]);
    let (dead, living) = (Address::of(&large), Address::of(&halves));
    write(&store, &[(dead, large)]).expect("written");
    // Half of this pack lives and would have to be copied.
    write(&store, &[(living, halves.clone()), (object(1).0, vec![3; 500 * 1024])]).expect("written");
    store.packs().next_epoch().expect("there is one");
    std::fs::write(disk.path().join("filler"), vec![0; 380 * 1024]).expect("filled");
    let mut mark = |live: &mut Live| {
        live.add(living);
        Ok(())
    };
    let swept = store.sweep(&NOW, &mut mark).expect("swept");
    assert_eq!((swept.removed.objects, swept.moved.objects, swept.later.objects), (1, 0, 1));
    assert_eq!(Objects::read(&store, &living), Ok(halves));
    let swept = store.sweep(&NOW, &mut mark).expect("now there is room");
    assert_eq!((swept.removed.objects, swept.moved.objects, swept.later.objects), (1, 1, 0));
}

/// Then a sweep is just what is wanted, and it must write down that it removes before it does. Each leaves what the next one needs.
#[test]
fn a_disk_without_a_free_byte_is_swept_again_and_again() {
    let Some(disk) = crate::small_disk::SmallDisk::mount("2m") else { return };
    let store = LocalStore::open(&disk.path().join("cas")).expect("open");
    for round in 0..3 {
        write(&store, &[(object(round).0, vec![1; 300 * 1024])]).expect("written");
        disk.fill();
        assert_eq!(write(&store, &[object(9)]), Err(CasError::Full));
        let before = store.epoch().expect("epoch");
        let swept = store.sweep(&NOW, &mut |_| Ok(())).expect("swept");
        assert_eq!((swept.removed.objects, Objects::has(&store, &object(round).0)), (1, Ok(false)), "round {round}");
        assert_ne!(store.epoch(), Ok(before));
        std::fs::remove_file(disk.path().join("filler")).expect("removed");
    }
}

#[test]
fn roots_that_cannot_be_read_end_the_sweep() {
    let World { folder: _folder, store } = world();
    write(&store, &[object(1)]).expect("written");
    let error = CasError::Damaged(object(2).0);
    assert_eq!(store.sweep(&NOW, &mut |_| Err(error.clone())), Err(error.clone()));
    assert_eq!(Objects::has(&store, &object(1).0), Ok(true));
}

#[test]
fn a_pack_with_damaged_living_objects_stays_as_it_is() {
    let World { folder, store } = world();
    write(&store, &(0..10).map(object).collect::<Vec<_>>()).expect("written");
    let packs = std::fs::read_dir(folder.path().join("packs")).expect("readable");
    let mut paths = packs.map(|entry| entry.expect("entry").path());
    let pack = paths.find(|path| path.extension().is_some_and(|extension| extension == "pack")).expect("a pack");
    let mut bytes = std::fs::read(&pack).expect("read");
    bytes[5 + 68 + 7] ^= 1;
    std::fs::write(&pack, bytes).expect("damage");
    let swept = store.sweep(&NOW, &mut |live| mark(live, 0..2)).expect("swept");
    assert_eq!((swept.unreadable.objects, swept.removed.objects), (1, 0));
    assert!(pack.exists());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn exactly_the_living_are_left_when_all_dead_are_worth_it(
        packs in proptest::collection::vec(proptest::collection::btree_set(0_u32..60, 1..20), 1..8),
        rounds in proptest::collection::vec(proptest::collection::btree_set(0_u32..60, 0..60), 1..4),
    ) {
        let World { folder, store } = world();
        let mut there = BTreeSet::new();
        for pack in &packs {
            write(&store, &pack.iter().copied().map(object).collect::<Vec<_>>()).expect("written");
            there.extend(pack.iter().copied());
        }
        for live in rounds {
            let live: BTreeSet<_> = live.intersection(&there).copied().collect();
            let swept = store.sweep(&NOW, &mut |marks| mark(marks, live.iter().copied())).expect("swept");
            prop_assert_eq!((swept.live.objects, swept.missing), (live.len() as u64, 0));
            for store in [&store, &LocalStore::open(folder.path()).expect("open")] {
                for number in &live {
                    prop_assert_eq!(Objects::read(store, &object(*number).0), Ok(object(*number).1));
                }
            }
            there = live;
        }
    }
}

/// Two processes over one store: what one has swept, the other does not take for stored.
#[tokio::test]
async fn what_another_process_swept_is_not_taken_for_stored() {
    let World { folder, store } = world();
    let (gone, bytes) = object(1);
    write(&store, &[(gone, bytes), object(2)]).expect("written");
    let other = LocalStore::open(folder.path()).expect("open");
    assert_eq!(Objects::has(&other, &gone), Ok(true));
    store.sweep(&NOW, &mut |live| mark(live, [2])).expect("swept");
    let _held = other.hold().expect("held");
    assert_eq!((Objects::has(&other, &gone), Objects::has(&other, &object(2).0)), (Ok(false), Ok(true)));
}
