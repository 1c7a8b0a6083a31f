//! The journal in one SQLite file, for the desktop: one writer, many readers.
//!
//! The file runs in WAL mode with `synchronous=FULL`, so an acknowledged append survives a power cut. All writing goes
//! through one connection; the group commit shares its flushes.

mod connection;
mod guards;
mod lease;
mod migrate;
mod page;
mod read;
mod row;
mod seal;
mod snapshot;
mod vault;
mod write;

use std::fs::{File, OpenOptions, Permissions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use uuid::Uuid;

pub use connection::one_writer;

use crate::append::group::Group;
use crate::clock;
use crate::envelope::Epoch;
use crate::journal::ReadError;
use crate::seal::{Attestation, Parting};

/// How long a connection waits for another process's lock (a backup under way).
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const READERS: u32 = 4;

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("cannot open {path}: {why}")]
    File { path: PathBuf, why: String },
    #[error("cannot open the journal: {0}")]
    Database(String),
}

/// Journal, vault and leases in one file. Clones share everything; the last one to go closes it.
#[derive(Clone)]
pub struct SqliteStore {
    inner: Arc<Inner>,
}

struct Inner {
    /// One connection: SQLite has one writer, and waiting here is fairer than its busy loop.
    writer: SqlitePool,
    readers: SqlitePool,
    group: Group,
    loosened: Vec<String>,
}

impl SqliteStore {
    /// Opens the file, made with mode 0600 if absent, and brings its tables up to date.
    pub async fn open(path: impl AsRef<Path>) -> Result<SqliteStore, OpenError> {
        let path = path.as_ref();
        let file = |error: std::io::Error| OpenError::File { path: path.into(), why: error.to_string() };
        let _preparing = preparing(path).await.map_err(file)?;
        private_file(path).map_err(file)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(false)
            // A destroyed key must not live on in a free page.
            .pragma("secure_delete", "ON")
            .pragma("journal_size_limit", "67108864");
        let writer = one_writer().connect_with(options.clone()).await.map_err(database)?;
        migrate::migrator().run(&writer).await.map_err(|error| OpenError::Database(error.to_string()))?;
        let loosened = guards::put_back(&writer).await.map_err(database)?;
        let readers = readers().connect_with(options.pragma("query_only", "ON")).await.map_err(database)?;
        let epoch = first_epoch(&writer).await.map_err(database)?;
        let (head, _) = read::last(&readers).await.map_err(database)?;
        let group = Group::start(Arc::new(write::SqliteWriter::new(writer.clone())), epoch, head);
        Ok(SqliteStore { inner: Arc::new(Inner { writer, readers, group, loosened }) })
    }

    /// Starts a new history, e.g. after a restore. `None` leaves it attested by nobody, so that no seal goes on in it.
    pub async fn start_epoch(&self, reason: &str, parting: Parting, attested: Option<&Attestation>) -> Result<Epoch, ReadError> {
        let mut tx = self.inner.writer.begin_with("BEGIN IMMEDIATE").await.map_err(unavailable)?;
        let epoch = insert_epoch(&mut tx, reason, parting).await.map_err(unavailable)?;
        if let Some(attested) = attested {
            seal::enrol(&mut tx, attested, epoch).await.map_err(unavailable)?;
        }
        tx.commit().await.map_err(unavailable)?;
        self.inner.group.set_epoch(epoch);
        Ok(epoch)
    }

    /// In words, what somebody has changed in the file that lets events be altered: a guard that was missing and is put back, a trigger of others.
    pub fn loosened(&self) -> &[String] {
        &self.inner.loosened
    }

    /// Waits for what is under way and closes the file.
    pub async fn close(&self) {
        self.inner.readers.close().await;
        self.inner.writer.close().await;
    }
}

fn readers() -> SqlitePoolOptions {
    SqlitePoolOptions::new().max_connections(READERS).test_before_acquire(false).idle_timeout(None).max_lifetime(None)
}

/// Makes the file if it is absent. One that is there is never opened here: closing any descriptor of a file frees all locks that the
/// process has on it, those of its SQLite connections too.
fn private_file(path: &Path) -> std::io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        made => drop(made?),
    }
    std::fs::set_permissions(path, Permissions::from_mode(0o600))
}

/// Held while the file is made and its tables are brought up to date, in which SQLite itself keeps no order between processes. The
/// lock lies on `<path>.lock` and ends with the value.
async fn preparing(path: &Path) -> std::io::Result<File> {
    let mut lock = path.as_os_str().to_owned();
    lock.push(".lock");
    let waiting = tokio::task::spawn_blocking(move || {
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(lock)?;
        file.lock()?;
        Ok(file)
    });
    waiting.await.map_err(std::io::Error::other)?
}

async fn first_epoch(writer: &SqlitePool) -> Result<Epoch, sqlx::Error> {
    let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
    let epoch = match current_epoch(&mut tx).await? {
        Some(epoch) => epoch,
        None => insert_epoch(&mut tx, "created", Parting::default()).await?,
    };
    tx.commit().await?;
    Ok(epoch)
}

async fn current_epoch(db: &mut sqlx::SqliteConnection) -> Result<Option<Epoch>, sqlx::Error> {
    let id: Option<Uuid> = sqlx::query_scalar("SELECT id FROM epochs ORDER BY n DESC LIMIT 1").fetch_optional(db).await?;
    Ok(id.map(Epoch))
}

async fn insert_epoch(db: &mut sqlx::SqliteConnection, reason: &str, parting: Parting) -> Result<Epoch, sqlx::Error> {
    let newest: Option<i64> = sqlx::query_scalar("SELECT max(time) FROM epochs").fetch_one(&mut *db).await?;
    let epoch = Epoch(Uuid::now_v7());
    sqlx::query("INSERT INTO epochs (id, started_after, time, reason) SELECT ?1, min(coalesce(max(position), 0), coalesce(?4, max(position), 0)), ?2, ?3 FROM events")
        .bind(epoch.0)
        .bind(clock::now().max(parting.earliest(newest)))
        .bind(reason)
        .bind(parting.shared.map(|position| position as i64))
        .execute(db)
        .await?;
    Ok(epoch)
}

fn database(error: sqlx::Error) -> OpenError {
    OpenError::Database(error.to_string())
}

fn unavailable(error: sqlx::Error) -> ReadError {
    ReadError::Unavailable(error.to_string())
}

#[cfg(test)]
mod tests;
