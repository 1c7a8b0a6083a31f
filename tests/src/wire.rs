//! A wire to PostgreSQL that swallows answers, breaks before a commit, and freezes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;

use crate::postgres::Database;

/// What the server says when a statement is done and no transaction is open.
const READY: &[u8] = b"Z\0\0\0\x05I";
/// The end of a request: the server commits what was done for it and sends what it has to say.
const SYNC: &[u8] = b"S\0\0\0\x04";
/// Asks for what there is to say, and commits nothing.
const FLUSH: &[u8] = b"H\0\0\0\x04";
/// The last that the server says before a [`SYNC`]: the statement that was done is closed.
const CLOSED: &[u8] = b"3\0\0\0\x04";

/// What becomes of the first request that contains the mark.
#[derive(Clone, Copy)]
pub enum Mishap {
    /// It is done, nobody hears of it, and nobody gets through any more.
    LosesTheAnswer(&'static str),
    /// It is done but for its commit, for the session ends, and nobody gets through any more.
    EndsBeforeTheCommit(&'static str),
    /// It never arrives, and its connection stays open.
    Freezes(&'static str),
}

#[derive(Default)]
struct State {
    mishap: Mutex<Option<Mishap>>,
    shut: AtomicBool,
}

/// Between a house and its database.
pub struct Wire {
    state: Arc<State>,
    folder: TempDir,
    server: String,
    _connections: JoinSet<()>,
}

impl Wire {
    pub fn to(database: &Database) -> Wire {
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

    /// The same address, through the wire.
    pub fn url(&self, url: &str) -> String {
        url.replace(&self.server, &self.folder.path().to_str().expect("a plain path").replace('/', "%2F"))
    }

    /// Of the next request that holds the mark, on whichever connection.
    pub fn expects(&self, mishap: Mishap) {
        *self.state.mishap.lock().unwrap_or_else(PoisonError::into_inner) = Some(mishap);
    }

    /// Lets new connections through again.
    pub fn mend(&self) {
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
                        return done(&mut server, &asked[..read], READY).await;
                    }
                    Some(Mishap::EndsBeforeTheCommit(_)) => {
                        state.shut.store(true, Ordering::SeqCst);
                        let request = asked[..read].strip_suffix(SYNC).expect("a whole request");
                        return done(&mut server, &[request, FLUSH].concat(), CLOSED).await;
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

/// The server does what it is asked, as far as it says this at last; nobody hears of it.
async fn done(server: &mut UnixStream, request: &[u8], last: &[u8]) {
    server.write_all(request).await.expect("the server listens");
    let mut lost = Vec::new();
    while !lost.ends_with(last) {
        assert!(server.read_buf(&mut lost).await.expect("the server answers") > 0);
    }
}

impl State {
    fn meets(&self, bytes: &[u8]) -> Option<Mishap> {
        let mut mishap = self.mishap.lock().unwrap_or_else(PoisonError::into_inner);
        let (Mishap::LosesTheAnswer(mark) | Mishap::EndsBeforeTheCommit(mark) | Mishap::Freezes(mark)) = (*mishap)?;
        if bytes.windows(mark.len()).any(|window| window == mark.as_bytes()) { mishap.take() } else { None }
    }
}
