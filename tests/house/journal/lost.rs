//! The database is lost in the midst of a commit or before it, or a process stands still with a lock of all: PostgreSQL behind a wire that
//! swallows answers, breaks and freezes.

use opensail_eventstore::conformance::{append, one, part};
use opensail_eventstore::postgres::PostgresStore;
use opensail_eventstore::seal::Parting;
use opensail_eventstore::{Append, AppendError, Journal};
use opensail_projections::Db;
use opensail_tests::postgres::{Database, SUPERUSER, fresh_database};
use opensail_tests::wire::{Mishap, Wire};
use opensail_tests::world::until;
use sqlx::Executor;
use tokio::task::JoinHandle;

async fn store(wire: &Wire, database: &Database) -> PostgresStore {
    PostgresStore::connect(&wire.url(&database.app_url), None).await.expect("connected")
}

fn marked(stream: &str, mark: &str) -> Append {
    let mut part = part(stream, 0, 1);
    part.events[0].payload = format!("{{\"mark\":\"{mark}\"}}");
    append(vec![part])
}

/// Whether it was written is not known then; the same command, asked for again, tells it truly and is not done twice.
#[tokio::test]
async fn a_server_lost_in_the_midst_of_a_commit_leaves_the_outcome_unknown_until_asked_again() {
    let database = fresh_database().await;
    let wire = Wire::to(&database);
    let store = store(&wire, &database).await;
    store.append(append(vec![part("before", 0, 1)])).await.expect("appended");

    wire.expects(Mishap::LosesTheAnswer("the lost one"));
    let lost = marked("lost", "the lost one");
    assert_eq!(store.append(lost.clone()).await, Err(AppendError::Unknown(lost.command_id)));
    // Nothing of this one was ever sent.
    let never = marked("never", "never sent");
    assert!(matches!(store.append(never.clone()).await, Err(AppendError::Unavailable(_))));

    wire.mend();
    let told = store.append(lost).await.expect("it was written");
    assert!(told.repeated);
    assert_eq!(told.position, 2);
    let done = store.append(never).await.expect("appended");
    assert!(!done.repeated);
    assert_eq!((done.position, store.head().await.expect("a head").position), (3, 3));
}

/// The other way it may have ended: nothing is there, and the same command is as good as new.
#[tokio::test]
async fn a_session_lost_before_the_commit_leaves_the_outcome_unknown_and_nothing_behind() {
    let database = fresh_database().await;
    let wire = Wire::to(&database);
    let store = store(&wire, &database).await;
    store.append(one("before")).await.expect("appended");

    wire.expects(Mishap::EndsBeforeTheCommit("the lost one"));
    let lost = marked("lost", "the lost one");
    assert_eq!(store.append(lost.clone()).await, Err(AppendError::Unknown(lost.command_id)));

    wire.mend();
    for repeated in [false, true] {
        let told = store.append(lost.clone()).await.expect("appended");
        assert_eq!((told.repeated, told.position), (repeated, 2));
    }
    assert_eq!(store.head().await.expect("a head").position, 2);
}

/// The server itself ends a session that holds the lock and says nothing; the others wait that long and go on.
#[tokio::test]
async fn a_process_that_stands_still_with_the_lock_is_put_out_of_the_way() {
    let database = fresh_database().await;
    let wire = Wire::to(&database);
    let still = store(&wire, &database).await;
    let other = database.journal().await;
    wire.expects(Mishap::Freezes("COMMIT"));
    let standing = tokio::spawn(async move { still.start_epoch("never to be", Parting::default(), None).await });
    let holds = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'";
    let mut owner = database.owner().await;
    while sqlx::query_scalar::<_, i64>(holds).fetch_one(&mut owner).await.expect("an answer") == 0 {
        tokio::task::yield_now().await;
    }
    other.append(append(vec![part("a", 0, 1)])).await.expect("appended");
    standing.abort();
}

/// A start behind the wire that stops at its first request with the mark; answered once its session says nothing and holds the lock.
async fn stands_still(wire: &Wire, database: &Database, mark: &'static str, lock: &str) -> JoinHandle<()> {
    wire.expects(Mishap::Freezes(mark));
    let (app, owner) = (wire.url(&database.app_url), wire.url(&database.owner_url));
    let still = tokio::spawn(async move { drop(PostgresStore::migrate(&app, Some(&owner)).await) });
    let holds = format!(
        "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
         WHERE l.granted AND {lock} AND a.datname = current_database() AND a.state LIKE 'idle%'"
    );
    let mut look = database.owner().await;
    until("a start to stand still", async || {
        (sqlx::query_scalar::<_, i64>(&holds).fetch_one(&mut look).await.expect("an answer") > 0).then_some(())
    })
    .await;
    still
}

async fn another_starts_and_appends(database: &Database) {
    let another = PostgresStore::connect(&database.app_url, Some(&database.owner_url)).await.expect("started");
    another.append(one("another")).await.expect("appended");
}

/// In the midst of a migration, with a lock on the events: who was there goes on writing, and others start.
#[tokio::test]
async fn a_process_that_stands_still_in_a_migration_stops_no_other() {
    let database = fresh_database().await;
    let running = database.journal().await;
    running.append(one("before")).await.expect("appended");
    let before = "ALTER TABLE journal.events DROP CONSTRAINT events_begin_at_one; DELETE FROM journal._sqlx_migrations WHERE version = 14";
    database.owner().await.execute(before).await.expect("as it was before that migration");
    let wire = Wire::to(&database);
    let lock = "l.relation = 'journal.events'::regclass AND l.mode = 'AccessExclusiveLock'";
    let still = stands_still(&wire, &database, "INSERT INTO _sqlx_migrations", lock).await;
    running.append(one("running")).await.expect("appended");
    another_starts_and_appends(&database).await;
    still.abort();
}

/// In no transaction, with the lock under which one process migrates at a time.
#[tokio::test]
async fn a_process_that_stands_still_between_two_migrations_stops_no_other() {
    let database = fresh_database().await;
    let wire = Wire::to(&database);
    let still = stands_still(&wire, &database, "CREATE SCHEMA journal", "l.locktype = 'advisory'").await;
    another_starts_and_appends(&database).await;
    still.abort();
}

/// Nor does one that makes the views' schema, under the lock of all who change views.
#[tokio::test]
async fn a_process_that_stands_still_while_it_makes_the_views_schema_stops_no_other() {
    let database = fresh_database().await;
    let wire = Wire::to(&database);
    wire.expects(Mishap::Freezes("CREATE SCHEMA views"));
    let (app, owner) = (wire.url(&database.app_url), wire.url(&database.owner_url));
    let still = tokio::spawn(async move { drop(Db::postgres(&app, Some(&owner)).await) });
    let there = "SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND usename = $1 AND pid <> pg_backend_pid() AND state = 'idle'";
    let mut look = database.owner().await;
    until("the schema to be asked for", async || {
        (sqlx::query_scalar::<_, i64>(there).bind(SUPERUSER).fetch_one(&mut look).await.expect("an answer") > 0).then_some(())
    })
    .await;
    Db::postgres(&database.app_url, Some(&database.owner_url)).await.expect("opened");
    still.abort();
}
