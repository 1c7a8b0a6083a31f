//! How fast the journal appends: 1, 8, 64 and 512 in flight, one event of 450 bytes per append, each into its own stream.
//!
//! Beside ours stand postgres-es' own repository (one transaction per event, the same number of connections) and a bare
//! multi-row INSERT of as many rows as are in flight with the same columns, which is the most the server could do.
//! `make bench` runs it in release mode; `BENCH_SECONDS` sets the time per cell (3); a word on the command line runs only
//! the contenders whose names contain it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use cqrs_es::persist::{PersistedEventRepository, SerializedEvent};
use opensail_eventstore::sqlite::SqliteStore;
use opensail_eventstore::{Actor, Append, CommandId, Journal, NewEvent, Part, StreamId};
use opensail_tests::postgres::{Database, fresh_database};
use opensail_tests::timing::{Times, flush_ms};
use postgres_es::PostgresEventRepository;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{Executor, QueryBuilder};
use uuid::Uuid;

const IN_FLIGHT: [usize; 4] = [1, 8, 64, 512];
const PAYLOAD: usize = 450;
/// Connections for each contender, as many as the journal's store opens.
const CONNECTIONS: u32 = 10;

#[tokio::main]
async fn main() {
    // Cargo asks with --test when it only wants to know that it runs.
    let trial = std::env::args().any(|argument| argument == "--test");
    let seconds = std::env::var("BENCH_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(3.0);
    let cell = Duration::from_secs_f64(if trial { 0.05 } else { seconds });
    println!("flush of 8 KiB to the disk under the temporary folder: {:.2} ms (median)", flush_ms());
    println!("{:<34} {:>9} {:>12} {:>10} {:>10}", "", "in flight", "events/s", "p50 ms", "p99 ms");
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with("--")).unwrap_or_default();
    let contenders = ["the journal on PostgreSQL", "postgres-es' repository", "a bare multi-row INSERT", "the journal on SQLite"];
    let runs = contenders.iter().filter(|name| name.contains(&wanted)).flat_map(|name| IN_FLIGHT.map(|in_flight| (*name, in_flight)));
    for (name, in_flight) in runs {
        let (events, times) = match name {
            "the journal on PostgreSQL" => (1, ours(Arc::new(fresh_database().await.journal().await), in_flight, cell).await),
            "postgres-es' repository" => (1, theirs(&fresh_database().await, in_flight, cell).await),
            "a bare multi-row INSERT" => (in_flight, bare(&fresh_database().await, in_flight, cell).await),
            _ => (1, on_sqlite(in_flight, cell).await),
        };
        report(name, in_flight, events, times, cell);
    }
}

async fn on_sqlite(in_flight: usize, cell: Duration) -> Vec<Duration> {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path().join("journal.db")).await.expect("a journal");
    ours(Arc::new(store), in_flight, cell).await
}

fn report(what: &str, in_flight: usize, events: usize, times: Vec<Duration>, cell: Duration) {
    let rate = (times.len() * events) as f64 / cell.as_secs_f64();
    let times = Times::from(times);
    println!("{what:<34} {in_flight:>9} {rate:>12.0} {:>10.2} {:>10.2}", times.ms(0.5), times.ms(0.99));
}

fn payload() -> String {
    format!("{{\"text\":\"{}\"}}", "x".repeat(PAYLOAD - 11))
}

/// Runs as many loops as are in flight and gives the time of each round that ended within the cell.
async fn rounds<F: Future<Output = ()> + Send + 'static>(
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

async fn ours(journal: Arc<dyn Journal>, in_flight: usize, cell: Duration) -> Vec<Duration> {
    journal.append(append()).await.expect("a first append");
    rounds(in_flight, cell, move || {
        let journal = journal.clone();
        async move {
            journal.append(append()).await.expect("appended");
        }
    })
    .await
}

fn append() -> Append {
    let event = NewEvent { event_id: Uuid::now_v7(), event_type: "bench.appended".into(), version: 1, payload: payload() };
    let stream = StreamId::new("bench", Uuid::now_v7());
    Append {
        command_id: CommandId(Uuid::now_v7()),
        fingerprint: None,
        fence: None,
        actor: Actor::system("bench"),
        correlation_id: Uuid::now_v7(),
        causation_id: None,
        client_address: None,
        parts: vec![Part { stream, expected: 0, tenant: "team-1".into(), project: None, events: vec![event] }],
        guards: Vec::new(),
        vault: Vec::new(),
        answer: None,
    }
}

async fn pool(database: &Database) -> PgPool {
    PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(Duration::from_secs(60))
        .connect(&database.owner_url)
        .await
        .expect("a pool")
}

async fn theirs(database: &Database, in_flight: usize, cell: Duration) -> Vec<Duration> {
    let pool = pool(database).await;
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

async fn bare(database: &Database, rows: usize, cell: Duration) -> Vec<Duration> {
    let pool = pool(database).await;
    // The journal's own columns, with nothing but a primary key.
    pool.execute("CREATE TABLE public.bare (LIKE journal.events, PRIMARY KEY (position))").await.expect("a table");
    let position = Arc::new(AtomicI64::new(0));
    rounds(1, cell, move || {
        let (pool, position) = (pool.clone(), position.clone());
        async move {
            let mut query = QueryBuilder::new("INSERT INTO public.bare ");
            query.push_values(0..rows, |mut row, _| {
                let position = position.fetch_add(1, Ordering::Relaxed);
                row.push_bind(position).push_bind(position).push_bind(Uuid::nil()).push_bind(Uuid::now_v7());
                row.push_bind("bench").push_bind(Uuid::now_v7().to_string()).push_bind(1_i64).push_bind("bench.appended");
                row.push_bind(1_i32).push_bind("team-1").push_bind(None::<String>).push_bind("system").push_bind("bench");
                row.push_bind("bench").push_bind(Uuid::now_v7()).push_bind(Uuid::now_v7()).push_bind(None::<Uuid>);
                row.push_bind(None::<String>).push_bind(position).push_bind(payload()).push_unseparated("::json");
                row.push_bind([0_u8; 32].as_slice());
            });
            query.build().execute(&pool).await.expect("inserted");
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
