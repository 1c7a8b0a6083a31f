//! The database is lost in the midst of a commit, or a process stands still with the journal's lock: PostgreSQL behind a wire that
//! swallows answers and freezes.

use opensail_eventstore::conformance::{append, part};
use opensail_eventstore::postgres::PostgresStore;
use opensail_eventstore::seal::Parting;
use opensail_eventstore::{Append, AppendError, Journal};
use opensail_tests::postgres::{Database, fresh_database};
use opensail_tests::wire::{Mishap, Wire};

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
