//! What the benches of appending share: loops that append one event of 450 bytes at a time, each into its own stream, through the journal and through
//! postgres-es' own repository.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cqrs_es::persist::{PersistedEventRepository, SerializedEvent};
use opensail_domain::kernel::Private;
use opensail_eventstore::vault::keyring::Keyring;
use opensail_eventstore::{Append, Journal, NewEvent, Part, StreamId, Vault, conformance, private};
use postgres_es::PostgresEventRepository;
use sqlx::Executor;
use sqlx::postgres::{PgPool, PgPoolOptions};
use uuid::Uuid;

/// Bytes of an event's payload.
pub const PAYLOAD: usize = 450;
/// Characters that are as many bytes once they are sealed.
const TEXT: usize = 245;
/// Connections for each contender, as many as the journal's store opens.
pub const CONNECTIONS: u32 = 10;

pub fn payload() -> String {
    format!("{{\"text\":\"{}\"}}", "x".repeat(PAYLOAD - 11))
}

/// Runs as many loops as are in flight and gives the time of each round that ended within the cell.
pub async fn rounds<F: Future<Output = ()> + Send + 'static>(
    in_flight: usize,
    cell: Duration,
    round: impl Fn() -> F + Clone + Send + 'static,
) -> Vec<Duration> {
    let end = Instant::now() + cell;
    let tasks: Vec<_> = (0..in_flight)
        .map(|_| {
            let round = round.clone();
            tokio::spawn(async move {
                let mut times = Vec::new();
                loop {
                    let start = Instant::now();
                    round().await;
                    if Instant::now() > end {
                        return times;
                    }
                    times.push(start.elapsed());
                }
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.expect("no panic"));
    }
    times
}

/// Through the journal. The text is private, so it is sealed first, which counts.
pub async fn journal(store: impl Journal + Vault + Clone + 'static, in_flight: usize, cell: Duration) -> Vec<Duration> {
    let keys = Arc::new(Keyring::new(Arc::new(store.clone()), b"a secret of the benchmark"));
    store.append(append(&keys).await).await.expect("a first append");
    rounds(in_flight, cell, move || {
        let (store, keys) = (store.clone(), keys.clone());
        async move {
            store.append(append(&keys).await).await.expect("appended");
        }
    })
    .await
}

async fn append(keys: &Keyring) -> Append {
    let open = serde_json::json!({ "text": Private::open("bench", "x".repeat(TEXT)) });
    let payload = private::canonical(&private::seal(keys, open).await.expect("sealed"));
    let event = NewEvent { event_id: Uuid::now_v7(), event_type: "bench.appended".into(), version: 1, payload };
    let stream = StreamId::new("bench", Uuid::now_v7());
    conformance::append(vec![Part { stream, expected: 0, tenant: "team-1".into(), project: None, events: vec![event] }])
}

pub async fn pool(url: &str) -> PgPool {
    PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(Duration::from_secs(60)).connect(url).await.expect("a pool")
}

/// Through postgres-es' repository: one transaction for each event.
pub async fn postgres_es(url: &str, in_flight: usize, cell: Duration) -> Vec<Duration> {
    let pool = pool(url).await;
    // As in postgres-es' own db/init.sql.
    pool.execute(
        "CREATE TABLE public.events (aggregate_type text NOT NULL, aggregate_id text NOT NULL, sequence bigint CHECK (sequence >= 0) NOT NULL,
         event_type text NOT NULL, event_version text NOT NULL, payload json NOT NULL, metadata json NOT NULL,
         PRIMARY KEY (aggregate_type, aggregate_id, sequence))",
    )
    .await
    .expect("their table");
    let repository = Arc::new(PostgresEventRepository::new(pool).with_tables("public.events", "public.snapshots"));
    let payload: serde_json::Value = serde_json::from_str(&payload()).expect("JSON");
    rounds(in_flight, cell, move || {
        let (repository, payload) = (repository.clone(), payload.clone());
        async move {
            let metadata = serde_json::json!({ "command_id": Uuid::now_v7().to_string(), "actor": "system" });
            let stream = Uuid::now_v7().to_string();
            let event = SerializedEvent::new(stream, 1, "bench".into(), "bench.appended".into(), "1".into(), payload, metadata);
            repository.persist::<Bench>(&[event], None).await.expect("persisted");
        }
    })
    .await
}

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Bench;

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Appended;

impl cqrs_es::DomainEvent for Appended {
    fn event_type(&self) -> String {
        "bench.appended".into()
    }
    fn event_version(&self) -> String {
        "1".into()
    }
}

impl cqrs_es::Aggregate for Bench {
    type Command = ();
    type Event = Appended;
    type Error = std::io::Error;
    type Services = ();
    const TYPE: &'static str = "bench";
    async fn handle(&mut self, (): (), (): &(), _: &cqrs_es::event_sink::EventSink<Self>) -> Result<(), Self::Error> {
        Ok(())
    }
    fn apply(&mut self, _: Appended) {}
}
