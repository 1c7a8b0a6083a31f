//! How appends fare where the database is 1 ms away, its disk takes 5 ms to flush, or both: the journal in groups, postgres-es' repository (one
//! transaction for each event), and an order without a lock (one transaction for each event, ordered by `xid8`, in which readers must wait for
//! the oldest transaction that runs). What decision 3 rests on.
//!
//! The network is a relay that holds everything back; the flush a library before PostgreSQL's `fdatasync`, compiled here with `cc`. `BENCH_SECONDS` sets the
//! time per cell (3).

use std::process::Command;
use std::time::Duration;

use opensail_eventstore::postgres::PostgresStore;
use opensail_tests::appending::{journal, payload, pool, postgres_es, rounds};
use opensail_tests::far::further_away;
use opensail_tests::postgres::fresh_database;
use opensail_tests::timing::{Times, machine};
use sqlx::Executor;
use uuid::Uuid;

const IN_FLIGHT: [usize; 3] = [1, 32, 512];
const CONTENDERS: [&str; 3] = ["the journal", "postgres-es' repository", "ordered without a lock"];
const ROUND_TRIP: Duration = Duration::from_millis(1);
const FLUSH_MS: u32 = 5;
/// Tells the second process, whose server has the slow disk, that it is that.
const SLOW: &str = "OPENSAIL_BENCH_SLOW_FLUSH";

#[tokio::main]
async fn main() {
    // Cargo asks with --test when it only wants to know that it runs.
    let trial = std::env::args().any(|argument| argument == "--test");
    let seconds = std::env::var("BENCH_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(3.0);
    let cell = Duration::from_secs_f64(if trial { 0.05 } else { seconds });
    let slow = std::env::var_os(SLOW).is_some();
    if !slow {
        println!("{}", machine());
        println!("{:<56} {:>9} {:>12} {:>10} {:>10}", "", "in flight", "events/s", "p50 ms", "p99 ms");
    }
    let disk = if slow { format!("a flush of {FLUSH_MS} ms") } else { "this disk".into() };
    for far in [false, true] {
        let place = if far { format!("{disk}, {} ms away", ROUND_TRIP.as_millis()) } else { disk.clone() };
        for name in CONTENDERS {
            for in_flight in IN_FLIGHT {
                let times = measured(name, far, in_flight, cell).await;
                let rate = times.len() as f64 / cell.as_secs_f64();
                let times = Times::from(times);
                let what = format!("{place}: {name}");
                println!("{what:<56} {in_flight:>9} {rate:>12.0} {:>10.2} {:>10.2}", times.ms(0.5), times.ms(0.99));
            }
        }
    }
    if !slow {
        with_a_slow_flush();
    }
}

async fn measured(name: &str, far: bool, in_flight: usize, cell: Duration) -> Vec<Duration> {
    let database = fresh_database().await;
    let place = |url: &str| if far { further_away(url, ROUND_TRIP) } else { url.to_owned() };
    match name {
        "the journal" => {
            let store = PostgresStore::connect(&place(&database.app_url), None).await.expect("the journal in a fresh database");
            journal(store, in_flight, cell).await
        }
        "postgres-es' repository" => postgres_es(&place(&database.owner_url), in_flight, cell).await,
        _ => without_a_lock(&place(&database.owner_url), in_flight, cell).await,
    }
}

/// The least that such a store must write: the event, its place in its stream, and the transaction that readers order by.
async fn without_a_lock(url: &str, in_flight: usize, cell: Duration) -> Vec<Duration> {
    let pool = pool(url).await;
    pool.execute(
        "CREATE TABLE public.lock_free (n bigint GENERATED ALWAYS AS IDENTITY, written xid8 NOT NULL DEFAULT pg_current_xact_id(), stream text NOT NULL,
         stream_version bigint NOT NULL, event_type text NOT NULL, command_id uuid NOT NULL UNIQUE, payload json NOT NULL,
         PRIMARY KEY (written, n), UNIQUE (stream, stream_version))",
    )
    .await
    .expect("a table");
    rounds(in_flight, cell, move || {
        let pool = pool.clone();
        async move {
            sqlx::query(
                "INSERT INTO public.lock_free (stream, stream_version, event_type, command_id, payload) VALUES ($1, 1, $2, $3, $4::json)",
            )
            .bind(Uuid::now_v7().to_string())
            .bind("bench.appended")
            .bind(Uuid::now_v7())
            .bind(payload())
            .execute(&pool)
            .await
            .expect("inserted");
        }
    })
    .await
}

/// The same once more in a process whose PostgreSQL waits before it says that something is on the disk.
fn with_a_slow_flush() {
    const WAIT: &str = "#include <time.h>\n#include <unistd.h>\n#include <sys/syscall.h>\n\
        int fdatasync(int file) { struct timespec wait = {0, FLUSH_MS * 1000000L}; nanosleep(&wait, 0); return syscall(SYS_fdatasync, file); }\n";
    let folder = tempfile::tempdir().expect("a folder");
    // The server may run as another user.
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("readable");
    let (source, library) = (folder.path().join("flush.c"), folder.path().join("flush.so"));
    std::fs::write(&source, WAIT.replace("FLUSH_MS", &FLUSH_MS.to_string())).expect("written");
    let built = Command::new("cc").args(["-O1", "-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status();
    if !built.is_ok_and(|status| status.success()) {
        println!("SKIPPED: the slow flush needs a C compiler");
        return;
    }
    let own = std::env::current_exe().expect("a program");
    let again = Command::new(own).args(std::env::args().skip(1)).env(SLOW, "1").env("LD_PRELOAD", &library).status().expect("it runs");
    assert!(again.success(), "the run with a slow flush ended with {again}");
}
