//! The seal's tables. Written beside the appender and without its lock: only sealers write them, and the first row decides between two.

use async_trait::async_trait;
use sqlx::Row;
use sqlx::postgres::PgRow;

use super::{PostgresStore, unavailable};
use crate::envelope::Epoch;
use crate::journal::ReadError;
use crate::seal::Attestation;
use crate::seal::tables::{Outcome, Piece, SealTables, Sealing, StoredCheckpoint, StoredEpoch, StoredKey, StoredRoll};

fn checkpoint(row: &PgRow) -> Result<StoredCheckpoint, sqlx::Error> {
    Ok(StoredCheckpoint { n: row.try_get::<i64, _>(0)? as u64, size: row.try_get::<i64, _>(1)? as u64, note: row.try_get(2)? })
}

fn piece(level: u32, row: &PgRow) -> Result<Piece, sqlx::Error> {
    let bytes: Vec<u8> = row.try_get(1)?;
    Piece::stored(level, row.try_get::<i64, _>(0)? as u64, &bytes).ok_or_else(|| sqlx::Error::Decode("a tile holds half a hash".into()))
}

fn unique(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

impl PostgresStore {
    async fn try_seal(&self, sealing: &Sealing) -> Result<Outcome, sqlx::Error> {
        let StoredCheckpoint { n, size, note } = &sealing.checkpoint;
        let levels: Vec<i32> = sealing.pieces.iter().map(|piece| piece.level as i32).collect();
        let firsts: Vec<i64> = sealing.pieces.iter().map(|piece| piece.first as i64).collect();
        let hashes: Vec<Vec<u8>> = sealing.pieces.iter().map(Piece::bytes).collect();
        let last = sealing.last_event.as_ref();
        let written = sqlx::query(
            "WITH there AS (SELECT WHERE $7::bigint IS NULL OR EXISTS (SELECT FROM journal.events
                 WHERE position = $7 AND content_hash = $8 AND tenant_position = $9 AND time = $10)),
             tiles AS (INSERT INTO journal.seal_tiles (level, first, hashes)
                 SELECT piece.* FROM unnest($1::integer[], $2::bigint[], $3::bytea[]) piece, there)
             INSERT INTO journal.seal_checkpoints (n, size, note) SELECT $4::bigint, $5::bigint, $6::text FROM there",
        )
        .bind(levels)
        .bind(firsts)
        .bind(hashes)
        .bind(*n as i64)
        .bind(*size as i64)
        .bind(note)
        .bind(last.map(|event| event.position as i64))
        .bind(last.map(|event| event.content_hash.to_vec()))
        .bind(last.map(|event| event.tenant_position as i64))
        .bind(last.map(|event| event.time))
        .execute(&self.inner.pool)
        .await?;
        Ok(if written.rows_affected() == 1 { Outcome::Written } else { Outcome::Gone })
    }
}

fn epoch(row: &PgRow) -> Result<StoredEpoch, sqlx::Error> {
    Ok(StoredEpoch { id: Epoch(row.try_get(0)?), started_after: row.try_get::<i64, _>(1)? as u64, time: row.try_get(2)? })
}

/// Adds the roll with the epoch in it, in the transaction that begins it.
pub(super) async fn enrol(db: &mut sqlx::PgConnection, attested: &Attestation, id: Epoch) -> Result<(), sqlx::Error> {
    let row = sqlx::query("SELECT id, started_after, time FROM journal.epochs WHERE id = $1").bind(id.0).fetch_one(&mut *db).await?;
    let note = attested.roll_with(epoch(&row)?);
    let sql = "INSERT INTO journal.seal_rolls (n, note) SELECT coalesce(max(n), 0) + 1, $1 FROM journal.seal_rolls";
    sqlx::query(sql).bind(note).execute(db).await.map(drop)
}

#[async_trait]
impl SealTables for PostgresStore {
    async fn sealed(&self) -> Result<u64, ReadError> {
        let size: Option<i64> =
            sqlx::query_scalar("SELECT first + length(hashes) / 32 FROM journal.seal_tiles WHERE level = 0 ORDER BY first DESC LIMIT 1")
                .fetch_optional(&self.inner.pool)
                .await
                .map_err(unavailable)?;
        Ok(size.unwrap_or(0) as u64)
    }

    async fn before_the_first(&self) -> Result<Option<i64>, ReadError> {
        sqlx::query_scalar("SELECT min(position) FROM journal.events WHERE position < 1")
            .fetch_one(&self.inner.pool)
            .await
            .map_err(unavailable)
    }

