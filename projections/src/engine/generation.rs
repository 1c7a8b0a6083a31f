//! Sets of a view's tables beside those that are read: one being built, one kept for a way back.
//!
//! A set has every table and index of its view under names with a suffix, and its checkpoint and parked streams under the view's name with the
//! same suffix. A number is never used again, because indexes keep the name they were made with when tables are renamed.

use opensail_eventstore::Position;

use crate::db::{Db, Dialect, Names, Tx, sql};
use crate::projection::Projection;

pub(super) const DDL: &str = "CREATE TABLE IF NOT EXISTS generations (
    projection TEXT NOT NULL,
    generation BIGINT NOT NULL,
    state TEXT NOT NULL,
    tables TEXT NOT NULL,
    PRIMARY KEY (projection, generation))";

/// Tables with a row, or rows, for each set.
const KEYED: [&str; 3] = ["checkpoints", "parked", "passed"];

/// What a set is there for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// It is being filled, to be switched to.
    Beside,
    /// It was read before, and is kept as it was.
    Kept,
    /// It was dropped, or is the one that is read under the plain names: only its number is remembered.
    Spent,
}

impl State {
    const fn as_str(self) -> &'static str {
        match self {
            State::Beside => "beside",
            State::Kept => "kept",
            State::Spent => "spent",
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Generation {
    projection: String,
    number: i64,
    /// Names of its tables without suffix, by whatever program made them.
    tables: Vec<String>,
}

impl Generation {
    pub(super) fn suffix(&self) -> String {
        format!("__g{}", self.number)
    }

    /// Under which its checkpoint and its parked streams are.
    pub(super) fn key(&self) -> String {
        self.projection.clone() + &self.suffix()
    }

    pub(super) fn names(&self) -> Names {
        Names::new(self.tables.clone(), &self.suffix())
    }
}

pub(super) async fn find(tx: &mut Tx, projection: &str, state: State) -> Result<Option<Generation>, sqlx::Error> {
    let text = "SELECT generation, tables FROM generations WHERE projection = $1 AND state = $2 ORDER BY generation DESC LIMIT 1";
    let row = tx.one(sql!(text, projection, state.as_str())).await?;
    row.map(|row| Ok(Generation { projection: projection.into(), number: row.int(0)?, tables: row.json(1)? })).transpose()
}

/// Where all sets beside those that are read stand, by projection; asked as any question is, without holding up a writer.
pub(super) async fn stand(db: &Db) -> Result<Vec<(String, State, Position)>, sqlx::Error> {
    let text = "SELECT g.projection, g.state, c.position FROM generations g
        JOIN checkpoints c ON c.projection = g.projection || '__g' || g.generation WHERE g.state IN ('beside', 'kept')";
    let state = |name: &str| if name == State::Beside.as_str() { State::Beside } else { State::Kept };
    db.all(sql!(text)).await?.iter().map(|row| Ok((row.text(0)?, state(&row.text(1)?), row.count(2)?))).collect()
}

async fn set_state(tx: &mut Tx, generation: &Generation, state: State) -> Result<(), sqlx::Error> {
    let text = "UPDATE generations SET state = $3 WHERE projection = $1 AND generation = $2";
    tx.run(sql!(text, generation.projection.as_str(), generation.number, state.as_str())).await?;
    Ok(())
}

async fn note(tx: &mut Tx, projection: &str, tables: Vec<String>, state: State) -> Result<Generation, sqlx::Error> {
    let text = "SELECT coalesce(max(generation), 0) + 1 FROM generations WHERE projection = $1";
    let number = tx.one(sql!(text, projection)).await?.map_or(Ok(1), |row| row.int(0))?;
    let generation = Generation { projection: projection.into(), number, tables };
    let names = serde_json::to_string(&generation.tables).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let text = "INSERT INTO generations (projection, generation, state, tables) VALUES ($1, $2, $3, $4)";
    tx.run(sql!(text, projection, number, state.as_str(), names)).await?;
    Ok(generation)
}

pub(super) fn tables(view: &dyn Projection) -> Vec<String> {
    view.tables().iter().flat_map(|table| table.names("")).collect()
}

/// An empty set, to be filled.
pub(super) async fn make(tx: &mut Tx, view: &dyn Projection) -> Result<Generation, sqlx::Error> {
    let generation = note(tx, view.name(), tables(view), State::Beside).await?;
    for table in view.tables() {
        for statement in table.ddl(tx.dialect(), &generation.suffix()) {
            tx.run(sql!(statement)).await?;
        }
    }
    Ok(generation)
}

/// Takes up a kept set again.
pub(super) async fn take_up(tx: &mut Tx, kept: &Generation) -> Result<(), sqlx::Error> {
    set_state(tx, kept, State::Beside).await
}

/// Tables, checkpoint, parked streams and what was passed over are gone.
pub(super) async fn drop_set(tx: &mut Tx, generation: &Generation) -> Result<(), sqlx::Error> {
    for table in &generation.tables {
        let table = table.clone() + &generation.suffix();
        unhook(tx, &table).await?;
        tx.run(sql!(format!("DROP TABLE IF EXISTS {table}"))).await?;
    }
    for table in KEYED {
        tx.run(sql!(format!("DELETE FROM {table} WHERE projection = $1"), generation.key())).await?;
    }
    set_state(tx, generation, State::Spent).await
}

/// The set that was filled beside becomes the one that is read; that one is kept, and the one that was kept before is dropped.
pub(super) async fn switch(tx: &mut Tx, view: &dyn Projection, next: &Generation) -> Result<(), sqlx::Error> {
    if let Some(before) = find(tx, view.name(), State::Kept).await? {
        drop_set(tx, &before).await?;
    }
    let mut standing = Vec::new();
    // A program of another version may have had fewer tables.
    for table in tables(view) {
        if exists(tx, &table).await? {
            standing.push(table);
        }
    }
    if !standing.is_empty() {
        let kept = note(tx, view.name(), standing, State::Kept).await?;
        for table in &kept.tables {
            unhook(tx, table).await?;
            rename(tx, table, &(table.clone() + &kept.suffix())).await?;
        }
        rekey(tx, view.name(), &kept.key()).await?;
    }
    for table in &next.tables {
        rename(tx, &(table.clone() + &next.suffix()), table).await?;
    }
    rekey(tx, &next.key(), view.name()).await?;
    set_state(tx, next, State::Spent).await
}

async fn rename(tx: &mut Tx, from: &str, to: &str) -> Result<(), sqlx::Error> {
    tx.run(sql!(format!("ALTER TABLE {from} RENAME TO {to}"))).await?;
    Ok(())
}

async fn rekey(tx: &mut Tx, from: &str, to: &str) -> Result<(), sqlx::Error> {
    for table in KEYED {
        tx.run(sql!(format!("UPDATE {table} SET projection = $2 WHERE projection = $1"), from, to)).await?;
    }
    Ok(())
}

async fn exists(tx: &mut Tx, table: &str) -> Result<bool, sqlx::Error> {
    let text = match tx.dialect() {
        Dialect::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name = $1",
        Dialect::Postgres => "SELECT tablename::text FROM pg_tables WHERE schemaname = 'views' AND tablename = $1",
    };
    Ok(tx.one(sql!(text, table)).await?.is_some())
}

/// Takes off the triggers with which programs up to the third version of the views wrote the past: their text names tables, and would fill those
/// of another set.
async fn unhook(tx: &mut Tx, table: &str) -> Result<(), sqlx::Error> {
    if tx.dialect() == Dialect::Sqlite {
        let text = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = $1";
        for row in tx.all(sql!(text, table)).await? {
            tx.run(sql!(format!("DROP TRIGGER {}", row.text(0)?))).await?;
        }
        return Ok(());
    }
    let text = "SELECT t.tgname::text, p.proname::text FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
        WHERE NOT t.tgisinternal AND t.tgrelid = to_regclass($1)";
    for row in tx.all(sql!(text, table)).await? {
        tx.run(sql!(format!("DROP TRIGGER {} ON {table}", row.text(0)?))).await?;
        tx.run(sql!(format!("DROP FUNCTION IF EXISTS {}()", row.text(1)?))).await?;
    }
    Ok(())
}
