//! How fast the journal appends: 1, 8, 64 and 512 in flight, one event of 450 bytes per append, each into its own stream.
//!
//! Beside ours stand postgres-es' own repository (one transaction per event, the same number of connections) and a bare
//! multi-row INSERT of as many rows as are in flight with the same columns, which is the most the server could do; and, where npm and pip may
//! install them, emmett's event store for Node and PyPI's eventsourcing, each in a process of its own with its own pool of ten connections.
//! `make bench` runs it in release mode; `BENCH_SECONDS` sets the time per cell (3); a word on the command line runs only
//! the contenders whose names contain it.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use opensail_eventstore::sqlite::SqliteStore;
use opensail_tests::appending::{journal, payload, pool, postgres_es, rounds};
use opensail_tests::postgres::{Database, fresh_database};
use opensail_tests::timing::{Times, flush_ms};
use sqlx::{Executor, QueryBuilder};
use uuid::Uuid;

const IN_FLIGHT: [usize; 4] = [1, 8, 64, 512];
const EMMETT: &str = "emmett (npm, Node)";
const EVENTSOURCING: &str = "eventsourcing (PyPI)";
const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers");

#[tokio::main]
async fn main() {
    // Cargo asks with --test when it only wants to know that it runs.
    let trial = std::env::args().any(|argument| argument == "--test");
    let seconds = std::env::var("BENCH_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(3.0);
    let cell = Duration::from_secs_f64(if trial { 0.05 } else { seconds });
    println!("flush of 8 KiB to the disk under the temporary folder: {:.2} ms (median)", flush_ms());
    println!("{:<34} {:>9} {:>12} {:>10} {:>10}", "", "in flight", "events/s", "p50 ms", "p99 ms");
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with("--")).unwrap_or_default();
    let contenders =
        ["the journal on PostgreSQL", "postgres-es' repository", "a bare multi-row INSERT", "the journal on SQLite", EMMETT, EVENTSOURCING];
    let wants_peers = [EMMETT, EVENTSOURCING].iter().any(|name| name.contains(&wanted));
    let peers = if wants_peers { peers().await } else { None };
    for name in contenders.into_iter().filter(|name| peers.is_none() && matches!(*name, EMMETT | EVENTSOURCING) && name.contains(&wanted)) {
        println!("{name}: SKIPPED, npm and pip could not install it");
    }
    let runs =
        contenders.into_iter().filter(|name| name.contains(&wanted) && (peers.is_some() || !matches!(*name, EMMETT | EVENTSOURCING)));
    for (name, in_flight) in runs.flat_map(|name| IN_FLIGHT.map(|in_flight| (name, in_flight))) {
        let (events, times) = match name {
            "the journal on PostgreSQL" => (1, journal(Arc::new(fresh_database().await.journal().await), in_flight, cell).await),
            "postgres-es' repository" => (1, postgres_es(&fresh_database().await.owner_url, in_flight, cell).await),
            "a bare multi-row INSERT" => (in_flight, bare(&fresh_database().await, in_flight, cell).await),
            EMMETT | EVENTSOURCING => {
                let folder = peers.as_ref().expect("installed");
                (1, peer(folder, name, &fresh_database().await, in_flight, cell).await)
            }
            _ => (1, on_sqlite(in_flight, cell).await),
        };
        report(name, in_flight, events, times, cell);
    }
}

async fn on_sqlite(in_flight: usize, cell: Duration) -> Vec<Duration> {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path().join("journal.db")).await.expect("a journal");
    journal(Arc::new(store), in_flight, cell).await
}

/// The folder that peers of other languages are installed in; `None` where that fails, as it does offline.
async fn peers() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("HOME")?).join(".cache/opensail/peers");
    let install = tokio::process::Command::new("bash").arg(format!("{PEERS}/install.sh")).arg(&folder).status().await.ok()?;
    install.success().then_some(folder)
}

/// A peer in a process of its own tells how many microseconds each append took.
async fn peer(folder: &PathBuf, name: &str, database: &Database, in_flight: usize, cell: Duration) -> Vec<Duration> {
    let (program, script) = match name {
        EMMETT => (PathBuf::from("node"), "emmett.mjs"),
        _ => (folder.join("venv/bin/python"), "eventsourcing_append.py"),
    };
    let mut command = tokio::process::Command::new(program);
    command.arg(format!("{PEERS}/{script}")).arg(&database.owner_url).arg(cell.as_secs_f64().to_string());
    command.arg(in_flight.to_string()).arg(payload()).current_dir(folder).stderr(Stdio::inherit());
    let output = command.output().await.expect("it runs");
    assert!(output.status.success(), "{name} ended with {}", output.status);
    let told = String::from_utf8(output.stdout).expect("numbers");
    told.lines().map(|micros| Duration::from_micros(micros.parse().expect("microseconds"))).collect()
}

fn report(what: &str, in_flight: usize, events: usize, times: Vec<Duration>, cell: Duration) {
    let rate = (times.len() * events) as f64 / cell.as_secs_f64();
    let times = Times::from(times);
    println!("{what:<34} {in_flight:>9} {rate:>12.0} {:>10.2} {:>10.2}", times.ms(0.5), times.ms(0.99));
}

async fn bare(database: &Database, rows: usize, cell: Duration) -> Vec<Duration> {
    let pool = pool(&database.owner_url).await;
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
