//! The triggers that keep the schema append-only: whoever owns the database can take them away, and nothing else would tell.

use sqlx::{Executor, PgConnection};

/// Tables of which no row is ever changed.
const APPEND_ONLY: [&str; 6] = ["events", "epochs", "seal_tiles", "seal_checkpoints", "seal_keys", "seal_rolls"];
/// What the triggers call, as the first migration made it.
const REFUSE: &str = " BEGIN RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'restrict_violation'; END ";
/// Everybody who writes waits behind a trigger that is put back: rather fail after a while, and be tried again at the next start.
const PATIENCE: &str = "SET lock_timeout = '5s'";

/// Tables whose trigger does not stand as it was made: before each statement that updates, deletes or truncates (2 + 16 + 8 + 32), always, and
/// refusing.
pub(super) async fn open(db: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT t.name FROM unnest($1::text[]) t(name) WHERE NOT EXISTS (
             SELECT 1 FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid JOIN pg_language l ON l.oid = p.prolang
             WHERE g.tgrelid = to_regclass('journal.' || t.name) AND g.tgname = 'append_only' AND g.tgenabled = 'A' AND g.tgtype = 58
               AND g.tgqual IS NULL AND p.pronamespace = 'journal'::regnamespace AND p.proname = 'refuse' AND l.lanname = 'plpgsql'
               AND p.prosrc = $2)",
    )
    .bind(APPEND_ONLY.map(str::to_owned).to_vec())
    .bind(REFUSE)
    .fetch_all(db)
    .await
}

/// As their owner.
pub(super) async fn put_back(owner: &mut PgConnection, tables: &[String]) -> Result<(), sqlx::Error> {
    let triggers: String = tables
        .iter()
        .map(|table| {
            format!(
                "DROP TRIGGER IF EXISTS append_only ON journal.{table};
                 CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal.{table}
                     FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse();
                 ALTER TABLE journal.{table} ENABLE ALWAYS TRIGGER append_only;"
            )
        })
        .collect();
    owner.execute(PATIENCE).await?;
    let refuse = format!("CREATE OR REPLACE FUNCTION journal.refuse() RETURNS trigger LANGUAGE plpgsql AS $${REFUSE}$$");
    owner.execute(format!("BEGIN; {refuse}; {triggers} COMMIT").as_str()).await.map(drop)
}
