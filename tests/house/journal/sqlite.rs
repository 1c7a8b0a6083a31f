use std::sync::Arc;

use async_trait::async_trait;
use opensail_eventstore::conformance::{Held, Subject};
use opensail_eventstore::seal::{Attestation, Parting};
use opensail_eventstore::sqlite::SqliteStore;
use opensail_eventstore::{Epoch, Journal, Leases, SealTables, Vault};
use sqlx::{ConnectOptions, Executor};
use tempfile::TempDir;

struct Sqlite {
    store: SqliteStore,
    folder: Arc<TempDir>,
}

async fn open(folder: Arc<TempDir>) -> Sqlite {
    let store = SqliteStore::open(folder.path().join("journal.db")).await.expect("a journal");
    Sqlite { store, folder }
}

async fn fresh() -> Sqlite {
    open(Arc::new(tempfile::tempdir().expect("a folder"))).await
}

#[async_trait]
impl Subject for Sqlite {
    fn journal(&self) -> Arc<dyn Journal> {
        Arc::new(self.store.clone())
    }
    fn vault(&self) -> Arc<dyn Vault> {
        Arc::new(self.store.clone())
    }
    fn leases(&self) -> Arc<dyn Leases> {
        Arc::new(self.store.clone())
    }
    fn seal(&self) -> Arc<dyn SealTables> {
        Arc::new(self.store.clone())
    }
    async fn another(&self) -> Box<dyn Subject> {
        Box::new(open(self.folder.clone()).await)
    }
    async fn start_epoch(&self, parting: Parting, attested: Option<&Attestation>) -> Epoch {
        self.store.start_epoch("test", parting, attested).await.expect("an epoch")
    }
    async fn sql(&self, statement: &str) -> Result<(), String> {
        let statement = statement
            .replace("{events}", "events")
            .replace("{epochs}", "epochs")
            .replace("{seal_tiles}", "seal_tiles")
            .replace("{seal_checkpoints}", "seal_checkpoints")
            .replace("{seal_keys}", "seal_keys")
            .replace("{seal_rolls}", "seal_rolls")
            .replace("{an_id}", "randomblob(16)")
            .replace("{tenant_heads}", "tenant_heads")
            .replace("{empty_events}", "DELETE FROM events WHERE position > 0")
            .replace("{replace_event}", "INSERT OR REPLACE INTO events SELECT * FROM events");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(self.folder.path().join("journal.db"));
        let mut connection = options.connect().await.map_err(|error| error.to_string())?;
        connection.execute(statement.as_str()).await.map(|_| ()).map_err(|error| error.to_string())
    }
    async fn hold_the_writer(&self) -> Box<dyn Held> {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(self.folder.path().join("journal.db"));
        let mut connection = options.connect().await.expect("a connection");
        connection.execute("BEGIN IMMEDIATE").await.expect("the file's only writer");
        Box::new(HeldFile(connection))
    }
    async fn tamper(&self, statement: &str) {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(self.folder.path().join("journal.db"));
        let mut connection = options.connect().await.expect("a connection");
        let triggers: Vec<String> =
            sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetch_all(&mut connection).await.expect("triggers");
        for trigger in triggers {
            connection.execute(format!("DROP TRIGGER {trigger}").as_str()).await.expect("dropped");
        }
        self.sql(statement).await.expect("tampered with");
    }
    fn poison(&self) -> &'static str {
        "CREATE TRIGGER poison BEFORE INSERT ON events WHEN NEW.event_type = 'test.poison' BEGIN SELECT RAISE(ABORT, 'poison'); END"
    }
}

struct HeldFile(sqlx::SqliteConnection);

#[async_trait]
impl Held for HeldFile {
    async fn release(mut self: Box<Self>) {
        self.0.execute("ROLLBACK").await.expect("released");
    }
}

mod promises {
    use super::fresh;
    opensail_eventstore::journal_suite!(fresh());
}

#[tokio::test]
async fn the_file_is_only_for_its_owner() {
    use std::os::unix::fs::PermissionsExt;
    let subject = fresh().await;
    for name in ["journal.db", "journal.db-wal"] {
        let mode = std::fs::metadata(subject.folder.path().join(name)).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

/// The view of the seven columns that cqrs-es repositories know.
#[tokio::test]
async fn the_view_for_cqrs_repositories_has_its_columns() {
    use opensail_eventstore::conformance::{append, part};
    let subject = fresh().await;
    subject.store.append(append(vec![part("a-1", 0, 2)])).await.expect("appended");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(subject.folder.path().join("journal.db"));
    let mut connection = options.connect().await.expect("a connection");
    let rows: Vec<(String, String, i64, String, String, String)> = sqlx::query_as(
        "SELECT aggregate_type, aggregate_id, sequence, event_type, event_version, payload FROM cqrs_events
         WHERE aggregate_type = 'test' AND aggregate_id = 'a-1' ORDER BY sequence",
    )
    .fetch_all(&mut connection)
    .await
    .expect("read");
    let last = ("test".into(), "a-1".into(), 2, "test.happened".into(), "1".into(), "{\"number\":1}".into());
    assert_eq!(rows.last(), Some(&last));
}
