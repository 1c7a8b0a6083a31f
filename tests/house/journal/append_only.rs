//! Every table of the journal is either append-only or named here as one that may change, in the file and in PostgreSQL, where grants keep it so, and
//! a trigger that fires in replica mode too. A new table that is neither fails the first test of each.

mod file;

use opensail_eventstore::Journal;
use opensail_eventstore::conformance::{append, part};
use opensail_tests::postgres::{Database, fresh_database};
use sqlx::{ConnectOptions, Executor, PgConnection};

const APPEND_ONLY: [&str; 6] = ["epochs", "events", "seal_checkpoints", "seal_keys", "seal_rolls", "seal_tiles"];
const MUTABLE: [&str; 6] = ["_sqlx_migrations", "command_results", "leases", "snapshots", "tenant_heads", "vault"];

/// SQLSTATEs of who may not, and of the trigger.
const INSUFFICIENT_PRIVILEGE: &str = "42501";
pub(super) const RESTRICT_VIOLATION: &str = "23001";

/// The database's code for why it refused.
pub(super) fn code(refused: &sqlx::Error) -> String {
    refused.as_database_error().and_then(|error| error.code()).unwrap_or_default().into_owned()
}

async fn as_app(database: &Database) -> PgConnection {
    let options: sqlx::postgres::PgConnectOptions = database.app_url.parse().expect("an address");
    options.connect().await.expect("a connection")
}

/// One row for each of the seal's tables, `{hash}` in place of a hash, so that every statement has something to meet.
const SEALED: [&str; 4] = [
    "INSERT INTO {}seal_tiles VALUES (0, 0, {hash})",
    "INSERT INTO {}seal_checkpoints VALUES (1, 1, 'note')",
    "INSERT INTO {}seal_keys VALUES (1, 'key', 0)",
    "INSERT INTO {}seal_rolls VALUES (1, 'note')",
];

/// A database with an event in it.
async fn begun() -> Database {
    let database = fresh_database().await;
    database.journal().await.append(append(vec![part("a", 0, 2)])).await.expect("appended");
    let mut owner = database.owner().await;
    for statement in SEALED {
        let statement = statement.replace("{}", "journal.").replace("{hash}", "'\\x00'");
        owner.execute(statement.as_str()).await.expect(&statement);
    }
    database
}

#[tokio::test]
async fn every_table_is_one_or_the_other() {
    let database = begun().await;
    let mut owner = database.owner().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'journal'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1",
    )
    .fetch_all(&mut owner)
    .await
    .expect("tables");
    let mut known: Vec<&str> = APPEND_ONLY.into_iter().chain(MUTABLE).collect();
    known.sort_unstable();
    assert_eq!(tables, known);
    for table in APPEND_ONLY {
        // 8 | 16 | 32: delete, update, truncate; A: always.
        let guarded: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = ('journal.' || $1)::regclass AND tgenabled = 'A' AND tgtype & 56 = 56)",
        )
        .bind(table)
        .fetch_one(&mut owner)
        .await
        .expect("triggers");
        assert!(guarded, "{table}");
        let mut app = as_app(&database).await;
        for (privilege, wanted) in [
            ("SELECT", true),
            ("INSERT", true),
            ("UPDATE", false),
            ("DELETE", false),
            ("TRUNCATE", false),
            ("TRIGGER", false),
            ("REFERENCES", false),
        ] {
            let held: bool = sqlx::query_scalar("SELECT has_table_privilege('journal.' || $1, $2)")
                .bind(table)
                .bind(privilege)
                .fetch_one(&mut app)
                .await
                .expect("privileges");
            assert_eq!(held, wanted, "{privilege} on {table}");
        }
    }
}

#[tokio::test]
async fn the_application_owns_nothing() {
    let database = begun().await;
    let mut app = as_app(&database).await;
    let owned: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole)
              + (SELECT count(*) FROM pg_proc WHERE proowner = current_user::regrole)
              + (SELECT count(*) FROM pg_namespace WHERE nspowner = current_user::regrole)
              + (SELECT count(*) FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolcreaterole OR rolbypassrls OR rolreplication))",
    )
    .fetch_one(&mut app)
    .await
    .expect("counted");
    assert_eq!(owned, 0);
}

