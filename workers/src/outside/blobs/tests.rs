use std::path::Path;

use opensail_csi::cas::LocalStore;
use opensail_eventstore::sqlite::SqliteStore;

use super::*;

const SECRET: &[u8] = b"the installation's secret, 32 by";

struct World {
    folder: tempfile::TempDir,
    keys: Arc<Keyring>,
    blobs: EncryptedBlobs,
}

async fn world() -> World {
    let folder = tempfile::tempdir().expect("tempdir");
    let vault = SqliteStore::open(folder.path().join("journal.db")).await.expect("vault");
    let keys = Arc::new(Keyring::new(Arc::new(vault), SECRET));
    let store = LocalStore::open(&folder.path().join("blobs")).expect("store");
    let blobs = EncryptedBlobs::new(Arc::new(store), Arc::clone(&keys));
    World { folder, keys, blobs }
}

/// The files of all blobs.
fn stored(folder: &Path) -> Vec<std::path::PathBuf> {
    let shards = std::fs::read_dir(folder.join("blobs")).expect("readable").map(|shard| shard.expect("shard").path());
    shards
        .filter(|shard| !shard.ends_with("packs"))
        .flat_map(|shard| std::fs::read_dir(shard).expect("readable").map(|file| file.expect("file").path()))
        .collect()
}

#[tokio::test]
async fn a_blob_is_read_back_and_no_plaintext_lies_on_the_disk() {
    let world = world().await;
    let plain = Bytes::from_static(b"a line that must not be found on the disk");
    let hash = world.blobs.put("session-1", plain.clone()).await.expect("put");
    assert_eq!(world.blobs.get("session-1", &hash).await, Ok(plain.clone()));
    let files = stored(world.folder.path());
    assert_eq!(files.len(), 1);
    let bytes = std::fs::read(&files[0]).expect("read");
    assert_eq!(blake3_of(&bytes), hash.0);
    assert!(!bytes.windows(plain.len()).any(|window| window == plain));
    let again = world.blobs.put("session-1", plain).await.expect("put");
    assert_ne!(hash, again);
}

fn blake3_of(bytes: &[u8]) -> String {
    Address::of(bytes).to_string()
}

#[tokio::test]
async fn an_empty_blob_is_a_blob() {
    let world = world().await;
    let hash = world.blobs.put("session-1", Bytes::new()).await.expect("put");
    assert_eq!(world.blobs.get("session-1", &hash).await, Ok(Bytes::new()));
}

#[tokio::test]
async fn another_subject_does_not_get_it() {
    let world = world().await;
    let hash = world.blobs.put("session-1", Bytes::from_static(b"x")).await.expect("put");
    world.blobs.put("session-2", Bytes::from_static(b"y")).await.expect("put");
    assert_eq!(world.blobs.get("session-2", &hash).await, Err(BlobError::Forgotten(hash.0)));
}

#[tokio::test]
async fn a_forgotten_subject_has_no_blobs_and_gets_no_new_ones() {
    let world = world().await;
    let hash = world.blobs.put("session-1", Bytes::from_static(b"x")).await.expect("put");
    world.keys.destroy("session-1").await.expect("destroyed");
    assert_eq!(world.blobs.get("session-1", &hash).await, Err(BlobError::Forgotten(hash.0)));
    let refused = world.blobs.put("session-1", Bytes::from_static(b"y")).await;
    assert_eq!(refused, Err(BlobError::Forgotten("session-1".into())));
}

#[tokio::test]
async fn damage_and_absence_are_told_apart() {
    let world = world().await;
    let hash = world.blobs.put("session-1", Bytes::from_static(b"x")).await.expect("put");
    let file = &stored(world.folder.path())[0];
    let mut bytes = std::fs::read(file).expect("read");
    *bytes.last_mut().expect("not empty") ^= 1;
    std::fs::write(file, bytes).expect("damage");
    assert_eq!(world.blobs.get("session-1", &hash).await, Err(BlobError::Damaged(hash.0)));
    for unknown in ["0".repeat(64), "../../etc/passwd".into()] {
        let missing = world.blobs.get("session-1", &BlobHash(unknown.clone())).await;
        assert_eq!(missing, Err(BlobError::Missing(unknown)));
    }
}

#[tokio::test]
async fn what_is_no_encrypted_blob_is_damage() {
    let world = world().await;
    let store = LocalStore::open(&world.folder.path().join("blobs")).expect("store");
    let address = store.put(Bytes::from_static(b"plain")).await.expect("put");
    let hash = address.to_string();
    assert_eq!(world.blobs.get("session-1", &BlobHash(hash.clone())).await, Err(BlobError::Damaged(hash)));
}
