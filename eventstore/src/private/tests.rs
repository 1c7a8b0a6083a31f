use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{FORGOTTEN, OPEN, PrivateError, SEALED, canonical, open, open_text, seal};
use crate::sqlite::SqliteStore;
use crate::vault::keyring::{KeyError, Keyring};

async fn keyring(folder: &tempfile::TempDir) -> Keyring {
    let store = SqliteStore::open(folder.path().join("journal.db")).await.expect("a journal");
    Keyring::new(Arc::new(store), b"a secret of the installation")
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

/// Any JSON, marker names among the keys.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(Value::from(u64::MAX)),
        Just(Value::from("\u{0}")),
        ".*".prop_map(Value::from),
    ];
    let key = prop_oneof!["[a-z$]{0,5}", Just(OPEN.to_owned()), Just(SEALED.to_owned()), Just(FORGOTTEN.to_owned())];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..6).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

#[test]
fn a_round_trip_keeps_every_value() {
    let folder = tempfile::tempdir().expect("a folder");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let keys = runtime.block_on(keyring(&folder));
    let config = ProptestConfig { cases: 128, failure_persistence: None, ..Default::default() };
    proptest::test_runner::TestRunner::new(config)
        .run(&json_value(), |secret| {
            let data = json!({ "plain": [1, { "deep": { OPEN: { "subject": "session-1", "value": secret } } }] });
            let sealed = runtime.block_on(seal(&keys, data.clone())).expect("sealed");
            let text = canonical(&sealed);
            prop_assert!(!text.contains("\"$open\":"));
            prop_assert_eq!(&sealed["plain"][1]["deep"][SEALED]["subject"], "session-1");
            let stored: Value = serde_json::from_str(&text).expect("JSON");
            prop_assert_eq!(runtime.block_on(open(&keys, stored)).expect("opened"), data);
            Ok(())
        })
        .expect("every value");
}

/// What [`open`] comes to for a text.
async fn opened(keys: &Keyring, text: &str) -> Result<Value, PrivateError> {
    open(keys, serde_json::from_str(text).expect("JSON")).await
}

async fn opened_as_text(keys: &Keyring, text: &str) -> Result<Value, PrivateError> {
    Ok(serde_json::from_str(&open_text(keys, text).await?).expect("JSON"))
}

#[test]
fn a_text_is_opened_as_its_value_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let keys = runtime.block_on(keyring(&folder));
    runtime.block_on(keys.current("session-2")).expect("a key");
    let config = ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() };
    proptest::test_runner::TestRunner::new(config)
        .run(&(json_value(), json_value(), 0..4_u8, any::<bool>()), |(plain, secret, subject, pretty)| {
            let open = |subject: &str| json!({ OPEN: { "subject": subject, "value": secret } });
            let subject = ["session-1", "session-2", "é \"\\", "session-3"][usize::from(subject)];
            let sealed =
                runtime.block_on(seal(&keys, json!([open(subject), "{", open("session-1"), { FORGOTTEN: true }]))).expect("sealed");
            let data = json!({ "a": plain, "b": sealed, "c": "\"$" });
            // Both as they are stored and written in any other way.
            let text = if pretty { serde_json::to_string_pretty(&data).expect("JSON") } else { canonical(&data) };
            prop_assert_eq!(runtime.block_on(opened_as_text(&keys, &text)), runtime.block_on(opened(&keys, &text)));
            Ok(())
        })
        .expect("every text");
}

