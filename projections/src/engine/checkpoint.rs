//! How far each projection is, in the same database as its rows.

use opensail_eventstore::{Epoch, Position};
use uuid::Uuid;

use crate::db::{Tx, sql};

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

pub(super) async fn one(tx: &mut Tx, projection: &str) -> Result<Option<Checkpoint>, sqlx::Error> {
    let row = tx.one(sql!("SELECT version, epoch, position FROM checkpoints WHERE projection = $1", projection)).await?;
    row.map(|row| Ok(Checkpoint { version: row.int(0)?, epoch: Epoch(row.parsed::<Uuid>(1)?), position: row.count(2)? })).transpose()
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

/// Moves it on, only if it still stands at `from`. The writer's lock makes a loss impossible; this holds should the lock not.
pub(super) async fn advance(tx: &mut Tx, projection: &str, from: Position, to: Position) -> Result<(), sqlx::Error> {
    let moved = tx.run(sql!("UPDATE checkpoints SET position = $3 WHERE projection = $1 AND position = $2", projection, from, to)).await?;
    if moved == 1 { Ok(()) } else { Err(sqlx::Error::Protocol(format!("another writer moved the checkpoint of {projection:?}"))) }
}
