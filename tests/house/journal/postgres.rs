use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cqrs_es::persist::PersistedEventRepository;
use opensail_eventstore::conformance::{Held, Subject, append, part};
use opensail_eventstore::postgres::PostgresStore;
use opensail_eventstore::seal::{Attestation, Parting};
use opensail_eventstore::{Epoch, Journal, Leases, SealTables, Vault};
use opensail_tests::postgres::{Database, fresh_database};
use sqlx::Executor;

struct Postgres {
    store: PostgresStore,
    database: Database,
}

async fn open(database: Database) -> Postgres {
    Postgres { store: database.journal().await, database }
}

async fn fresh() -> Postgres {
    open(fresh_database().await).await
}

#[async_trait]
impl Subject for Postgres {
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
        Box::new(open(self.database.clone()).await)
    }
    async fn start_epoch(&self, parting: Parting, attested: Option<&Attestation>) -> Epoch {
        self.store.start_epoch("test", parting, attested).await.expect("an epoch")
    }
    async fn sql(&self, statement: &str) -> Result<(), String> {
        let statement = statement
            .replace("{events}", "journal.events")
            .replace("{epochs}", "journal.epochs")
            .replace("{seal_tiles}", "journal.seal_tiles")
            .replace("{seal_checkpoints}", "journal.seal_checkpoints")
            .replace("{seal_keys}", "journal.seal_keys")
            .replace("{seal_rolls}", "journal.seal_rolls")
            .replace("{an_id}", "gen_random_uuid()")
            .replace("{tenant_heads}", "journal.tenant_heads")
            .replace("{empty_events}", "TRUNCATE journal.events")
            .replace("{replace_event}", "SET session_replication_role = replica; UPDATE journal.events SET time = 0");
        self.database.owner().await.execute(statement.as_str()).await.map(|_| ()).map_err(|error| error.to_string())
    }
    async fn hold_the_writer(&self) -> Box<dyn Held> {
        let mut owner = self.database.owner().await;
        owner.execute("BEGIN; LOCK TABLE journal.events IN ACCESS EXCLUSIVE MODE").await.expect("nobody else writes");
        Box::new(HeldTable(owner))
    }
    async fn tamper(&self, statement: &str) {
        let tables = ["events", "epochs", "seal_tiles", "seal_checkpoints", "seal_keys", "seal_rolls"];
        let each = |verb: &str| tables.map(|table| format!("ALTER TABLE journal.{table} {verb} TRIGGER append_only;")).concat();
        let unchecked = "ALTER TABLE journal.events DROP CONSTRAINT IF EXISTS events_begin_at_one;";
        self.sql(&format!("{unchecked} {} {statement}; {}", each("DISABLE"), each("ENABLE ALWAYS"))).await.expect("tampered with");
    }
    fn poison(&self) -> &'static str {
        "CREATE FUNCTION journal.poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'poison'; END $$;;\
         CREATE TRIGGER poison BEFORE INSERT ON journal.events FOR EACH ROW WHEN (NEW.event_type = 'test.poison') EXECUTE FUNCTION journal.poison()"
    }
}

struct HeldTable(sqlx::PgConnection);

#[async_trait]
impl Held for HeldTable {
    async fn release(mut self: Box<Self>) {
        self.0.execute("ROLLBACK").await.expect("released");
    }
}

mod promises {
    use super::fresh;
    opensail_eventstore::journal_suite!(fresh());
}

/// A lost session frees its leases long before their time.
#[tokio::test]
async fn the_end_of_a_holders_session_frees_its_leases() {
    let subject = fresh().await;
    let other = open(subject.database.clone()).await;
    let lease = subject.store.acquire("r", "a", Duration::from_secs(600)).await.expect("acquired");
    assert!(other.store.acquire("r", "b", Duration::from_secs(600)).await.is_err());
    end_sessions(&subject.database, "opensail leases").await;
    let taken = other.store.acquire("r", "b", Duration::from_secs(600)).await.expect("acquired");
    assert!(taken.token > lease.token);
    assert!(subject.store.renew(&lease, Duration::from_secs(600)).await.is_err());
}

