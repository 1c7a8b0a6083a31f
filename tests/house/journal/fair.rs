//! Fair between tenants and processes, counted in batches: what one floods with holds up another by a bound, and nothing is dropped.

use std::collections::BTreeSet;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use opensail_eventstore::append::{BATCH_APPENDS, MAX_WAITING_OF_TENANT, UNDER_WAY};
use opensail_eventstore::conformance::{everything, one};
use opensail_eventstore::postgres::PostgresStore;
use opensail_eventstore::{Append, AppendError, Journal};
use opensail_tests::postgres::{SUPERUSER, fresh_database};
use opensail_tests::world::until;
use sqlx::Executor;

/// Processes that flood, beside the one that has little to say.
const FLOODING: usize = 2;

fn of_tenant(tenant: &str, stream: &str) -> Append {
    let mut append = one(stream);
    append.parts[0].tenant = tenant.into();
    append
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_in_other_processes_holds_up_by_their_batches_under_way_and_no_more() {
    let database = fresh_database().await;
    let mut flooding = Vec::new();
    for _ in 0..FLOODING {
        flooding.push(database.journal().await);
    }
    // Its sessions can be told from the others' by whose they are.
    let quiet = PostgresStore::connect(&database.owner_url, None).await.expect("a journal");
    let mut owner = database.owner().await;
    owner.execute("BEGIN; LOCK TABLE journal.command_results IN ACCESS EXCLUSIVE MODE").await.expect("nobody writes");

    // Every queue is full when the first is told to come again.
    let mut answers = FuturesUnordered::new();
    let mut refused = 0;
    for (process, journal) in flooding.iter().enumerate() {
        for number in 0..UNDER_WAY * BATCH_APPENDS + MAX_WAITING_OF_TENANT + 1 {
            let append = of_tenant("busy", &format!("busy{process}-{number}"));
            answers.push(async move { (append.clone(), journal.append(append).await) });
        }
        while refused <= process {
            let (_, answer) = answers.next().await.expect("an answer");
            assert!(matches!(answer, Err(AppendError::Overloaded { retry_after }) if !retry_after.is_zero()), "{answer:?}");
            refused += 1;
        }
    }
    let said = tokio::spawn(async move { (quiet.append(of_tenant("quiet", "word")).await, quiet) });
    // Behind all that is under way by then. Who holds the table would see one moment for as long as the transaction lasts.
    let mut look = database.owner().await;
    let waits = "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
                 WHERE l.locktype = 'advisory' AND NOT l.granted AND a.datname = current_database() AND a.usename = $1";
    until("the word to wait for the journal's lock", async || {
        let waiting: i64 = sqlx::query_scalar(waits).bind(SUPERUSER).fetch_one(&mut look).await.expect("an answer");
        (waiting == 1).then_some(())
    })
    .await;
    owner.execute("ROLLBACK").await.expect("released");

    let (mut written, mut again) = (0, Vec::new());
    while let Some((append, answer)) = answers.next().await {
        match answer {
            Ok(done) => written += usize::from(!done.repeated),
            Err(AppendError::Overloaded { .. }) => {
                refused += 1;
                again.push(append);
            }
            Err(error) => panic!("{error}"),
        }
    }
    let (word, _quiet) = said.await.expect("no panic");
    let position = word.expect("appended").position;
    assert!(position <= (FLOODING * UNDER_WAY * BATCH_APPENDS) as u64 + 1, "at {position}");
    // Nothing that was taken is dropped, nothing that was refused is there, and it is as good as new.
    let journal = &flooding[0];
    let streams: BTreeSet<_> = everything(journal).await.into_iter().map(|event| event.stream.id().to_owned()).collect();
    assert_eq!(streams.len(), written + 1);
    assert!(again.iter().all(|append| !streams.contains(append.parts[0].stream.id())));
    for append in again {
        assert!(!journal.append(append).await.expect("appended").repeated);
    }
    println!("{written} written, {refused} asked to come again; the word of another process is at {position}");
}
