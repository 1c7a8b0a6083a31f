//! How fast the journal is sealed, and how soon after its append an event can be proven.
//!
//! Rate: a journal of many events is sealed from nothing, everything on: each event's content hash is checked, hashes and signed
//! checkpoints are written in the product's portions. Age: while events are appended at a steady rate, from the acknowledgement of one to its
//! proof under a signed checkpoint in hand. `make bench` runs it in release mode; `BENCH_EVENTS` sets how many are sealed (100,000),
//! `BENCH_SECONDS` how long the steady rate lasts (10).

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use opensail_eventstore::conformance;
use opensail_eventstore::seal::{Seal, SealState, Sealer, SecondPlace};
use opensail_eventstore::sqlite::SqliteStore;
use opensail_eventstore::vault::keyring::Keyring;
use opensail_eventstore::{Append, Journal, Leases, NewEvent, Part, SealTables, StreamId, Vault};
use opensail_tests::postgres::fresh_database;
use opensail_tests::timing::{Times, machine};
use tokio::sync::watch;
use uuid::Uuid;

const PAYLOAD: usize = 450;
/// Events of one append while the journal is filled.
const FILL: usize = 500;
/// Appends per second while ages are measured.
const STEADY: u64 = 500;
/// What `goals.md` asks for.
const GOAL_RATE: f64 = 20_000.0;
const GOAL_AGE_MS: f64 = 250.0;

/// The second place is no part of what is measured.
struct Nowhere;

#[async_trait]
impl SecondPlace for Nowhere {
    fn name(&self) -> String {
        "nowhere".into()
    }
    fn pace(&self) -> Duration {
        Duration::ZERO
    }
    async fn keep(&self, _: &str) -> Result<(), String> {
        Ok(())
    }
    async fn newest(&self) -> Result<Option<String>, String> {
        Ok(None)
    }
    async fn kept(&self) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }
    async fn keep_roll(&self, _: &str) -> Result<(), String> {
        Ok(())
    }
    async fn rolls(&self) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }
}

#[tokio::main]
async fn main() {
    // Cargo asks with --test when it only wants to know that it runs.
    let trial = std::env::args().any(|argument| argument == "--test");
    let given = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<f64>().ok());
    let events = if trial { 2_000 } else { given("BENCH_EVENTS").unwrap_or(100_000.0) as usize };
    let steady = Duration::from_secs_f64(if trial { 0.3 } else { given("BENCH_SECONDS").unwrap_or(10.0) });
    println!("{}", machine());
    println!("{:<12} {:>10} {:>14} {:>10} {:>10} {:>10}", "", "leaves", "leaves/s", "age p50", "p99 ms", "samples");
    let folder = tempfile::tempdir().expect("a folder");
    let sqlite = Arc::new(SqliteStore::open(folder.path().join("journal.db")).await.expect("a journal"));
    measure("SQLite", sqlite, events, steady).await;
    measure("PostgreSQL", Arc::new(fresh_database().await.journal().await), events, steady).await;
}

async fn measure<S: Journal + SealTables + Vault + Leases>(name: &str, store: Arc<S>, events: usize, steady: Duration) {
    for _ in 0..events / FILL {
        store.append(append(FILL)).await.expect("appended");
    }
    let state = watch::Sender::new(SealState::default());
    let sealer = Sealer {
        journal: store.clone(),
        tables: store.clone(),
        keyring: Arc::new(Keyring::new(store.clone(), b"a secret of the benchmark")),
        leases: store.clone(),
        places: vec![Arc::new(Nowhere)],
        holder: "bench".into(),
        state: state.clone(),
    };
    let begun = Instant::now();
    let task = tokio::spawn(async move { sealer.run(std::future::pending()).await });
    let head = store.head().await.expect("a head").position;
    state.subscribe().wait_for(|state| state.size >= head).await.expect("sealed");
    let rate = head as f64 / begun.elapsed().as_secs_f64();

    let seal = Seal::new(store.clone());
    let (end, mut proving) = (Instant::now() + steady, tokio::task::JoinSet::new());
    let mut tick = tokio::time::interval(Duration::from_secs(1) / STEADY as u32);
    let mut count = 0_u64;
    while Instant::now() < end {
        tick.tick().await;
        let position = store.append(append(1)).await.expect("appended").position;
        count += 1;
        // Every tenth is proven, so that the asking does not become the load.
        if count.is_multiple_of(10) {
            let (seal, appended) = (seal.clone(), Instant::now());
            proving.spawn(async move {
                let sealed = seal.covering(position, Duration::from_secs(60)).await.expect("asked").expect("sealed");
                seal.inclusion(position, sealed.checkpoint.size).await.expect("a proof");
                appended.elapsed()
            });
        }
    }
    let ages = Times::from(proving.join_all().await);
    task.abort();
    println!("{name:<12} {head:>10} {rate:>14.0} {:>10.0} {:>10.0} {:>10}", ages.ms(0.5), ages.ms(0.99), ages.count());
    if rate < GOAL_RATE {
        println!("{name}: MISSED {GOAL_RATE} leaves/s");
    }
    if ages.ms(0.99) > GOAL_AGE_MS {
        println!("{name}: MISSED a proof within {GOAL_AGE_MS} ms (p99)");
    }
}

fn append(events: usize) -> Append {
    let payload = format!("{{\"text\":\"{}\"}}", "x".repeat(PAYLOAD - 11));
    let event = || NewEvent { event_id: Uuid::now_v7(), event_type: "bench.appended".into(), version: 1, payload: payload.clone() };
    let stream = StreamId::new("bench", Uuid::now_v7());
    conformance::append(vec![Part {
        stream,
        expected: 0,
        tenant: "bench".into(),
        project: None,
        events: (0..events).map(|_| event()).collect(),
    }])
}
