use super::*;
use crate::sqlite::SqliteStore;

fn key(schema: u8) -> SnapshotKey {
    SnapshotKey { stream: StreamId::new("test", "a"), aggregate_type: "test".into(), schema_hash: [schema; 32] }
}

fn snapshot(version: u64) -> Snapshot {
    Snapshot { version, state: vec![version as u8].into() }
}

#[tokio::test]
async fn a_snapshot_is_found_by_type_and_schema_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Arc::new(SqliteStore::open(folder.path().join("journal.db")).await.expect("a journal"));
    let snapshots = Snapshots::new(store.clone());
    assert_eq!(snapshots.load(&key(1)).await, None);
    snapshots.save(key(1), snapshot(5)).await;
    snapshots.save(key(1), snapshot(3)).await;
    assert_eq!(snapshots.load(&key(1)).await, Some(snapshot(5)));
    // A restart, then a release with another state.
    let later = Snapshots::new(store);
    assert_eq!(later.load(&key(1)).await, Some(snapshot(5)));
    assert_eq!(later.load(&key(2)).await, None);
    later.save(key(2), snapshot(4)).await;
    assert_eq!(later.load(&key(2)).await, Some(snapshot(4)));
    later.forget(&key(2).stream).await.expect("forgotten");
    assert_eq!(later.load(&key(2)).await, None);
    assert_eq!(later.load(&key(1)).await, None);
}

#[tokio::test]
async fn the_least_recently_used_state_leaves_memory() {
    let mut recent = Recent::default();
    let named = |number: usize| SnapshotKey { stream: StreamId::new("test", number), ..key(1) };
    for number in 0..MAX_SNAPSHOTS {
        recent.put(named(number), snapshot(1));
    }
    assert!(recent.get(&named(0)).is_some());
    recent.put(named(MAX_SNAPSHOTS), snapshot(1));
    assert!(recent.get(&named(0)).is_some());
    assert!(recent.get(&named(1)).is_none());
    assert_eq!((recent.states.len(), recent.bytes, recent.order.len()), (MAX_SNAPSHOTS, MAX_SNAPSHOTS, MAX_SNAPSHOTS));
}
