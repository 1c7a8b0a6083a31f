mod contents;
mod crash;
mod packs;
mod sweeps;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;

fn path_of(root: &Path, address: &Address) -> PathBuf {
    let digits = address.to_string();
    root.join(&digits[..2]).join(&digits[2..])
}

/// Blobs that lie as files of their own.
fn files(root: &Path) -> usize {
    let shards = std::fs::read_dir(root).expect("readable");
    shards
        .filter(|shard| shard.as_ref().expect("shard").file_name() != "packs")
        .map(|shard| std::fs::read_dir(shard.expect("shard").path()).expect("readable").count())
        .sum()
}

/// One pack.
fn write(store: &LocalStore, objects: &[(Address, Vec<u8>)]) -> Result<(), CasError> {
    let batch = store.batch();
    batch.write(objects)?;
    batch.publish()
}

struct World {
    folder: tempfile::TempDir,
    store: LocalStore,
}

fn world() -> World {
    let folder = tempfile::tempdir().expect("tempdir");
    let store = LocalStore::open(folder.path()).expect("open");
    World { folder, store }
}

#[tokio::test]
async fn what_is_put_is_found_again_also_after_a_restart() {
    let World { folder, store } = world();
    let address = store.put(Bytes::from_static(b"bytes")).await.expect("put");
    assert_eq!(address.to_string(), blake3::hash(b"bytes").to_hex().to_string());
    drop(store);
    let store = LocalStore::open(folder.path()).expect("open again");
    assert_eq!(store.get(&address).await.expect("get"), "bytes");
}

#[tokio::test]
async fn putting_twice_stores_once() {
    let World { folder, store } = world();
    let one = store.put(Bytes::from_static(b"same")).await.expect("put");
    let two = store.put(Bytes::from_static(b"same")).await.expect("put");
    assert_eq!((one, files(folder.path())), (two, 1));
}

#[tokio::test]
async fn only_the_owner_may_read() {
    let World { folder, store } = world();
    let address = store.put(Bytes::from_static(b"x")).await.expect("put");
    let mode = |path: &Path| std::fs::metadata(path).expect("metadata").permissions().mode() & 0o777;
    let path = path_of(folder.path(), &address);
    assert_eq!((mode(&path), mode(path.parent().expect("shard"))), (0o600, 0o700));
}

#[tokio::test]
async fn an_unknown_address_is_missing() {
    let address = Address::of(b"never put");
    assert_eq!(world().store.get(&address).await, Err(CasError::Missing(address)));
}

#[tokio::test]
async fn a_flipped_bit_and_a_truncated_file_are_named_and_healed_by_putting_again() {
    let World { folder, store } = world();
    let good = Bytes::from(vec![7; 1000]);
    let address = store.put(good.clone()).await.expect("put");
    let path = path_of(folder.path(), &address);
    let mut flipped = good.to_vec();
    flipped[500] ^= 1;
    for damaged in [flipped, good[..999].to_vec(), Vec::new()] {
        std::fs::write(&path, damaged).expect("damage");
        assert_eq!(store.get(&address).await, Err(CasError::Damaged(address)));
        store.put(good.clone()).await.expect("put again");
        assert_eq!(store.get(&address).await.expect("healed"), good);
    }
}

#[tokio::test]
async fn a_leftover_of_a_crash_is_removed() {
    let World { folder, store } = world();
    let address = store.put(Bytes::from_static(b"kept")).await.expect("put");
    let left = path_of(folder.path(), &address).with_file_name(".opensail-00000000000000aa.tmp");
    std::fs::write(&left, b"half of somethi").expect("leftover");
    let store = LocalStore::open(folder.path()).expect("open again");
    store.clear_leftovers();
    assert!(!left.exists());
    assert_eq!(store.get(&address).await.expect("get"), "kept");
}

#[tokio::test]
async fn many_puts_of_the_same_bytes_at_once_agree() {
    let World { folder, store } = world();
    let puts = (0..32).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.put(Bytes::from(vec![1; 100_000])).await })
    });
    let mut addresses = Vec::new();
    for put in puts.collect::<Vec<_>>() {
        addresses.push(put.await.expect("task").expect("put"));
    }
    addresses.dedup();
    assert_eq!((addresses.len(), files(folder.path())), (1, 1));
}

#[tokio::test]
async fn a_full_disk_is_said_and_leaves_nothing() {
    let Some(disk) = crate::small_disk::SmallDisk::mount("2m") else { return };
    let root = disk.path().join("cas");
    let store = LocalStore::open(&root).expect("open");
    let kept = store.put(Bytes::from_static(b"small")).await.expect("fits");
    assert_eq!(store.put(Bytes::from(vec![3; 4 * 1024 * 1024])).await, Err(CasError::Full));
    assert_eq!(files(&root), 1);
    assert_eq!(store.get(&kept).await.expect("get"), "small");
}

proptest! {
    #[test]
    fn an_address_reads_back(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let address = Address::of(&bytes);
        prop_assert_eq!(address.to_string().parse(), Ok(address));
    }

    #[test]
    fn only_lower_case_hex_of_the_right_length_is_an_address(text in "[0-9a-fA-Fg/.]{62,66}") {
        let good = text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        prop_assert_eq!(text.parse::<Address>().is_ok(), good);
    }
}