#[test]
fn a_text_says_what_is_forgotten_damaged_or_no_json() {
    let folder = tempfile::tempdir().expect("a folder");
    run(async {
        let keys = keyring(&folder).await;
        let field = |subject: &str| json!({ OPEN: { "subject": subject, "value": "Ada" } });
        let text = canonical(&seal(&keys, json!({ "name": field("account-1"), "mail": field("account-2") })).await.expect("sealed"));
        keys.destroy("account-1").await.expect("destroyed");
        assert_eq!(opened_as_text(&keys, &text).await, Ok(json!({ "name": { FORGOTTEN: true }, "mail": field("account-2") })));
        let damaged = text.replace("\"ct\":\"", "\"ct\":\"AAAA");
        assert_eq!(open_text(&keys, &damaged).await, Err(PrivateError::Damaged("account-2".into())));
        for text in ["", "{", "é\"$p", "{\"$p\":{\"ct\":\""] {
            assert_eq!(open_text(&keys, text).await.expect("as it is"), text);
        }
        assert_eq!(open_text(&keys, r#"{"$open":{"subject":"a","value":1}}"#).await, Err(PrivateError::Reserved(OPEN)));
    });
}

#[test]
fn a_destroyed_key_is_forgotten_and_never_made_again() {
    let folder = tempfile::tempdir().expect("a folder");
    run(async {
        let keys = keyring(&folder).await;
        let data = json!({ "name": { OPEN: { "subject": "account-1", "value": "Ada" } }, "mail": { OPEN: { "subject": "account-2", "value": 1 } } });
        let sealed = seal(&keys, data).await.expect("sealed");
        keys.destroy("account-1").await.expect("destroyed");
        let read = open(&keys, sealed.clone()).await.expect("opened");
        assert_eq!(read["name"], json!({ FORGOTTEN: true }));
        assert_eq!(read["mail"][OPEN]["value"], 1);
        assert_eq!(keys.current("account-1").await.err(), Some(KeyError::Destroyed("account-1".into())));
        // Another process, without this one's memory.
        let fresh = keyring(&folder).await;
        assert_eq!(fresh.current("account-1").await.err(), Some(KeyError::Destroyed("account-1".into())));
        assert_eq!(open(&fresh, sealed).await.expect("opened")["name"], json!({ FORGOTTEN: true }));
        assert_eq!(seal(&fresh, json!({ FORGOTTEN: true })).await, Ok(json!({ FORGOTTEN: true })));
    });
}

#[test]
fn markers_out_of_shape_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    run(async {
        let keys = keyring(&folder).await;
        for bad in [
            json!({ OPEN: 1 }),
            json!({ OPEN: { "subject": "s" } }),
            json!({ OPEN: { "subject": "s", "value": 1 }, "other": 1 }),
            json!([{ "a": { OPEN: { "subject": 1, "value": 1 } } }]),
        ] {
            assert_eq!(seal(&keys, bad).await, Err(PrivateError::Reserved(OPEN)));
        }
        let sealed = seal(&keys, json!({ OPEN: { "subject": "s", "value": 1 } })).await.expect("sealed");
        assert_eq!(seal(&keys, sealed).await, Err(PrivateError::Reserved(SEALED)));
    });
}

#[test]
fn a_key_opens_only_with_the_secret_and_subject_it_was_made_for() {
    let folder = tempfile::tempdir().expect("a folder");
    run(async {
        let keys = keyring(&folder).await;
        let mut sealed = seal(&keys, json!({ OPEN: { "subject": "a", "value": 1 } })).await.expect("sealed");
        keys.current("b").await.expect("a key");
        let store = SqliteStore::open(folder.path().join("journal.db")).await.expect("a journal");
        let other = Keyring::new(Arc::new(store), b"another secret");
        assert_eq!(other.current("a").await.err(), Some(KeyError::OtherSecret("a".into())));
        let key_of_b = keys.current("b").await.expect("a key").key_id().to_owned();
        sealed[SEALED]["subject"] = "b".into();
        sealed[SEALED]["key"] = key_of_b.into();
        assert_eq!(open(&keys, sealed).await, Err(PrivateError::Damaged("b".into())));
    });
}

#[test]
fn canonical_json_sorts_and_is_compact() {
    let value: Value = serde_json::from_str(r#"{ "b": [1, 18446744073709551615, "\u0000é"], "a": {"d": null, "c": 0.5} }"#).expect("JSON");
    assert_eq!(canonical(&value), r#"{"a":{"c":0.5,"d":null},"b":[1,18446744073709551615,"\u0000é"]}"#);
}
