//! Opening the views' database.

use std::fs::{OpenOptions, Permissions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use opensail_eventstore::sqlite::one_writer;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Executor};

use super::{Db, Pools};

/// How long a connection waits for another's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections that read the file at the same time.
const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 10;
/// That something is there already is no news.
const QUIET: (&str, &str) = ("client_min_messages", "warning");
/// A process that is paused in the midst of a change holds the writers' lock, and with it the views of every other: the server ends its session then.
const STANDING_STILL: (&str, &str) = ("idle_in_transaction_session_timeout", "5s");
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("cannot open {path}: {why}")]
    File { path: PathBuf, why: String },
    #[error("not an address of a PostgreSQL database: {0}")]
    Address(String),
    #[error("cannot reach the views' database: {0}")]
    Unreachable(String),
    #[error("cannot make the schema views (give the owner's address in DATABASE_OWNER_URL): {0}")]
    Schema(String),
}

impl Db {
    /// Opens the file, made with mode 0600 if absent.
    pub async fn sqlite(path: impl AsRef<Path>) -> Result<Db, OpenError> {
        let path = path.as_ref();
        private_file(path).map_err(|error| OpenError::File { path: path.into(), why: error.to_string() })?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            // A power cut may cost the last rows and their checkpoint together; the journal gives them back.
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(false)
            .pragma("journal_size_limit", "67108864");
        // What is written is flushed when it is moved from the log into the file: every 32 MB, and not every 4, so that a rebuild does not wait for the
        // disk at every page. The pages of one transaction stay in memory, up to 16 MB.
        let writing = options.clone().pragma("wal_autocheckpoint", "8192").pragma("cache_size", "-16384");
        let writer = one_writer().connect_with(writing).await.map_err(unreachable)?;
        let pool = SqlitePoolOptions::new().max_connections(SQLITE_READERS);
        let pool = pool.test_before_acquire(false).idle_timeout(None).max_lifetime(None);
        let readers = pool.connect_with(options.pragma("query_only", "ON")).await.map_err(unreachable)?;
        Ok(Db::new(Pools::Sqlite { writer, readers }))
    }

    /// Connects as the application's role and makes the schema `views` if it is absent: as the owner, if given, since the
    /// application's role need not be allowed to. The tables in it are the application's: they are dropped and made again at
    /// every rebuild.
    pub async fn postgres(app_url: &str, owner_url: Option<&str>) -> Result<Db, OpenError> {
        let address = |url| PgConnectOptions::from_str(url).map_err(|error| OpenError::Address(error.to_string()));
        let options = address(app_url)?.options([("search_path", "views"), ("synchronous_commit", "off"), QUIET, STANDING_STILL]);
        let pool = PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options)
            .await
            .map_err(unreachable)?;
        if !usable(&pool).await? {
            let role: String = sqlx::query_scalar("SELECT quote_ident(current_user)").fetch_one(&pool).await.map_err(unreachable)?;
            make_schema(address(owner_url.unwrap_or(app_url))?, &role).await.map_err(|error| OpenError::Schema(error.to_string()))?;
        }
        Ok(Db::new(Pools::Postgres(pool)))
    }

    /// Waits for what is under way and closes the connections.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

async fn usable(pool: &PgPool) -> Result<bool, OpenError> {
    sqlx::query_scalar("SELECT coalesce((SELECT has_schema_privilege(oid, 'CREATE') FROM pg_namespace WHERE nspname = 'views'), false)")
        .fetch_one(pool)
        .await
        .map_err(unreachable)
}

/// Under a lock, since processes start at the same time and to look first is no lock; `IF NOT EXISTS` would ask for the right to make one though there
/// is one. All in one request, which is one transaction: who is paused here holds up nobody.
async fn make_schema(owner: PgConnectOptions, role: &str) -> Result<(), sqlx::Error> {
    let mut owner = PgConnection::connect_with(&owner.options([QUIET])).await?;
    let lock = super::WRITER_LOCK;
    let made = format!(
        "SELECT pg_advisory_xact_lock({lock});
         DO $$BEGIN IF to_regnamespace('views') IS NULL THEN CREATE SCHEMA views; END IF; END$$;
         GRANT USAGE, CREATE ON SCHEMA views TO {role}"
    );
    owner.execute(made.as_str()).await?;
    owner.close().await
}

fn private_file(path: &Path) -> std::io::Result<()> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))
}

fn unreachable(error: sqlx::Error) -> OpenError {
    OpenError::Unreachable(error.to_string())
}
