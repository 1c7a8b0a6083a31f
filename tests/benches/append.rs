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
use opensail_tests::timing::{Times, machine, wanted};
use sqlx::{Executor, QueryBuilder};
use uuid::Uuid;

const IN_FLIGHT: [usize; 4] = [1, 8, 64, 512];
const OURS: &str = "the journal on PostgreSQL";
const POSTGRES_ES: &str = "postgres-es' repository";
const BARE: &str = "a bare multi-row INSERT";
const EMMETT: &str = "emmett (npm, Node)";
const EVENTSOURCING: &str = "eventsourcing (PyPI)";
const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers");

#[tokio::main]
async fn main() {
    // Cargo asks with --test when it only wants to know that it runs.
    let trial = std::env::args().any(|argument| argument == "--test");
    let seconds = std::env::var("BENCH_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(3.0);
    let cell = Duration::from_secs_f64(if trial { 0.05 } else { seconds });
    println!("{}", machine());
    println!("{:<34} {:>9} {:>12} {:>10} {:>10}", "", "in flight", "events/s", "p50 ms", "p99 ms");
    let wanted = wanted();
    let contenders = [OURS, POSTGRES_ES, BARE, "the journal on SQLite", EMMETT, EVENTSOURCING];
    let wants_peers = [EMMETT, EVENTSOURCING].iter().any(|name| name.contains(&wanted));
    let peers = if wants_peers { peers().await } else { None };
    for name in contenders.into_iter().filter(|name| peers.is_none() && matches!(*name, EMMETT | EVENTSOURCING) && name.contains(&wanted)) {
        println!("{name}: SKIPPED, npm and pip could not install it");
    }
    let runs =
        contenders.into_iter().filter(|name| name.contains(&wanted) && (peers.is_some() || !matches!(*name, EMMETT | EVENTSOURCING)));
    let mut rows = Vec::new();
    for (name, in_flight) in runs.flat_map(|name| IN_FLIGHT.map(|in_flight| (name, in_flight))) {
        let (events, times) = match name {
            OURS => (1, journal(fresh_database().await.journal().await, in_flight, cell).await),
            POSTGRES_ES => (1, postgres_es(&fresh_database().await.owner_url, in_flight, cell).await),
            BARE => (in_flight, bare(&fresh_database().await, in_flight, cell).await),
            EMMETT | EVENTSOURCING => {
                let folder = peers.as_ref().expect("installed");
                (1, peer(folder, name, &fresh_database().await, in_flight, cell).await)
            }
            _ => (1, on_sqlite(in_flight, cell).await),
        };
        rows.push(Row::told(name, in_flight, events, times, cell));
    }
    judge(&rows);
}

async fn on_sqlite(in_flight: usize, cell: Duration) -> Vec<Duration> {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path().join("journal.db")).await.expect("a journal");
    journal(store, in_flight, cell).await
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

/// One contender with so many in flight.
struct Row {
    name: &'static str,
    in_flight: usize,
    /// Events a second, and milliseconds.
    rate: f64,
    p50: f64,
    p99: f64,
}

impl Row {
    fn told(name: &'static str, in_flight: usize, events: usize, times: Vec<Duration>, cell: Duration) -> Row {
        let rate = (times.len() * events) as f64 / cell.as_secs_f64();
        let times = Times::from(times);
        let (p50, p99) = (times.ms(0.5), times.ms(0.99));
        println!("{name:<34} {in_flight:>9} {rate:>12.0} {p50:>10.2} {p99:>10.2}");
        Row { name, in_flight, rate, p50, p99 }
    }
}

/// The goals, as far as those they speak of have run.
fn judge(rows: &[Row]) {
    let of = |name: &str, in_flight| rows.iter().find(|row| row.name == name && row.in_flight == in_flight);
    let goal = |what: String, measured: f64, met: bool| println!("{what}: {measured:.2} {}", if met { "met" } else { "MISSED" });
    for (in_flight, times, p99) in [(64, 6.0, 5.0), (512, 9.0, 25.0)] {
        let Some(ours) = of(OURS, in_flight) else { continue };
        let with = |name: &str| of(name, in_flight).map(|row| ours.rate / row.rate);
        if let Some(ratio) = with(POSTGRES_ES) {
            goal(format!("{in_flight} in flight, times postgres-es' repository, at least {times}"), ratio, ratio >= times);
        }
        if let Some(ratio) = [EMMETT, EVENTSOURCING].into_iter().filter_map(with).reduce(f64::min) {
            goal(format!("{in_flight} in flight, times the best other, at least 4"), ratio, ratio >= 4.0);
        }
        if let Some(ratio) = with(BARE) {
            goal(format!("{in_flight} in flight, of a bare multi-row INSERT, at least 0.7"), ratio, ratio >= 0.7);
        }
        goal(format!("{in_flight} in flight, p99 in ms, at most {p99}"), ours.p99, ours.p99 <= p99);
    }
    for (name, most) in [(POSTGRES_ES, 1.0), (BARE, 1.3)] {
        if let (Some(ours), Some(theirs)) = (of(OURS, 1), of(name, 1)) {
            let ratio = ours.p50 / theirs.p50;
            goal(format!("one alone, p50 beside {name}, at most {most}"), ratio, ratio <= most);
        }
    }
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
