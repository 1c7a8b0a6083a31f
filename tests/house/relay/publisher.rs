//! The publisher of work: after a failover nothing is missing and nothing comes twice.

use std::sync::Arc;

use opensail_eventstore::conformance::relay::servers::{Kind, RelayServer};
use opensail_eventstore::conformance::{append, part};
use opensail_eventstore::postgres::PostgresStore;
use opensail_eventstore::relay::{NatsWork, Patience, Publisher, WorkRelay};
use opensail_eventstore::subscription::Tail;
use opensail_eventstore::{Journal, Position};
use opensail_tests::postgres::{Database, fresh_database};

/// One process's publisher; aborted, it is as dead as a killed one, its lease included.
async fn publisher(database: &Database, nats: &RelayServer) -> (PostgresStore, tokio::task::JoinHandle<()>) {
    let store = database.journal().await;
    let (shared, work) = (Arc::new(store.clone()), work(nats).await);
    let publisher = Publisher {
        tail: Tail::start(shared.clone()).await.expect("a tail"),
        work,
        vault: shared.clone(),
        leases: shared,
        holder: uuid::Uuid::now_v7().to_string(),
        types: vec!["test.happened".into()],
        from: 0,
    };
    let task = tokio::spawn(async move { while publisher.run().await.is_err() {} });
    (store, task)
}

async fn work(nats: &RelayServer) -> Arc<dyn WorkRelay> {
    Arc::new(NatsWork::start(nats.url().parse().expect("an address"), "a", Patience::default()).await.expect("begun"))
}

async fn taken(relay: &Arc<dyn WorkRelay>) -> Position {
    let taken = relay.take().await;
    assert_eq!(taken.delivery, 1);
    let position = taken.work.id.rsplit('.').next().and_then(|position| position.parse().ok()).expect("a cursor");
    taken.done().await;
    position
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_goes_on_where_one_died() {
    let (database, nats) = (fresh_database().await, RelayServer::start(Kind::Nats).await);
    let (store, first) = publisher(&database, &nats).await;
    let worker = work(&nats).await;
    // The first has begun when its first piece comes.
    let mut before = 0;
    loop {
        before = store.append(append(vec![part("a-1", before, 1)])).await.expect("appended").position;
        if let Ok(position) = tokio::time::timeout(std::time::Duration::from_millis(200), taken(&worker)).await {
            let mut position = position;
            while position < before {
                position = taken(&worker).await;
            }
            break;
        }
    }
    let (other, _second) = publisher(&database, &nats).await;
    first.abort();
    let _ = first.await;
    // Nobody publishes just now.
    for version in before..before + 5 {
        other.append(append(vec![part("a-1", version, 1)])).await.expect("appended");
    }
    store.close().await;
    drop(store);
    for expected in before + 1..=before + 5 {
        assert_eq!(taken(&worker).await, expected, "none is missing, none comes twice");
    }
    let last = other.append(append(vec![part("a-1", before + 5, 1)])).await.expect("appended").position;
    assert_eq!(taken(&worker).await, last);
}
