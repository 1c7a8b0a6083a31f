//! What is read is what was written, whatever its size, its names and the number of events.

use std::collections::HashSet;

use proptest::prelude::*;
use uuid::Uuid;

use crate::append::{Append, MAX_EVENTS, Part};
use crate::envelope::{Actor, ActorKind, CommandId, NewEvent, Recorded, StreamId};
use crate::journal::{Filter, Journal};
use crate::sqlite::SqliteStore;
use crate::sqlite::row::INLINE_BYTES;

struct Wish {
    stream: String,
    actor: String,
    project: Option<String>,
    client_address: Option<String>,
    causation_id: Option<Uuid>,
    payloads: Vec<String>,
}

async fn written(store: &SqliteStore, wish: &Wish) {
    let event = |payload: &String| NewEvent {
        event_id: Uuid::now_v7(),
        event_type: "test.happened".into(),
        version: 1,
        payload: serde_json::json!(payload).to_string(),
    };
    let append = Append {
        command_id: CommandId(Uuid::now_v7()),
        fingerprint: None,
        fence: None,
        actor: Actor { kind: ActorKind::User, id: wish.actor.clone(), name: wish.actor.clone() },
        correlation_id: Uuid::now_v7(),
        causation_id: wish.causation_id,
        client_address: wish.client_address.clone(),
        parts: vec![Part {
            stream: StreamId::new("test", &wish.stream),
            expected: 0,
            tenant: "team".into(),
            project: wish.project.clone(),
            events: wish.payloads.iter().map(event).collect(),
        }],
        guards: Vec::new(),
        vault: Vec::new(),
        answer: None,
    };
    store.append(append).await.expect("appended");
}

fn payloads(events: &[Recorded]) -> Vec<String> {
    events.iter().map(|event| serde_json::from_str(&event.payload).expect("JSON")).collect()
}

/// In every way that there is to read.
async fn assert_reads_back(store: &SqliteStore, wish: &Wish) {
    let stream = StreamId::new("test", &wish.stream);
    let events = store.read_stream(&stream, 0, usize::MAX).await.expect("read");
    assert_eq!(payloads(&events), wish.payloads);
    let positions: Vec<_> = events.iter().map(|event| event.position).collect();
    assert_eq!(store.read_at(&positions).await.expect("read"), events);
    let filter = Filter { streams: vec![stream.clone()], ..Filter::default() };
    assert_eq!(store.read_all(0, usize::MAX, &filter).await.expect("read").events, events);
    for event in &events {
        let names = (&event.stream, event.actor.id.as_str(), &event.project, &event.client_address, event.causation_id);
        assert_eq!(names, (&stream, wish.actor.as_str(), &wish.project, &wish.client_address, wish.causation_id));
        assert_eq!(event.content_hash, crate::seal::leaf::content_hash(event));
    }
}

#[tokio::test]
async fn payloads_of_every_size_come_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path().join("journal.db")).await.expect("a journal");
    let sizes = [0, 1, INLINE_BYTES - 3, INLINE_BYTES - 2, INLINE_BYTES - 1, INLINE_BYTES, 3 * INLINE_BYTES];
    // Two bytes each but for the first letter, so that letters are not taken for bytes.
    let payloads = sizes.map(|size| format!("{}{}", "x".repeat(size % 2), "ä".repeat(size / 2))).to_vec();
    let wish = Wish { stream: "a".into(), actor: "ann".into(), project: None, client_address: None, causation_id: None, payloads };
    written(&store, &wish).await;
    assert_reads_back(&store, &wish).await;
}

#[tokio::test]
async fn more_than_comes_at_once_comes_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path().join("journal.db")).await.expect("a journal");
    for stream in ["a", "b", "c"] {
        let payloads = (0..MAX_EVENTS).map(|n| format!("{stream}{n}")).collect();
        let wish = Wish { stream: stream.into(), actor: "ann".into(), project: None, client_address: None, causation_id: None, payloads };
        written(&store, &wish).await;
    }
    let whole = 3 * MAX_EVENTS as u64;
    for limit in [1999, 2000, 2001, 2999, 3000, 3001] {
        let page = store.read_all(0, limit, &Filter::default()).await.expect("read");
        assert!(page.events.iter().map(|event| event.position).eq(1..=whole.min(limit as u64)), "{limit}");
        assert_eq!(page.seen, whole.min(limit as u64), "{limit}");
    }
    let asked: Vec<u64> = (1..=whole + 5).rev().chain([1, 2]).collect();
    let found: Vec<_> = store.read_at(&asked).await.expect("read").iter().map(|event| event.position).collect();
    assert_eq!((found.len(), found.iter().collect::<HashSet<_>>().len()), (whole as usize, whole as usize));
    assert!(found.is_sorted());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn names_of_every_kind_come_back(
        stream in "[a-z][|\"\\\\\u{1}-\u{1f}äß🚀a-z-]{0,20}",
        actor in "[\\PC|\"\\\\\u{1}-\u{1f}]{0,30}",
        project in proptest::option::of("[a-z|\"]{1,10}"),
        client_address in proptest::option::of("[0-9.:|]{1,10}"),
        caused in any::<bool>(),
        payloads in proptest::collection::vec("[\\PC|\"\\\\\u{0}-\u{1f}]{0,40}", 1..6),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let folder = tempfile::tempdir().expect("a folder");
            let store = SqliteStore::open(folder.path().join("journal.db")).await.expect("a journal");
            let wish = Wish { stream, actor, project, client_address, causation_id: caused.then(Uuid::now_v7), payloads };
            written(&store, &wish).await;
            assert_reads_back(&store, &wish).await;
        });
    }
}
