//! Streams that were set aside for a projection, because an event of theirs could not be applied.

use std::collections::HashSet;

use opensail_eventstore::{Position, Recorded, StreamId};

use super::{Engine, EngineError, checkpoint};
use crate::db::{Db, Row, Tx, sql};
use crate::projection::{Incoming, Projection};

pub(super) const DDL: &str = "CREATE TABLE IF NOT EXISTS parked (
    projection TEXT NOT NULL,
    stream TEXT NOT NULL,
    position BIGINT NOT NULL,
    stream_version BIGINT NOT NULL,
    error TEXT NOT NULL,
    PRIMARY KEY (projection, stream))";

/// Events of a stream read at once for another try.
const PAGE: usize = 256;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parked {
    pub projection: String,
    pub stream: StreamId,
    /// The event that could not be applied; later ones of its stream wait behind it.
    pub position: Position,
    pub error: String,
    stream_version: u64,
}

const COLUMNS: &str = "SELECT projection, stream, position, error, stream_version FROM parked";

fn read(row: &Row) -> Result<Parked, sqlx::Error> {
    Ok(Parked {
        projection: row.text(0)?,
        stream: StreamId::from_stored(row.text(1)?),
        position: row.count(2)?,
        error: row.text(3)?,
        stream_version: row.count(4)?,
    })
}

pub(super) async fn list(db: &Db) -> Result<Vec<Parked>, sqlx::Error> {
    db.all(sql!(format!("{COLUMNS} ORDER BY projection, position"))).await?.iter().map(read).collect()
}

/// Projection and stream of all.
pub(super) async fn all(tx: &mut Tx) -> Result<HashSet<(String, String)>, sqlx::Error> {
    tx.all(sql!("SELECT projection, stream FROM parked")).await?.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
}

pub(super) async fn park(tx: &mut Tx, projection: &str, event: &Recorded, error: &str) -> Result<(), sqlx::Error> {
    tx.run(sql!(
        "INSERT INTO parked (projection, stream, position, stream_version, error) VALUES ($1, $2, $3, $4, $5)",
        projection,
        event.stream.as_str(),
        event.position,
        event.stream_version,
        error,
    ))
    .await?;
    Ok(())
}

impl Engine {
    /// Applies the parked event and those behind it, up to the checkpoint, or changes nothing.
    pub(super) async fn retry(&self, view: &dyn Projection, stream: &StreamId) -> Result<(), EngineError> {
        let projection = view.name();
        let mut tx = self.db.begin().await?;
        let row = tx.one(sql!(format!("{COLUMNS} WHERE projection = $1 AND stream = $2"), projection, stream.as_str())).await?;
        let row = row.ok_or_else(|| EngineError::NotParked { projection: projection.into(), stream: stream.clone() })?;
        let parked = read(&row)?;
        let end = checkpoint::one(&mut tx, projection).await?.map_or(0, |checkpoint| checkpoint.position);
        let mut version = parked.stream_version - 1;
        loop {
            let page = self.tail.journal().read_stream(stream, version, PAGE).await?;
            let Some(last) = page.last() else { break };
            version = last.stream_version;
            let more = page.len() == PAGE;
            for event in page.iter().filter(|event| event.position <= end) {
                super::step::apply(view, &mut tx, &Incoming::new(event)).await.map_err(|why| EngineError::StillPoisoned {
                    projection: projection.into(),
                    stream: stream.clone(),
                    why: why.to_string(),
                })?;
            }
            if !more {
                break;
            }
        }
        tx.run(sql!("DELETE FROM parked WHERE projection = $1 AND stream = $2", projection, stream.as_str())).await?;
        tx.commit().await?;
        tracing::info!(projection, %stream, "a parked stream flows again");
        Ok(())
    }
}