    async fn pieces(&self, level: u32, from: u64, to: u64) -> Result<Vec<Piece>, ReadError> {
        let rows =
            sqlx::query("SELECT first, hashes FROM journal.seal_tiles WHERE level = $1 AND first >= $2 AND first < $3 ORDER BY first")
                .bind(level as i32)
                .bind(i64::try_from(from).unwrap_or(i64::MAX))
                .bind(i64::try_from(to).unwrap_or(i64::MAX))
                .fetch_all(&self.inner.pool)
                .await
                .map_err(unavailable)?;
        rows.iter().map(|row| piece(level, row)).collect::<Result<_, _>>().map_err(unavailable)
    }

    async fn last_checkpoint(&self) -> Result<Option<StoredCheckpoint>, ReadError> {
        let row = sqlx::query("SELECT n, size, note FROM journal.seal_checkpoints ORDER BY n DESC LIMIT 1")
            .fetch_optional(&self.inner.pool)
            .await
            .map_err(unavailable)?;
        row.as_ref().map(checkpoint).transpose().map_err(unavailable)
    }

    async fn checkpoint_of(&self, size: u64) -> Result<Option<StoredCheckpoint>, ReadError> {
        let row = sqlx::query("SELECT n, size, note FROM journal.seal_checkpoints WHERE size = $1 ORDER BY n DESC LIMIT 1")
            .bind(i64::try_from(size).unwrap_or(i64::MAX))
            .fetch_optional(&self.inner.pool)
            .await
            .map_err(unavailable)?;
        row.as_ref().map(checkpoint).transpose().map_err(unavailable)
    }

    async fn checkpoints(&self, after: u64, limit: u32) -> Result<Vec<StoredCheckpoint>, ReadError> {
        let rows = sqlx::query("SELECT n, size, note FROM journal.seal_checkpoints WHERE n > $1 ORDER BY n LIMIT $2")
            .bind(after as i64)
            .bind(i64::from(limit))
            .fetch_all(&self.inner.pool)
            .await
            .map_err(unavailable)?;
        rows.iter().map(checkpoint).collect::<Result<_, _>>().map_err(unavailable)
    }

    async fn seal(&self, sealing: &Sealing) -> Result<Outcome, ReadError> {
        match self.try_seal(sealing).await {
            Ok(outcome) => Ok(outcome),
            // A row of this place is there; whoever wrote it was faster.
            Err(error) if unique(&error) => Ok(Outcome::Taken),
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn keys(&self) -> Result<Vec<StoredKey>, ReadError> {
        let rows = sqlx::query("SELECT n, verifier, time FROM journal.seal_keys ORDER BY n")
            .fetch_all(&self.inner.pool)
            .await
            .map_err(unavailable)?;
        let key = |row: &PgRow| Ok(StoredKey { n: row.try_get::<i64, _>(0)? as u64, verifier: row.try_get(1)?, time: row.try_get(2)? });
        rows.iter().map(key).collect::<Result<_, sqlx::Error>>().map_err(unavailable)
    }

    async fn add_key(&self, key: &StoredKey) -> Result<bool, ReadError> {
        let added = sqlx::query("INSERT INTO journal.seal_keys (n, verifier, time) VALUES ($1, $2, $3) ON CONFLICT (n) DO NOTHING")
            .bind(key.n as i64)
            .bind(&key.verifier)
            .bind(key.time)
            .execute(&self.inner.pool)
            .await
            .map_err(unavailable)?;
        Ok(added.rows_affected() == 1)
    }

    async fn epochs(&self) -> Result<Vec<StoredEpoch>, ReadError> {
        let rows = sqlx::query("SELECT id, started_after, time FROM journal.epochs ORDER BY n")
            .fetch_all(&self.inner.pool)
            .await
            .map_err(unavailable)?;
        rows.iter().map(epoch).collect::<Result<_, _>>().map_err(unavailable)
    }

    async fn rolls(&self) -> Result<Vec<StoredRoll>, ReadError> {
        let rows =
            sqlx::query("SELECT n, note FROM journal.seal_rolls ORDER BY n").fetch_all(&self.inner.pool).await.map_err(unavailable)?;
        let roll = |row: &PgRow| Ok(StoredRoll { n: row.try_get::<i64, _>(0)? as u64, note: row.try_get(1)? });
        rows.iter().map(roll).collect::<Result<_, sqlx::Error>>().map_err(unavailable)
    }

    async fn add_roll(&self, roll: &StoredRoll) -> Result<bool, ReadError> {
        let added = sqlx::query("INSERT INTO journal.seal_rolls (n, note) VALUES ($1, $2) ON CONFLICT (n) DO NOTHING")
            .bind(roll.n as i64)
            .bind(&roll.note)
            .execute(&self.inner.pool)
            .await
            .map_err(unavailable)?;
        Ok(added.rows_affected() == 1)
    }
}
