//! The table behind the snapshot cache.

use async_trait::async_trait;
use sqlx::Row;

use super::{PostgresStore, unavailable};
use crate::envelope::StreamId;
use crate::journal::ReadError;
use crate::snapshot::{Snapshot, SnapshotKey, SnapshotTable};

#[async_trait]
impl SnapshotTable for PostgresStore {
    async fn load(&self, key: &SnapshotKey) -> Result<Option<Snapshot>, ReadError> {
        let row =
            sqlx::query("SELECT version, state FROM journal.snapshots WHERE stream = $1 AND aggregate_type = $2 AND schema_hash = $3")
                .bind(key.stream.as_str())
                .bind(&key.aggregate_type)
                .bind(key.schema_hash.as_slice())
                .fetch_optional(&self.inner.pool)
                .await
                .map_err(unavailable)?;
        let read = |row: sqlx::postgres::PgRow| {
            Ok(Snapshot { version: row.try_get::<i64, _>(0)? as u64, state: row.try_get::<Vec<u8>, _>(1)?.into() })
        };
        row.map(read).transpose().map_err(unavailable)
    }

    async fn save(&self, key: &SnapshotKey, snapshot: &Snapshot) -> Result<(), ReadError> {
        sqlx::query(
            "INSERT INTO journal.snapshots AS s (stream, aggregate_type, schema_hash, version, state) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (stream, aggregate_type) DO UPDATE
             SET schema_hash = excluded.schema_hash, version = excluded.version, state = excluded.state
             WHERE s.schema_hash <> excluded.schema_hash OR s.version < excluded.version",
        )
        .bind(key.stream.as_str())
        .bind(&key.aggregate_type)
        .bind(key.schema_hash.as_slice())
        .bind(snapshot.version as i64)
        .bind(&*snapshot.state)
        .execute(&self.inner.pool)
        .await
        .map(|_| ())
        .map_err(unavailable)
    }

    async fn forget(&self, stream: &StreamId) -> Result<(), ReadError> {
        sqlx::query("DELETE FROM journal.snapshots WHERE stream = $1")
            .bind(stream.as_str())
            .execute(&self.inner.pool)
            .await
            .map(|_| ())
            .map_err(unavailable)
    }
}
