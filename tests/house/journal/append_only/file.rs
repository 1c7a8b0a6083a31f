//! The same of the file. Nobody has rights there: triggers alone keep its rows, whichever way SQLite knows to change one.

use opensail_eventstore::Journal;
use opensail_eventstore::conformance::{append, part};
use opensail_eventstore::sqlite::SqliteStore;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Executor};
use tempfile::TempDir;

use super::{APPEND_ONLY, MUTABLE, SEALED, code, statement};

/// Where SQLite counts the epochs.
const COUNTERS: &str = "sqlite_sequence";
const CONSTRAINT_TRIGGER: &str = "1811";

/// A file with an event in it.
async fn begun() -> (SqliteConnection, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal.db");
    let store = SqliteStore::open(&path).await.expect("a journal");
    store.append(append(vec![part("a", 0, 2)])).await.expect("appended");
    let mut file = SqliteConnectOptions::new().filename(&path).connect().await.expect("a connection");
    for statement in SEALED {
        let statement = statement.replace("{}", "").replace("{hash}", "x'00'");
        file.execute(statement.as_str()).await.expect(&statement);
    }
    (file, folder)
}

#[tokio::test]
async fn every_table_of_the_file_is_one_or_the_other() {
    let (mut file, _folder) = begun().await;
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut file).await.expect("tables");
    let mut known: Vec<&str> = APPEND_ONLY.into_iter().chain(MUTABLE).chain([COUNTERS]).collect();
    known.sort_unstable();
    assert_eq!(tables, known);
}

/// As those of PostgreSQL.
const WAYS: [&str; 7] = [
    "UPDATE {} SET {other} = {other}",
    "UPDATE OR REPLACE {} SET {other} = {other}",
    "UPDATE OR IGNORE {} SET {other} = {other}",
    "DELETE FROM {}",
    "REPLACE INTO {} SELECT * FROM {}",
    "INSERT OR REPLACE INTO {} SELECT * FROM {}",
    "INSERT INTO {} SELECT * FROM {} WHERE true ON CONFLICT ({first}) DO UPDATE SET {other} = excluded.{other}",
];

/// Columns of a table, with their types; the row's number too where no column is it.
async fn columns(file: &mut SqliteConnection, table: &str) -> Vec<(String, String)> {
    let columns = "SELECT name, type FROM pragma_table_info(?1)
                   UNION ALL SELECT 'rowid', 'INTEGER' WHERE NOT EXISTS (SELECT 1 FROM pragma_table_info(?1) WHERE pk > 0)";
    sqlx::query_as(columns).bind(table).fetch_all(file).await.expect("columns")
}

/// Columns of each key of a table.
async fn keys(file: &mut SqliteConnection, table: &str) -> Vec<Vec<String>> {
    let own = "SELECT coalesce((SELECT name FROM pragma_table_info(?1) WHERE pk > 0), 'rowid')";
    let mut keys: Vec<Vec<String>> = vec![sqlx::query_scalar(own).bind(table).fetch_all(&mut *file).await.expect("a key")];
    let unique = "SELECT name FROM pragma_index_list(?1) WHERE \"unique\"";
    let unique: Vec<String> = sqlx::query_scalar(unique).bind(table).fetch_all(&mut *file).await.expect("indexes");
    for index in unique {
        let columns = "SELECT name FROM pragma_index_info(?1)";
        keys.push(sqlx::query_scalar(columns).bind(index).fetch_all(&mut *file).await.expect("columns"));
    }
    keys
}

/// For each key of a table: a row that has this one of another row, and nothing else in common with it. REPLACE deletes what any key finds, and
/// fires no trigger of deletions.
async fn replacing(file: &mut SqliteConnection, table: &str) -> Vec<String> {
    let columns = columns(file, table).await;
    let names = columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
    let replacing = |key: &Vec<String>| {
        let values = columns.iter().map(|(name, kind)| match kind.as_str() {
            _ if key.contains(name) => name.clone(),
            "INTEGER" => format!("{name} + 1000"),
            "BLOB" => "randomblob(16)".into(),
            _ => format!("{name} || 'x'"),
        });
        let values = values.collect::<Vec<_>>().join(", ");
        format!("INSERT OR REPLACE INTO {table} ({names}) SELECT {values} FROM {table} LIMIT 1")
    };
    keys(file, table).await.iter().map(replacing).collect()
}

async fn rows(file: &mut SqliteConnection, table: &str) -> Vec<String> {
    let quoted = columns(file, table).await.iter().map(|(name, _)| format!("quote({name})")).collect::<Vec<_>>().join(" || ',' || ");
    sqlx::query_scalar(&format!("SELECT {quoted} FROM {table} ORDER BY rowid")).fetch_all(file).await.expect("rows")
}

#[tokio::test]
async fn nobody_finds_a_way_round_in_the_file() {
    let (mut file, _folder) = begun().await;
    for table in APPEND_ONLY {
        let before = rows(&mut file, table).await;
        let mut ways = replacing(&mut file, table).await;
        ways.extend(WAYS.iter().map(|way| statement(way, "", table)));
        // Whoever opens the file says whether what a REPLACE deletes fires triggers.
        for fires in ["OFF", "ON"] {
            file.execute(format!("PRAGMA recursive_triggers = {fires}").as_str()).await.expect("set");
            for statement in &ways {
                let refused = file.execute(statement.as_str()).await.expect_err(statement);
                assert_eq!(code(&refused), CONSTRAINT_TRIGGER, "{fires}: {statement}: {refused}");
            }
        }
        assert_eq!(rows(&mut file, table).await, before, "{table}");
    }
}
