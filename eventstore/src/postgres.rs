//! The journal in PostgreSQL: any number of processes append, one transaction at a time; everything lies in the schema
//! `journal`.
//!
//! The role that the application runs as owns no table: it may insert events and read them, nothing else. Migrations
//! run as the owner, if its address is given.

mod arrays;
mod guards;
mod heads;
mod lease;
mod migrate;
mod pace;
mod page;
mod presence;
mod read;
mod row;
mod seal;
mod snapshot;
mod vault;
mod wake;
mod write;

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::append::group::Group;
use crate::envelope::Epoch;
use crate::journal::ReadError;
use crate::seal::{Attestation, Parting};

const READERS: u32 = 10;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// After this the server ends a session that has a transaction open and says nothing, so that a paused process holds up nobody.
const STANDING_STILL: &str = "5s";
/// Key of the advisory lock under which positions are assigned; the same number stands in the migration.
const JOURNAL_LOCK: i64 = 5_724_186_650_907_601_260;

#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("not an address of a PostgreSQL database: {0}")]
    Address(String),
    #[error("cannot reach PostgreSQL: {0}")]
    Unreachable(String),
    #[error("cannot prepare the journal's tables (give the owner's address in DATABASE_OWNER_URL?): {0}")]
    Migration(String),
}

/// Journal, vault and leases in one database. Clones share everything.
#[derive(Clone)]
pub struct PostgresStore {
    inner: Arc<Inner>,
}

struct Inner {
    pool: PgPool,
    group: Arc<Group>,
    presence: presence::Presence,
    loosened: Vec<String>,
    /// Ends with the store.
    _tasks: JoinSet<()>,
}

impl PostgresStore {
    /// Connects as the application's role; brings the tables up to date as their owner first (as the application's role
    /// where no other is given and something is missing).
    pub async fn connect(app_url: &str, owner_url: Option<&str>) -> Result<PostgresStore, ConnectError> {
        let options = PgConnectOptions::from_str(app_url).map_err(|error| ConnectError::Address(error.to_string()))?;
        let options = options.options([("idle_in_transaction_session_timeout", STANDING_STILL)]);
        let pool = PgPoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options.clone())
            .await
            .map_err(unreachable)?;
        let loosened = migrate::run(&pool, app_url, owner_url).await?;
        let epoch = first_epoch(&pool).await.map_err(unreachable)?;
        let head: i64 =
            sqlx::query_scalar("SELECT coalesce(max(position), 0) FROM journal.events").fetch_one(&pool).await.map_err(unreachable)?;
        let writer = write::PostgresWriter::new(options.clone(), pool.clone());
        let group = Arc::new(Group::start(Arc::new(writer), epoch, head as u64));
        let mut tasks = JoinSet::new();
        let heard = wake::Heard::default();
        tasks.spawn(wake::tell(options.clone(), group.watch(), heard.clone()));
        tasks.spawn(wake::listen(options.clone(), pool.clone(), Arc::downgrade(&group), heard));
        Ok(PostgresStore { inner: Arc::new(Inner { pool, group, presence: presence::Presence::new(options), loosened, _tasks: tasks }) })
    }

    /// Only brings the tables up to date, as `connect` would.
    pub async fn migrate(app_url: &str, owner_url: Option<&str>) -> Result<(), ConnectError> {
        let options = PgConnectOptions::from_str(app_url).map_err(|error| ConnectError::Address(error.to_string()))?;
        let pool = PgPoolOptions::new().max_connections(1).connect_with(options).await.map_err(unreachable)?;
        let done = migrate::run(&pool, app_url, owner_url).await;
        pool.close().await;
        done.map(drop)
    }

    /// Starts a new history, e.g. after a restore. `None` leaves it attested by nobody, so that no seal goes on in it.
    pub async fn start_epoch(&self, reason: &str, parting: Parting, attested: Option<&Attestation>) -> Result<Epoch, ReadError> {
        let mut tx = self.inner.pool.begin().await.map_err(unavailable)?;
        let epoch = insert_epoch(&mut tx, reason, parting).await.map_err(unavailable)?;
        if let Some(attested) = attested {
            seal::enrol(&mut tx, attested, epoch).await.map_err(unavailable)?;
        }
        tx.commit().await.map_err(unavailable)?;
        self.inner.group.set_epoch(epoch);
        Ok(epoch)
    }

    /// In words, what somebody has changed in the schema that lets events be altered: a guard that was missing and is put back, triggers, rules and
    /// rights that are none of ours.
    pub fn loosened(&self) -> &[String] {
        &self.inner.loosened
    }

    /// Closes the connections; appends that come later fail.
    pub async fn close(&self) {
        self.inner.pool.close().await;
    }
}

async fn first_epoch(pool: &PgPool) -> Result<Epoch, sqlx::Error> {
    let mut tx = pool.begin().await?;
    lock(&mut tx).await?;
    let epoch: Option<Uuid> = sqlx::query_scalar("SELECT id FROM journal.epochs ORDER BY n DESC LIMIT 1").fetch_optional(&mut *tx).await?;
    let epoch = match epoch {
        Some(id) => Epoch(id),
        None => insert_epoch(&mut tx, "created", Parting::default()).await?,
    };
    tx.commit().await?;
    Ok(epoch)
}

async fn lock(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(JOURNAL_LOCK).execute(db).await.map(|_| ())
}

async fn insert_epoch(db: &mut PgConnection, reason: &str, parting: Parting) -> Result<Epoch, sqlx::Error> {
    lock(db).await?;
    let newest: Option<i64> = sqlx::query_scalar("SELECT max(time) FROM journal.epochs").fetch_one(&mut *db).await?;
    let epoch = Epoch(Uuid::now_v7());
    sqlx::query(
        "INSERT INTO journal.epochs (id, started_after, time, reason)
         SELECT $1, least(coalesce(max(position), 0), $3), greatest(journal.now_us(), $4), $2 FROM journal.events",
    )
    .bind(epoch.0)
    .bind(reason)
    .bind(parting.shared.map(|position| position as i64))
    .bind(parting.earliest(newest))
    .execute(db)
    .await?;
    Ok(epoch)
}

fn unreachable(error: sqlx::Error) -> ConnectError {
    let words = error.to_string();
    // What rustls says of one that is not trusted; what to do is not to be guessed from it.
    let hint = match words.contains("invalid peer certificate") {
        true => " (name the authority that signed it as sslrootcert=<file> in the address, and a host that it is signed for)",
        false => "",
    };
    ConnectError::Unreachable(words + hint)
}

fn unavailable(error: sqlx::Error) -> ReadError {
    ReadError::Unavailable(error.to_string())
}
