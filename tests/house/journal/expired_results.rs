//! Results of commands are kept for thirty days, and no longer however many there were: sweeping keeps pace with what is written.

use opensail_eventstore::conformance::one;
use opensail_eventstore::sqlite::SqliteStore;
use opensail_eventstore::{CommandId, Journal};
use opensail_tests::postgres::fresh_database;
use opensail_tests::world::until;
use sqlx::{ConnectOptions, Executor, Row};
use uuid::Uuid;

/// More than three sweeps remove.
const EXPIRED: u64 = 3500;
const DAY: i64 = 24 * 3600 * 1_000_000;

/// Some days old each, and one that is kept still.
fn filled(schema: &str, id: &str, numbers: &str, now: &str) -> String {
    format!(
        "INSERT INTO {schema}command_results (command_id, epoch, position, time, versions)
         SELECT {id}, (SELECT id FROM {schema}epochs LIMIT 1), n, {now} - (CASE n WHEN 1 THEN 29 ELSE 31 END) * {DAY}, '[]' FROM {numbers}"
    )
}

fn count(schema: &str, now: &str) -> String {
    format!("SELECT count(*) FROM {schema}command_results WHERE time < {now} - 30 * {DAY}")
}

/// As many appends as sweeps are due, and not a minute later.
async fn appended_some(journal: &impl Journal) {
    for n in 0..4 {
        journal.append(one(&format!("after{n}"))).await.expect("appended");
    }
}

async fn young_one_is_known(journal: &impl Journal) {
    let young = CommandId(Uuid::from_u128(1));
    assert!(journal.command(young).await.expect("read").is_some(), "what is young is kept");
}

#[tokio::test]
async fn all_that_expired_is_removed_on_postgres() {
    let database = fresh_database().await;
    let store = database.journal().await;
    let mut owner = database.owner().await;
    let (schema, now) = ("journal.", "journal.now_us()");
    let numbers = format!("generate_series(1, {}) AS n", EXPIRED + 1);
    owner.execute(filled(schema, "lpad(to_hex(n), 32, '0')::uuid", &numbers, now).as_str()).await.expect("filled");
    appended_some(&store).await;
    let count = count(schema, now);
    until("the last sweep", async || {
        let left: i64 = database.owner().await.fetch_one(count.as_str()).await.expect("counted").get(0);
        (left == 0).then_some(())
    })
    .await;
    young_one_is_known(&store).await;
}

#[tokio::test]
async fn all_that_expired_is_removed_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal.db");
    let store = SqliteStore::open(&path).await.expect("a journal");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
    let mut behind = options.connect().await.expect("a connection");
    let now = "CAST(unixepoch('subsec') * 1000000 AS INTEGER)";
    let numbers = format!("(WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n <= {EXPIRED}) SELECT n FROM r)");
    behind.execute(filled("", "unhex(printf('%032x', n))", &numbers, now).as_str()).await.expect("filled");
    appended_some(&store).await;
    let count = count("", now);
    until("the last sweep", async || {
        let mut behind = options.connect().await.expect("a connection");
        let left: i64 = behind.fetch_one(count.as_str()).await.expect("counted").get(0);
        (left == 0).then_some(())
    })
    .await;
    young_one_is_known(&store).await;
}
