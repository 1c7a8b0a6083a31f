//! What keeps the schema append-only: triggers, and what the application's role may not do. Whoever owns the database can change both, and
//! nothing else would tell.

use sqlx::{Executor, PgConnection};

/// Tables of which no row is ever changed.
const APPEND_ONLY: [&str; 6] = ["events", "epochs", "seal_tiles", "seal_checkpoints", "seal_keys", "seal_rolls"];
/// What the triggers call, as the first migration made it.
const REFUSE: &str = " BEGIN RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'restrict_violation'; END ";
/// Everybody who writes waits behind a trigger that is put back: rather fail after a while, and be tried again at the next start.
const PATIENCE: &str = "SET lock_timeout = '5s'";

/// Tables whose trigger does not stand as it was made: before each statement that updates, deletes or truncates (2 + 16 + 8 + 32), of every column,
/// always, and refusing.
pub(super) async fn open(db: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT t.name FROM unnest($1::text[]) t(name) WHERE NOT EXISTS (
             SELECT 1 FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid JOIN pg_language l ON l.oid = p.prolang
             WHERE g.tgrelid = to_regclass('journal.' || t.name) AND g.tgname = 'append_only' AND g.tgenabled = 'A' AND g.tgtype = 58
               AND g.tgqual IS NULL AND g.tgattr::text = '' AND p.pronamespace = 'journal'::regnamespace AND p.proname = 'refuse'
               AND l.lanname = 'plpgsql' AND p.prosrc = $2)",
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

/// Triggers and rules of the schema's tables that no migration makes, in words. They are left to people.
pub(super) async fn foreign(db: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    let found: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT 'trigger', g.tgname::text, c.relname::text FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
         WHERE c.relnamespace = 'journal'::regnamespace AND NOT g.tgisinternal
           AND NOT (g.tgname = 'append_only' AND c.relname::text = ANY ($1))
         UNION ALL
         SELECT 'rule', r.rulename::text, c.relname::text FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
         WHERE c.relnamespace = 'journal'::regnamespace AND NOT (c.relkind = 'v' AND r.ev_type = '1')
         ORDER BY 1, 3, 2",
    )
    .bind(APPEND_ONLY.map(str::to_owned).to_vec())
    .fetch_all(db)
    .await?;
    let in_words = |(kind, name, table): &(String, String, String)| {
        format!("the {kind} {} of {} is none of ours", name.escape_debug(), table.escape_debug())
    };
    Ok(found.iter().map(in_words).collect())
}

/// What the application's role could do to what is written, in words. Where nobody named another owner it is the owner, which is as it was
/// set up: the log says so, and nobody is alarmed.
pub(super) async fn rights(app: &mut PgConnection, owner_named: bool) -> Result<Vec<String>, sqlx::Error> {
    let held: Vec<(String, bool, String)> = sqlx::query_as(
        "SELECT t.name, pg_has_role(c.relowner, 'MEMBER'),
                concat_ws(', ', CASE WHEN has_any_column_privilege(c.oid, 'UPDATE') THEN 'UPDATE' END,
                                CASE WHEN has_table_privilege(c.oid, 'DELETE') THEN 'DELETE' END,
                                CASE WHEN has_table_privilege(c.oid, 'TRUNCATE') THEN 'TRUNCATE' END,
                                CASE WHEN has_table_privilege(c.oid, 'TRIGGER') THEN 'TRIGGER' END)
         FROM unnest($1::text[]) WITH ORDINALITY t(name, n) JOIN pg_class c ON c.oid = to_regclass('journal.' || t.name) ORDER BY t.n",
    )
    .bind(APPEND_ONLY.map(str::to_owned).to_vec())
    .fetch_all(&mut *app)
    .await?;
    let owned: Vec<&str> = held.iter().filter(|(_, owns, _)| *owns).map(|(table, ..)| table.as_str()).collect();
    if !owner_named && owned.len() == APPEND_ONLY.len() {
        tracing::info!(
            "no DATABASE_OWNER_URL: the application owns the journal's tables; triggers and proofs guard them, its rights do not"
        );
        return Ok(Vec::new());
    }
    let mut told = Vec::new();
    // A schema's owner may drop what is in it, whoever owns that.
    let above: Vec<String> = sqlx::query_scalar(
        "SELECT 'the schema journal' FROM pg_namespace WHERE oid = to_regnamespace('journal') AND pg_has_role(nspowner, 'MEMBER')
         UNION ALL
         SELECT 'the function journal.refuse()' FROM pg_proc WHERE oid = to_regprocedure('journal.refuse()') AND pg_has_role(proowner, 'MEMBER')",
    )
    .fetch_all(&mut *app)
    .await?;
    if owned.is_empty() && !above.is_empty() {
        told.push(format!(
            "the application's role may act as the owner of {}: let it belong to DATABASE_OWNER_URL's role",
            above.join(", ")
        ));
    }
    if !owned.is_empty() {
        told.push(format!("the application's role may act as the owner of {}: let DATABASE_URL name another role", owned.join(", ")));
    }
    let granted = held.iter().filter(|(_, owns, may)| !owns && !may.is_empty());
    told.extend(granted.map(|(table, _, may)| format!("the application's role has {may} on {table}, which it never needs: REVOKE it")));
    Ok(told)
}
