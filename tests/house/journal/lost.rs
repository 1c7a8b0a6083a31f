//! The database is lost in the midst of a commit, or a process stands still with the journal's lock: PostgreSQL behind a wire that
//! swallows answers and freezes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use opensail_eventstore::conformance::{append, part};
use opensail_eventstore::postgres::PostgresStore;
use opensail_eventstore::seal::Parting;
use opensail_eventstore::{Append, AppendError, Journal};
use opensail_tests::postgres::{Database, fresh_database};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;

/// What the server says when a statement is done and no transaction is open.
const READY: &[u8] = b"Z\0\0\0\x05I";

/// What becomes of the first request that contains the mark.
#[derive(Clone, Copy)]
enum Mishap {
    /// It is done, nobody hears of it, and nobody gets through any more.
    LosesTheAnswer(&'static str),
    /// It never arrives, and its connection stays open.
    Freezes(&'static str),
}

#[derive(Default)]
struct State {
    mishap: Mutex<Option<Mishap>>,
    shut: AtomicBool,
}

struct Wire {
    state: Arc<State>,
    folder: TempDir,
    server: String,
    _connections: JoinSet<()>,
}

impl Wire {
    fn to(database: &Database) -> Wire {
        let folder = tempfile::tempdir().expect("a folder");
        let (_, rest) = database.app_url.split_once('@').expect("a user");
        let (server, _) = rest.split_once(":5432").expect("a port");
        let socket = format!("{}/.s.PGSQL.5432", server.replace("%2F", "/"));
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).expect("a socket");
        let state = Arc::new(State::default());
        let mut connections = JoinSet::new();
        connections.spawn(accept(listener, socket, state.clone()));
        Wire { state, folder, server: server.into(), _connections: connections }
    }

    async fn store(&self, database: &Database) -> PostgresStore {
        let here = self.folder.path().to_str().expect("a plain path").replace('/', "%2F");
        PostgresStore::connect(&database.app_url.replace(&self.server, &here), None).await.expect("connected")
    }

    fn expects(&self, mishap: Mishap) {
        *self.state.mishap.lock().unwrap_or_else(PoisonError::into_inner) = Some(mishap);
    }

    fn mend(&self) {
        self.state.shut.store(false, Ordering::SeqCst);
    }
}

async fn accept(listener: UnixListener, server: String, state: Arc<State>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        if !state.shut.load(Ordering::SeqCst) {
            connections.spawn(carry(client, UnixStream::connect(&server).await.expect("the server"), state.clone()));
        }
    }
}

async fn carry(mut client: UnixStream, mut server: UnixStream, state: Arc<State>) {
    let (mut asked, mut answer) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Some(read) = read.ok().filter(|read| *read > 0) else { return };
                match state.meets(&asked[..read]) {
                    None => {}
                    Some(Mishap::Freezes(_)) => std::future::pending().await,
                    Some(Mishap::LosesTheAnswer(_)) => {
                        state.shut.store(true, Ordering::SeqCst);
                        server.write_all(&asked[..read]).await.expect("the server listens");
                        let mut lost = Vec::new();
                        while !lost.ends_with(READY) {
                            assert!(server.read_buf(&mut lost).await.expect("the server answers") > 0);
                        }
                        return;
                    }
                }
                if server.write_all(&asked[..read]).await.is_err() { return }
            }
            read = server.read(&mut answer) => {
                let Some(read) = read.ok().filter(|read| *read > 0) else { return };
                if client.write_all(&answer[..read]).await.is_err() { return }
            }
        }
    }
}

impl State {
    fn meets(&self, bytes: &[u8]) -> Option<Mishap> {
        let mut mishap = self.mishap.lock().unwrap_or_else(PoisonError::into_inner);
        let (Mishap::LosesTheAnswer(mark) | Mishap::Freezes(mark)) = (*mishap)?;
        if bytes.windows(mark.len()).any(|window| window == mark.as_bytes()) { mishap.take() } else { None }
    }
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
    let store = wire.store(&database).await;
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
    let still = wire.store(&database).await;
    let other = database.journal().await;
    wire.expects(Mishap::Freezes("COMMIT"));
    let standing = tokio::spawn(async move { still.start_epoch("never to be", Parting::default()).await });
    let holds = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'";
    let mut owner = database.owner().await;
    while sqlx::query_scalar::<_, i64>(holds).fetch_one(&mut owner).await.expect("an answer") == 0 {
        tokio::task::yield_now().await;
    }
    other.append(append(vec![part("a", 0, 1)])).await.expect("appended");
    standing.abort();
}
