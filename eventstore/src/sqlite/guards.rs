//! The triggers that keep the file append-only: whoever has it in hand can take them out, and nothing else would tell.

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqlitePool};
use sqlx::{ConnectOptions, Executor};
use tokio::sync::OnceCell;

use super::{migrate, one_writer};

/// Name and text of each trigger.
type Triggers = Vec<(String, String)>;

/// As the migrations make them, learnt once.
static MADE: OnceCell<Triggers> = OnceCell::const_new();

/// Puts back what is missing or another one; tells what it was, in words.
pub(super) async fn put_back(writer: &SqlitePool) -> Result<Vec<String>, sqlx::Error> {
    let made = MADE.get_or_try_init(made).await?;
    let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
    let there = triggers(&mut tx).await?;
    let mut told = Vec::new();
    for (name, text) in made {
        let found = there.iter().find(|(other, _)| other == name);
        if found.is_some_and(|(_, other)| other == text) {
            continue;
        }
        tx.execute(format!("DROP TRIGGER IF EXISTS {name}").as_str()).await?;
        tx.execute(text.as_str()).await?;
        told.push(format!("the trigger {name} was {}, and was put back", if found.is_some() { "changed" } else { "missing" }));
    }
    let foreign = there.iter().filter(|(name, _)| made.iter().all(|(other, _)| other != name));
    told.extend(foreign.map(|(name, _)| format!("the trigger {} is none of ours", name.escape_debug())));
    tx.commit().await?;
    Ok(told)
}

async fn made() -> Result<Triggers, sqlx::Error> {
    let empty = one_writer().connect_with(SqliteConnectOptions::new().in_memory(true).disable_statement_logging()).await?;
    migrate::migrator().run(&empty).await.map_err(|error| sqlx::Error::Protocol(error.to_string()))?;
    let made = triggers(&mut *empty.acquire().await?).await;
    empty.close().await;
    made
}

async fn triggers(db: &mut SqliteConnection) -> Result<Triggers, sqlx::Error> {
    sqlx::query_as("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetch_all(db).await
}
