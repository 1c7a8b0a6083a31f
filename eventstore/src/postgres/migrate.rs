//! The schema's own migrations; numbered, never edited after they have shipped.

use std::str::FromStr;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool};
use sqlx::{Connection, Executor};

use super::{ConnectError, STANDING_STILL, guards};

const STEPS: [(i64, &str, &str); 9] = [
    (1, "journal", include_str!("../../migrations/postgres/0001_journal.sql")),
    (2, "append", include_str!("../../migrations/postgres/0002_append.sql")),
    (3, "versions from events", include_str!("../../migrations/postgres/0003_versions_from_events.sql")),
    (10, "seal", include_str!("../../migrations/postgres/0010_seal.sql")),
    (11, "what the caller knows", include_str!("../../migrations/postgres/0011_what_the_caller_knows.sql")),
    (12, "fewer statements", include_str!("../../migrations/postgres/0012_fewer_statements.sql")),
    (13, "expired results", include_str!("../../migrations/postgres/0013_expired_results.sql")),
    (14, "positions begin at one", include_str!("../../migrations/postgres/0014_positions_begin_at_one.sql")),
    (15, "roll of epochs", include_str!("../../migrations/postgres/0015_roll_of_epochs.sql")),
];
/// Key of the advisory lock around the whole of it: processes start at the same time.
const LOCK: i64 = 5_716_032_651_537_834_356;
/// Settings of the owner's session. That something is there already is no news. The session holds up every other start, also between two
/// transactions, and within one every append: in both the server ends it when it stands still.
const SESSION: [(&str, &str); 4] = [
    ("search_path", "journal"),
    ("client_min_messages", "warning"),
    ("idle_in_transaction_session_timeout", STANDING_STILL),
    ("idle_session_timeout", STANDING_STILL),
];
/// `IF NOT EXISTS` would ask for the right to make one though there is one.
const MAKE_SCHEMA: &str = "DO $$BEGIN IF to_regnamespace('journal') IS NULL THEN CREATE SCHEMA journal; END IF; END$$";
/// What the application's role may do; nothing changes an event.
const GRANTS: &str = "
    GRANT USAGE ON SCHEMA journal TO {role};
    GRANT SELECT ON ALL TABLES IN SCHEMA journal TO {role};
    GRANT INSERT ON journal.events, journal.epochs, journal.seal_tiles, journal.seal_checkpoints, journal.seal_keys, journal.seal_rolls TO {role};
    GRANT INSERT, UPDATE ON journal.tenant_heads, journal.leases TO {role};
    GRANT INSERT, UPDATE, DELETE ON journal.command_results, journal.vault, journal.snapshots TO {role};
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA journal TO {role};
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA journal TO {role};";

/// Brings the schema up to date, unless it is and nobody named the owner. Tells, in words, what kept it append-only and was not there, and what is
/// there that should not be.
pub(super) async fn run(pool: &PgPool, app_url: &str, owner_url: Option<&str>) -> Result<Vec<String>, ConnectError> {
    let mut app = pool.acquire().await.map_err(super::unreachable)?;
    let mut told = match owner_url.is_none() && up_to_date(&mut app).await {
        true => {
            let open = guards::open(&mut app).await.map_err(super::unreachable)?;
            in_words(&open, "and its owner alone can put it back: give DATABASE_OWNER_URL")
        }
        false => migrate(&mut app, owner_url.unwrap_or(app_url)).await?,
    };
    told.extend(guards::foreign(&mut app).await.map_err(super::unreachable)?);
    told.extend(guards::rights(&mut app, owner_url.is_some()).await.map_err(super::unreachable)?);
    Ok(told)
}

async fn migrate(app: &mut PgConnection, owner_url: &str) -> Result<Vec<String>, ConnectError> {
    let role: String = sqlx::query_scalar("SELECT quote_ident(current_user)").fetch_one(app).await.map_err(super::unreachable)?;
    let options = PgConnectOptions::from_str(owner_url).map_err(|error| ConnectError::Address(error.to_string()))?;
    let mut owner = PgConnection::connect_with(&options.options(SESSION)).await.map_err(super::unreachable)?;
    let failed = |error: String| ConnectError::Migration(error);
    sqlx::query("SELECT pg_advisory_lock($1)").bind(LOCK).execute(&mut owner).await.map_err(|error| failed(error.to_string()))?;
    owner.execute(MAKE_SCHEMA).await.map_err(|error| failed(error.to_string()))?;
    let migrations: Vec<_> = STEPS
        .iter()
        .map(|(version, name, sql)| Migration::new(*version, (*name).into(), MigrationType::Simple, (*sql).into(), false))
        .collect();
    let migrator = Migrator { migrations: migrations.into(), locking: false, ..Migrator::DEFAULT };
    migrator.run_direct(&mut owner).await.map_err(|error| failed(error.to_string()))?;
    let owner_role: String =
        sqlx::query_scalar("SELECT quote_ident(current_user)").fetch_one(&mut owner).await.map_err(super::unreachable)?;
    if owner_role != role {
        owner.execute(GRANTS.replace("{role}", &role).as_str()).await.map_err(|error| failed(error.to_string()))?;
    }
    let open = guards::open(&mut owner).await.map_err(|error| failed(error.to_string()))?;
    if !open.is_empty() {
        guards::put_back(&mut owner, &open).await.map_err(|error| failed(error.to_string()))?;
    }
    // Also frees the lock.
    owner.close().await.map_err(super::unreachable)?;
    Ok(in_words(&open, "and was put back"))
}

fn in_words(open: &[String], done: &str) -> Vec<String> {
    open.iter().map(|table| format!("the trigger append_only of {table} was missing, off or changed, {done}")).collect()
}

async fn up_to_date(app: &mut PgConnection) -> bool {
    let applied: Result<i64, _> = sqlx::query_scalar("SELECT count(*) FROM journal._sqlx_migrations WHERE success").fetch_one(app).await;
    applied.is_ok_and(|count| count == STEPS.len() as i64)
}