/// Statements that change a table, `{}` in place of its name, `{first}` of its key and `{other}` of another column. A key that the database gives
/// is given all the same.
const WAYS: [&str; 8] = [
    "UPDATE {} SET {other} = {other}",
    "DELETE FROM {}",
    "TRUNCATE {}",
    "TRUNCATE {} CASCADE",
    "INSERT INTO {} OVERRIDING SYSTEM VALUE SELECT * FROM {} LIMIT 1 ON CONFLICT ({first}) DO UPDATE SET {other} = excluded.{other}",
    "MERGE INTO {} t USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE",
    "MERGE INTO {} t USING (SELECT 1) s ON true WHEN MATCHED THEN UPDATE SET {other} = t.{other}",
    "WITH gone AS (DELETE FROM {} RETURNING 1) SELECT count(*) FROM gone",
];

async fn rows(database: &Database, table: &str) -> String {
    let text = format!("SELECT coalesce(string_agg(t::text, '|' ORDER BY t::text), '') FROM journal.{table} t");
    sqlx::query_scalar(&text).fetch_one(&mut database.owner().await).await.expect("rows")
}

fn columns(table: &str) -> (&'static str, &'static str) {
    match table {
        "events" => ("position", "time"),
        "seal_tiles" => ("level, first", "hashes"),
        "seal_checkpoints" | "seal_rolls" => ("n", "note"),
        _ => ("n", "time"),
    }
}

fn statement(way: &str, schema: &str, table: &str) -> String {
    let (first, other) = columns(table);
    way.replace("{first}", first).replace("{other}", other).replace("{}", &format!("{schema}{table}"))
}

#[tokio::test]
async fn the_application_finds_no_way_round() {
    let database = begun().await;
    let mut app = as_app(&database).await;
    for table in APPEND_ONLY {
        let before = rows(&database, table).await;
        let more = [
            format!("ALTER TABLE journal.{table} DISABLE TRIGGER ALL"),
            format!("DROP TRIGGER append_only ON journal.{table}"),
            format!("DROP TABLE journal.{table}"),
            format!("ALTER TABLE journal.{table} RENAME TO gone"),
            format!("CREATE RULE quiet AS ON INSERT TO journal.{table} DO INSTEAD NOTHING"),
            "CREATE OR REPLACE FUNCTION journal.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$".into(),
            "SET session_replication_role = replica".into(),
            "SET ROLE opensail_owner".into(),
            "DROP SCHEMA journal CASCADE".into(),
        ];
        for statement in WAYS.iter().map(|way| statement(way, "journal.", table)).chain(more) {
            let refused = app.execute(statement.as_str()).await.expect_err(&statement);
            assert_eq!(code(&refused), INSUFFICIENT_PRIVILEGE, "{statement}: {refused}");
        }
        assert_eq!(rows(&database, table).await, before, "{table}");
    }
}

/// The owner may take the triggers away, which proofs then tell; but no statement on the rows passes them, in replica mode neither.
#[tokio::test]
async fn the_owner_is_stopped_by_the_triggers() {
    let database = begun().await;
    let mut owner = database.owner().await;
    for table in APPEND_ONLY {
        let before = rows(&database, table).await;
        for mode in ["origin", "replica", "local"] {
            owner.execute(format!("SET session_replication_role = {mode}").as_str()).await.expect("the owner may");
            for statement in WAYS.iter().map(|way| statement(way, "journal.", table)) {
                let refused = owner.execute(statement.as_str()).await.expect_err(&statement);
                assert_eq!(code(&refused), RESTRICT_VIOLATION, "{mode}: {statement}: {refused}");
            }
        }
        assert_eq!(rows(&database, table).await, before, "{table}");
    }
}
