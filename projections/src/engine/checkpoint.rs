//! How far each projection is, in the same database as its rows.

use std::collections::HashMap;

use opensail_eventstore::{Epoch, Position};
use uuid::Uuid;

use crate::db::{Db, Row, Sql, Tx, Value, sql};

pub(super) const DDL: &str = "CREATE TABLE IF NOT EXISTS checkpoints (
    projection TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    epoch TEXT NOT NULL,
    position BIGINT NOT NULL)";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Checkpoint {
    /// Of the projection that built the tables.
    pub(super) version: i64,
    pub(super) epoch: Epoch,
    pub(super) position: Position,
}

impl Db {
    /// How far each view had seen the journal, and of which epoch, before this process follows it.
    pub async fn checkpoints(&self) -> Result<Vec<(Epoch, Position)>, sqlx::Error> {
        let mut tx = self.begin().await?;
        tx.run(sql!(DDL)).await?;
        let found = all(&mut tx).await?.into_values().map(|stands| (stands.epoch, stands.position)).collect();
        tx.commit().await?;
        Ok(found)
    }
}

pub(super) async fn one(tx: &mut Tx, projection: &str) -> Result<Option<Checkpoint>, sqlx::Error> {
    let row = tx.one(sql!("SELECT version, epoch, position FROM checkpoints WHERE projection = $1", projection)).await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &Row) -> Result<Checkpoint, sqlx::Error> {
    Ok(Checkpoint { version: row.int(0)?, epoch: Epoch(row.parsed::<Uuid>(1)?), position: row.count(2)? })
}

/// By the key of its set; there are few.
pub(super) async fn all(tx: &mut Tx) -> Result<HashMap<String, Checkpoint>, sqlx::Error> {
    let rows = tx.all(sql!("SELECT version, epoch, position, projection FROM checkpoints")).await?;
    rows.iter().map(|row| Ok((row.text(3)?, read(row)?))).collect()
}

/// Sets it back to the journal's beginning.
pub(super) async fn reset(tx: &mut Tx, projection: &str, version: i64, epoch: Epoch) -> Result<(), sqlx::Error> {
    tx.run(sql!("DELETE FROM checkpoints WHERE projection = $1", projection)).await?;
    tx.run(sql!(
        "INSERT INTO checkpoints (projection, version, epoch, position) VALUES ($1, $2, $3, 0)",
        projection,
        version,
        epoch.0.to_string(),
    ))
    .await?;
    Ok(())
}

/// Moves them on, each only if it still stands where it is believed to stand. The writer's lock makes a loss impossible; this holds should the
/// lock not.
pub(super) async fn advance(tx: &mut Tx, from: &[(&str, Position)], to: Position) -> Result<(), sqlx::Error> {
    // Those that stand at the same place, which is nearly always all, go on with one statement.
    for same in from.chunk_by(|one, next| one.1 == next.1) {
        let mut binds = vec![Value::from(to), Value::from(same[0].1)];
        binds.extend(same.iter().map(|(key, _)| Value::from(*key)));
        let places: Vec<_> = (3..=binds.len()).map(|place| format!("${place}")).collect();
        let text = format!("UPDATE checkpoints SET position = $1 WHERE position = $2 AND projection IN ({})", places.join(", "));
        if tx.run(Sql { text: text.into(), binds }).await? != same.len() as u64 {
            return Err(sqlx::Error::Protocol(format!("another writer moved a checkpoint of {same:?}")));
        }
    }
    Ok(())
}