/// The connection breaks; the command is asked for again on a new one.
#[tokio::test]
async fn a_lost_connection_is_made_again() {
    let subject = fresh().await;
    for version in 0..5 {
        subject.store.append(append(vec![part("a", version, 1)])).await.expect("appended");
        end_sessions(&subject.database, "opensail journal append").await;
    }
    assert_eq!(subject.store.head().await.expect("a head").position, 5);
}

/// To notify takes no rights in PostgreSQL. What is said wakes whoever follows, and is not taken for something seen.
#[tokio::test]
async fn a_strangers_word_of_a_position_stops_nobody() {
    let subject = fresh().await;
    subject.store.append(append(vec![part("a", 0, 1)])).await.expect("appended");
    let mut woken = subject.store.watch();
    woken.mark_unchanged();
    let mut stranger = subject.database.owner().await;
    for said in ["999999999999", "18446744073709551615", "nonsense"] {
        stranger.execute(format!("NOTIFY opensail_journal, '{said}'").as_str()).await.expect("said");
    }
    woken.changed().await.expect("heard");
    assert_eq!(subject.store.head().await.expect("a head").position, 1);
    assert_eq!(*subject.store.set_back().borrow(), None);
    let another = open(subject.database.clone()).await;
    another.store.append(append(vec![part("a", 1, 1)])).await.expect("appended");
    while *woken.borrow_and_update() != 2 {
        woken.changed().await.expect("heard");
        subject.store.head().await.expect("a head");
    }
    assert_eq!(subject.store.append(append(vec![part("a", 2, 1)])).await.expect("appended").position, 3);
}

#[tokio::test]
async fn an_empty_database_is_prepared_once_by_many() {
    let database = opensail_tests::postgres::empty_database().await;
    let starts = (0..4).map(|_| PostgresStore::connect(&database.app_url, Some(&database.owner_url)));
    let stores = futures::future::join_all(starts).await;
    let mut epochs = Vec::new();
    for store in stores {
        epochs.push(store.expect("connected").head().await.expect("a head").epoch);
    }
    epochs.dedup();
    assert_eq!(epochs.len(), 1);
}

/// What postgres-es reads through the view of its seven columns.
#[tokio::test]
async fn cqrs_repositories_read_single_streams() {
    let subject = fresh().await;
    subject.store.append(append(vec![part("b-1", 0, 1), part("a-1", 0, 3)])).await.expect("appended");
    let pool = sqlx::PgPool::connect(&subject.database.app_url).await.expect("a pool");
    let repository = postgres_es::PostgresEventRepository::new(pool).with_tables("journal.cqrs_events", "journal.snapshots");
    let events = repository.get_events::<Counter>("a-1").await.expect("read");
    assert_eq!(events.iter().map(|event| event.sequence).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(events.iter().all(|event| event.aggregate_type == "test" && event.aggregate_id == "a-1" && event.event_version == "1"));
    assert_eq!(events[2].payload, serde_json::json!({ "number": 2 }));
    assert_eq!(events[2].metadata["tenant"], "team-1");
}

async fn end_sessions(database: &Database, application: &str) {
    let mut owner = database.owner().await;
    // The second number waits until the session is really gone.
    sqlx::query(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1",
    )
    .bind(application)
    .execute(&mut owner)
    .await
    .expect("ended");
}

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Counter;

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Counted {
    number: u64,
}

impl cqrs_es::DomainEvent for Counted {
    fn event_type(&self) -> String {
        "test.happened".into()
    }
    fn event_version(&self) -> String {
        "1".into()
    }
}

impl cqrs_es::Aggregate for Counter {
    type Command = ();
    type Event = Counted;
    type Error = std::io::Error;
    type Services = ();
    const TYPE: &'static str = "test";
    async fn handle(&mut self, (): (), (): &(), _: &cqrs_es::event_sink::EventSink<Self>) -> Result<(), Self::Error> {
        Ok(())
    }
    fn apply(&mut self, _: Counted) {}
}
