//! The vault: mutable, with compare-and-set, and in the append's transaction where asked.

use super::{Subject, append, one, part};
use crate::append::Append;
use crate::vault::VaultWrite;
use crate::vault::keyring::Keyring;

fn put(key: &str, value: &[u8]) -> VaultWrite {
    VaultWrite::Put { kind: "test".into(), key: key.into(), value: value.into(), expires: None }
}

pub async fn rows_come_and_go(subject: &dyn Subject) {
    let vault = subject.vault();
    assert_eq!(vault.get("test", "a").await, Ok(None));
    vault.put("test", "a", b"\0\xff", None).await.expect("put");
    vault.put("other", "a", b"2", None).await.expect("put");
    assert_eq!(vault.get("test", "a").await, Ok(Some(b"\0\xff".to_vec())));
    vault.put("test", "a", b"", None).await.expect("put");
    assert_eq!(vault.get("test", "a").await, Ok(Some(Vec::new())));
    vault.delete("test", "a").await.expect("deleted");
    vault.delete("test", "a").await.expect("deleted twice is harmless");
    assert_eq!(vault.get("test", "a").await, Ok(None));
    assert_eq!(vault.get("other", "a").await, Ok(Some(b"2".to_vec())));
}

pub async fn swap_is_compare_and_set(subject: &dyn Subject) {
    let vault = subject.vault();
    assert_eq!(vault.swap("test", "a", Some(b"0"), b"1", None).await, Ok(false));
    let racing = (0..16u8).map(|number| {
        let vault = vault.clone();
        async move { vault.swap("test", "a", None, &[number], None).await.expect("swapped") }
    });
    assert_eq!(futures::future::join_all(racing).await.into_iter().filter(|won| *won).count(), 1);
    let present = vault.get("test", "a").await.expect("read").expect("a row");
    assert_eq!(vault.swap("test", "a", Some(b"wrong"), b"x", None).await, Ok(false));
    assert_eq!(vault.swap("test", "a", Some(&present), b"x", None).await, Ok(true));
    assert_eq!(vault.get("test", "a").await, Ok(Some(b"x".to_vec())));
}

pub async fn take_gives_to_one_only(subject: &dyn Subject) {
    let vault = subject.vault();
    vault.put("test", "link", b"v", None).await.expect("put");
    let racing = (0..16).map(|_| {
        let vault = vault.clone();
        async move { vault.take("test", "link").await.expect("asked") }
    });
    let got: Vec<_> = futures::future::join_all(racing).await.into_iter().flatten().collect();
    assert_eq!(got, [b"v".to_vec()]);
}

pub async fn expired_rows_are_absent(subject: &dyn Subject) {
    let vault = subject.vault();
    vault.put("test", "a", b"1", Some(1)).await.expect("put");
    assert_eq!(vault.get("test", "a").await, Ok(None));
    assert_eq!(vault.take("test", "a").await, Ok(None));
    assert_eq!(vault.list("test", "").await, Ok(Vec::new()));
    assert_eq!(vault.swap("test", "a", Some(b"1"), b"2", None).await, Ok(false));
    assert_eq!(vault.swap("test", "a", None, b"2", Some(i64::MAX)).await, Ok(true));
    assert_eq!(vault.get("test", "a").await, Ok(Some(b"2".to_vec())));
}

pub async fn writes_ride_in_the_append(subject: &dyn Subject) {
    let (journal, vault) = (subject.journal(), subject.vault());
    vault.put("test", "gone", b"1", None).await.expect("put");
    let delete = |key: &str| VaultWrite::Delete { kind: "test".into(), key: key.into() };
    let refused = Append { vault: vec![put("a", b"1"), delete("gone")], ..append(vec![part("s", 5, 1)]) };
    assert!(journal.append(refused).await.is_err());
    assert_eq!(vault.get("test", "a").await, Ok(None));
    assert_eq!(vault.get("test", "gone").await, Ok(Some(b"1".to_vec())));
    let writes = vec![put("a", b"1"), delete("a"), put("a", b"2"), delete("gone"), put("b", b"3"), delete("b")];
    let done = Append { vault: writes, ..one("s") };
    journal.append(done.clone()).await.expect("appended");
    assert_eq!(vault.get("test", "a").await, Ok(Some(b"2".to_vec())));
    assert_eq!(vault.get("test", "gone").await, Ok(None));
    assert_eq!(vault.get("test", "b").await, Ok(None));
    vault.put("test", "a", b"later", None).await.expect("put");
    // Repeated, nothing is written again.
    assert!(journal.append(done).await.expect("known").repeated);
    assert_eq!(vault.get("test", "a").await, Ok(Some(b"later".to_vec())));
    let quiet = Append { vault: vec![put("quiet", b"1")], ..append(Vec::new()) };
    journal.append(quiet).await.expect("kept");
    assert_eq!(vault.get("test", "quiet").await, Ok(Some(b"1".to_vec())));
}

pub async fn lists_are_by_prefix(subject: &dyn Subject) {
    let vault = subject.vault();
    for key in ["a-2", "a-1", "b-1", "a%", "A-1", "a-é"] {
        vault.put("test", key, key.as_bytes(), None).await.expect("put");
    }
    let keys = async |prefix| vault.list("test", prefix).await.expect("listed").into_iter().map(|(key, _)| key).collect::<Vec<_>>();
    assert_eq!(keys("a-").await, ["a-1", "a-2", "a-é"]);
    assert_eq!(keys("a%").await, ["a%"]);
    assert_eq!(keys("").await.len(), 6);
}

pub async fn a_subject_has_one_key(subject: &dyn Subject) {
    let rings = (0..8).map(|_| Keyring::new(subject.vault(), b"secret")).collect::<Vec<_>>();
    let keys = futures::future::join_all(rings.iter().map(|ring| ring.current("session-1"))).await;
    let ids: std::collections::BTreeSet<_> = keys.iter().map(|key| key.as_ref().expect("a key").key_id().to_owned()).collect();
    assert_eq!(ids.len(), 1);
    // Destroyed together with the event that says so.
    let forgets = Append { vault: vec![Keyring::destruction("session-1")], ..one("forgotten") };
    subject.journal().append(forgets).await.expect("appended");
    let fresh = Keyring::new(subject.vault(), b"secret");
    assert!(fresh.current("session-1").await.is_err());
    assert!(fresh.find("session-1", ids.first().expect("an id")).await.expect("asked").is_none());
}
