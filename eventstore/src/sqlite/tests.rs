use sqlx::{ConnectOptions, Executor};

use super::*;
use crate::append::{Append, Part};
use crate::envelope::{Actor, CommandId, NewEvent, StreamId};
use crate::journal::Journal;

fn one(stream: &str, expected: u64) -> Append {
    let event = NewEvent { event_id: Uuid::now_v7(), event_type: "test.happened".into(), version: 1, payload: "{}".into() };
    let stream = StreamId::new("test", stream);
    Append {
        command_id: CommandId(Uuid::now_v7()),
        fingerprint: None,
        fence: None,
        actor: Actor::system("test"),
        correlation_id: Uuid::nil(),
        causation_id: None,
        client_address: None,
        parts: vec![Part { stream, expected, tenant: "team".into(), project: None, events: vec![event] }],
        guards: Vec::new(),
        vault: Vec::new(),
        answer: None,
    }
}

#[tokio::test]
async fn the_writer_flushes_before_it_answers() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path().join("journal.db")).await.expect("a journal");
    let full: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&store.inner.writer).await.expect("read");
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&store.inner.writer).await.expect("read");
    let secure: i64 = sqlx::query_scalar("PRAGMA secure_delete").fetch_one(&store.inner.writer).await.expect("read");
    assert_eq!((full, mode.as_str(), secure), (2, "wal", 1));
}

/// REPLACE deletes what any unique index finds and fires no delete trigger.
#[tokio::test]
async fn nothing_is_replaced_by_another_unique_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal.db");
    let store = SqliteStore::open(&path).await.expect("a journal");
    store.append(one("a", 0)).await.expect("appended");
    let before = store.read_at(&[1]).await.expect("read");
    let mut behind = SqliteConnectOptions::new().filename(&path).connect().await.expect("a connection");
    let events = "INSERT OR REPLACE INTO events SELECT 9, tenant_position, epoch, event_id, stream_type, stream_id, stream_version,
        event_type, version, tenant, project, actor_kind, actor_id, actor_name, command_id, correlation_id, causation_id,
        client_address, time, payload, content_hash FROM events WHERE position = 1";
    let epochs = [
        "INSERT OR REPLACE INTO epochs (n, id, started_after, time, reason) SELECT n, randomblob(16), 0, 0, '' FROM epochs",
        "INSERT OR REPLACE INTO epochs (id, started_after, time, reason) SELECT id, 0, 0, '' FROM epochs",
    ];
    for statement in [events].into_iter().chain(epochs) {
        let refused = behind.execute(statement).await.expect_err(statement).to_string();
        assert!(refused.contains("append-only"), "{statement}: {refused}");
    }
    assert_eq!(store.read_at(&[1]).await.expect("read"), before);
}

/// Under whatever name: no terminal obeys it.
#[tokio::test]
async fn a_trigger_of_somebody_else_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal.db");
    assert!(SqliteStore::open(&path).await.expect("a journal").loosened().is_empty());
    let mut behind = SqliteConnectOptions::new().filename(&path).connect().await.expect("a connection");
    behind.execute("CREATE TRIGGER \"quiet\u{1b}\" BEFORE INSERT ON events BEGIN SELECT 1; END").await.expect("made");
    let store = SqliteStore::open(&path).await.expect("the same journal");
    assert_eq!(store.loosened(), ["the trigger quiet\\u{1b} is none of ours"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_new_file_is_prepared_once_by_many() {
    for _ in 0..8 {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal.db");
        let mut opening = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let path = path.clone();
            opening.spawn(async move { SqliteStore::open(path).await.map(|store| store.inner.group.epoch()) });
        }
        let epochs: Vec<_> = opening.join_all().await.into_iter().map(|epoch| epoch.expect("opened")).collect();
        assert!(epochs.iter().all(|epoch| *epoch == epochs[0]));
    }
}

/// Closing any descriptor of a file frees all locks that the process has on it, SQLite's too.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn opening_twice_keeps_the_locks() {
    use std::os::unix::fs::MetadataExt;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal.db");
    let store = SqliteStore::open(&path).await.expect("a journal");
    store.append(one("a", 0)).await.expect("appended");
    let inode = format!(":{} ", std::fs::metadata(&path).expect("the file").ino());
    let locks = || std::fs::read_to_string("/proc/locks").map_or(0, |text| text.lines().filter(|line| line.contains(&inode)).count());
    let before = locks();
    let _again = SqliteStore::open(&path).await.expect("the same journal");
    assert!(locks() >= before, "{before} locks before, {} after", locks());
    assert!(before > 0, "a system that shows no locks");
}
