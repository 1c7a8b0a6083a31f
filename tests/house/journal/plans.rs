//! With 100,000 events of teams of very different size no statement of the journal reads a table from end to end where an index must serve.
//!
//! The statements are no copies: everything that the store offers is asked of it, and what the database was asked for is taken down on the way.
//! PostgreSQL says itself how it went about each, those within `journal.append` too (`auto_explain`), and how many rows it looked at: so a walk along
//! the wrong index is found as well. Of SQLite the texts are taken down, and their plans asked for, without statistics, as on a desktop, and with.

mod asked;
mod filled;
mod recorded;

use opensail_eventstore::conformance::explained;
use opensail_eventstore::postgres::PostgresStore;
use opensail_eventstore::sqlite::SqliteStore;
use opensail_tests::postgres::fresh_database;
use sqlx::{ConnectOptions, Connection, Executor, Row};

/// Tables that stay small however long the journal grows: one row for each restore, for each key that ever signed, for each migration; and what the
/// database knows of its tables.
const SMALL: [&str; 10] = [
    "epochs",
    "seal_keys",
    "seal_rolls",
    "_sqlx_migrations",
    "sqlite_schema",
    "pg_class",
    "pg_trigger",
    "pg_rewrite",
    "pg_language",
    "pg_namespace",
];

/// More rows than this nothing that was asked needs: a page has at most [`asked::PAGE`], from at most three teams or streams.
const LOOKED_AT: u64 = 8 * asked::PAGE as u64;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_looks_at_few_rows() {
    let database = fresh_database().await;
    drop(database.journal().await);
    let mut owner = database.owner().await;
    for fill in filled::statements("journal.", filled::POSTGRES) {
        owner.execute(fill.as_str()).await.unwrap_or_else(|error| panic!("{fill}: {error}"));
    }
    // As the server does by itself from time to time.
    owner.execute("VACUUM (ANALYZE)").await.expect("analysed");
    explained::turn_on(&mut owner, &database.name).await;
    let mut bad = Vec::new();
    // A statement that a connection has asked for some time is planned once for all values.
    for (round, values) in ["force_custom_plan", "force_generic_plan"].into_iter().enumerate() {
        owner.execute(format!("ALTER DATABASE {} SET plan_cache_mode = '{values}'", database.name).as_str()).await.expect("set");
        let store = PostgresStore::connect(&database.app_url, None).await.expect("a journal");
        asked::everything(&store, round as u64).await;
        store.close().await;
        drop(store);
        let plans = explained::plans(&mut owner, &database.name).await;
        assert!(plans.len() > 60, "only {} plans were told", plans.len());
        asked::all_were_seen(plans.iter().map(|plan| plan.text.as_str()));
        bad.extend(plans.iter().filter_map(|plan| plan.trouble(&SMALL, LOOKED_AT)).map(|trouble| format!("{values}: {trouble}")));
    }
    assert!(bad.is_empty(), "{} statements look at too much:\n\n{}", bad.len(), bad.join("\n\n"));
}

/// On one thread: what is recorded is told apart by the thread that asks for it.
#[test]
fn sqlite_searches_by_an_index() {
    let (runtime, recorder) = recorded::runtime();
    runtime.block_on(async {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal.db");
        SqliteStore::open(&path).await.expect("a journal").close().await;
        let mut behind = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).connect().await.expect("a connection");
        for fill in filled::statements("", filled::SQLITE) {
            behind.execute(fill.as_str()).await.unwrap_or_else(|error| panic!("{fill}: {error}"));
        }
        recorder.forget();
        let store = SqliteStore::open(&path).await.expect("a journal");
        asked::everything(&store, 0).await;
        store.close().await;
        let statements = recorder.taken();
        assert!(statements.len() > 40, "only {} statements were taken down", statements.len());
        asked::all_were_seen(statements.iter().map(String::as_str));
        let mut bad = Vec::new();
        for statistics in [false, true] {
            if statistics {
                behind.execute("ANALYZE").await.expect("analysed");
                // What is known of the tables is read when a connection is made.
                behind.close().await.expect("closed");
                behind = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).connect().await.expect("a connection");
            }
            for text in &statements {
                let steps = sqlx::query(&format!("EXPLAIN QUERY PLAN {text}")).fetch_all(&mut behind).await;
                let steps: Vec<String> = steps.unwrap_or_else(|error| panic!("{text}: {error}")).iter().map(|row| row.get(3)).collect();
                if steps.iter().any(|step| reads_all(text, step) || walks_all_tenants(text, step)) || sorts_all(&steps) {
                    bad.push(format!("statistics: {statistics}\n{text:.1000}\n{}", steps.join("\n")));
                }
            }
        }
        assert!(bad.is_empty(), "{} statements read too much:\n\n{}", bad.len(), bad.join("\n\n"));
    });
}

/// Not what was given with the question, nor what a part of the statement made, nor only the first row.
fn reads_all(text: &str, step: &str) -> bool {
    let Some(of) = step.strip_prefix("SCAN ") else { return false };
    let table = of.split_whitespace().next().unwrap_or_default();
    let given = of.contains("VIRTUAL TABLE")
        || of.contains("VALUES CLAUSE")
        || table.starts_with("(subquery-")
        || ["h", "halves", "CONSTANT"].contains(&table);
    let first = !text.contains("WHERE") && text.ends_with("DESC LIMIT 1");
    !SMALL.contains(&table) && !given && !first
}

/// By the order of all, though only some tenants or streams were asked for.
fn walks_all_tenants(text: &str, step: &str) -> bool {
    let some = text.contains("tenant IN") || text.contains("tenant = ") || text.contains("stream_id = ");
    some && step.starts_with("SEARCH events USING INTEGER PRIMARY KEY (rowid>")
}

/// More than the pages that are merged, each found by its positions.
fn sorts_all(steps: &[String]) -> bool {
    let merges = steps.iter().any(|step| step == "SEARCH events USING INTEGER PRIMARY KEY (rowid=?)");
    steps.iter().any(|step| step.contains("TEMP B-TREE")) && !merges
}
