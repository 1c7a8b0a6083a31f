//! The seal's tables in the journal's file: a backup of it holds both in one state.

use async_trait::async_trait;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{SqliteStore, unavailable};
use crate::envelope::Epoch;
use crate::journal::ReadError;
use crate::seal::Attestation;
use crate::seal::tables::{Outcome, Piece, SealTables, Sealing, StoredCheckpoint, StoredEpoch, StoredKey, StoredRoll};

fn checkpoint(row: &SqliteRow) -> Result<StoredCheckpoint, sqlx::Error> {
    Ok(StoredCheckpoint { n: row.try_get::<i64, _>(0)? as u64, size: row.try_get::<i64, _>(1)? as u64, note: row.try_get(2)? })
}

fn piece(level: u32, row: &SqliteRow) -> Result<Piece, sqlx::Error> {
    let bytes: Vec<u8> = row.try_get(1)?;
    Piece::stored(level, row.try_get::<i64, _>(0)? as u64, &bytes).ok_or_else(|| sqlx::Error::Decode("a tile holds half a hash".into()))
}

impl SqliteStore {
    async fn try_seal(&self, sealing: &Sealing) -> Result<Outcome, sqlx::Error> {
        let mut tx = self.inner.writer.begin_with("BEGIN IMMEDIATE").await?;
        let StoredCheckpoint { n, size, note } = &sealing.checkpoint;
        let first = sealing.pieces.iter().find(|piece| piece.level == 0).map(|piece| piece.first as i64);
        let taken: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM seal_checkpoints WHERE n = ?1)
                OR EXISTS (SELECT 1 FROM seal_tiles WHERE level = 0 AND first >= ?2)",
        )
        .bind(*n as i64)
        .bind(first)
        .fetch_one(&mut *tx)
        .await?;
        if taken {
            return Ok(Outcome::Taken);
        }
        if let Some(event) = &sealing.last_event {
            let there: bool = sqlx::query_scalar(
                "SELECT EXISTS (SELECT 1 FROM events WHERE position = ?1 AND content_hash = ?2 AND tenant_position = ?3 AND time = ?4)",
            )
            .bind(event.position as i64)
            .bind(event.content_hash.as_slice())
            .bind(event.tenant_position as i64)
            .bind(event.time)
            .fetch_one(&mut *tx)
            .await?;
            if !there {
                return Ok(Outcome::Gone);
            }
        }
        for piece in &sealing.pieces {
            sqlx::query("INSERT INTO seal_tiles (level, first, hashes) VALUES (?1, ?2, ?3)")
                .bind(piece.level)
                .bind(piece.first as i64)
                .bind(piece.bytes())
                .execute(&mut *tx)
                .await?;
        }
        sqlx::query("INSERT INTO seal_checkpoints (n, size, note) VALUES (?1, ?2, ?3)")
            .bind(*n as i64)
            .bind(*size as i64)
            .bind(note)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Outcome::Written)
    }
}

fn epoch(row: &SqliteRow) -> Result<StoredEpoch, sqlx::Error> {
    Ok(StoredEpoch { id: Epoch(row.try_get(0)?), started_after: row.try_get::<i64, _>(1)? as u64, time: row.try_get(2)? })
}

/// Adds the roll with the epoch in it, in the transaction that begins it.
pub(super) async fn enrol(db: &mut sqlx::SqliteConnection, attested: &Attestation, id: Epoch) -> Result<(), sqlx::Error> {
    let row = sqlx::query("SELECT id, started_after, time FROM epochs WHERE id = ?1").bind(id.0).fetch_one(&mut *db).await?;
    let note = attested.roll_with(epoch(&row)?);
    let sql = "INSERT INTO seal_rolls (n, note) SELECT coalesce(max(n), 0) + 1, ?1 FROM seal_rolls";
    sqlx::query(sql).bind(note).execute(db).await.map(drop)
}

#[async_trait]
impl SealTables for SqliteStore {
    async fn sealed(&self) -> Result<u64, ReadError> {
        let size: Option<i64> =
            sqlx::query_scalar("SELECT first + length(hashes) / 32 FROM seal_tiles WHERE level = 0 ORDER BY first DESC LIMIT 1")
                .fetch_optional(&self.inner.readers)
                .await
                .map_err(unavailable)?;
        Ok(size.unwrap_or(0) as u64)
    }

    async fn before_the_first(&self) -> Result<Option<i64>, ReadError> {
        sqlx::query_scalar("SELECT min(position) FROM events WHERE position < 1").fetch_one(&self.inner.readers).await.map_err(unavailable)
    }

    async fn pieces(&self, level: u32, from: u64, to: u64) -> Result<Vec<Piece>, ReadError> {
        let rows = sqlx::query("SELECT first, hashes FROM seal_tiles WHERE level = ?1 AND first >= ?2 AND first < ?3 ORDER BY first")
            .bind(level)
            .bind(i64::try_from(from).unwrap_or(i64::MAX))
            .bind(i64::try_from(to).unwrap_or(i64::MAX))
            .fetch_all(&self.inner.readers)
            .await
            .map_err(unavailable)?;
        rows.iter().map(|row| piece(level, row)).collect::<Result<_, _>>().map_err(unavailable)
    }

    async fn last_checkpoint(&self) -> Result<Option<StoredCheckpoint>, ReadError> {
        let row = sqlx::query("SELECT n, size, note FROM seal_checkpoints ORDER BY n DESC LIMIT 1")
            .fetch_optional(&self.inner.readers)
            .await
            .map_err(unavailable)?;
        row.as_ref().map(checkpoint).transpose().map_err(unavailable)
    }

    async fn checkpoint_of(&self, size: u64) -> Result<Option<StoredCheckpoint>, ReadError> {
        let row = sqlx::query("SELECT n, size, note FROM seal_checkpoints WHERE size = ?1 ORDER BY n DESC LIMIT 1")
            .bind(i64::try_from(size).unwrap_or(i64::MAX))
            .fetch_optional(&self.inner.readers)
            .await
            .map_err(unavailable)?;
        row.as_ref().map(checkpoint).transpose().map_err(unavailable)
    }

    async fn checkpoints(&self, after: u64, limit: u32) -> Result<Vec<StoredCheckpoint>, ReadError> {
        let rows = sqlx::query("SELECT n, size, note FROM seal_checkpoints WHERE n > ?1 ORDER BY n LIMIT ?2")
            .bind(after as i64)
            .bind(limit)
            .fetch_all(&self.inner.readers)
            .await
            .map_err(unavailable)?;
        rows.iter().map(checkpoint).collect::<Result<_, _>>().map_err(unavailable)
    }

    async fn seal(&self, sealing: &Sealing) -> Result<Outcome, ReadError> {
        self.try_seal(sealing).await.map_err(unavailable)
    }

    async fn keys(&self) -> Result<Vec<StoredKey>, ReadError> {
        let rows =
            sqlx::query("SELECT n, verifier, time FROM seal_keys ORDER BY n").fetch_all(&self.inner.readers).await.map_err(unavailable)?;
        let key = |row: &SqliteRow| Ok(StoredKey { n: row.try_get::<i64, _>(0)? as u64, verifier: row.try_get(1)?, time: row.try_get(2)? });
        rows.iter().map(key).collect::<Result<_, sqlx::Error>>().map_err(unavailable)
    }

    async fn add_key(&self, key: &StoredKey) -> Result<bool, ReadError> {
        let added = sqlx::query(
            "INSERT INTO seal_keys (n, verifier, time) SELECT ?1, ?2, ?3 WHERE NOT EXISTS (SELECT 1 FROM seal_keys WHERE n = ?1)",
        )
        .bind(key.n as i64)
        .bind(&key.verifier)
        .bind(key.time)
        .execute(&self.inner.writer)
        .await
        .map_err(unavailable)?;
        Ok(added.rows_affected() == 1)
    }

    async fn epochs(&self) -> Result<Vec<StoredEpoch>, ReadError> {
        let rows = sqlx::query("SELECT id, started_after, time FROM epochs ORDER BY n")
            .fetch_all(&self.inner.readers)
            .await
            .map_err(unavailable)?;
        rows.iter().map(epoch).collect::<Result<_, _>>().map_err(unavailable)
    }

    async fn rolls(&self) -> Result<Vec<StoredRoll>, ReadError> {
        let rows = sqlx::query("SELECT n, note FROM seal_rolls ORDER BY n").fetch_all(&self.inner.readers).await.map_err(unavailable)?;
        let roll = |row: &SqliteRow| Ok(StoredRoll { n: row.try_get::<i64, _>(0)? as u64, note: row.try_get(1)? });
        rows.iter().map(roll).collect::<Result<_, sqlx::Error>>().map_err(unavailable)
    }

    async fn add_roll(&self, roll: &StoredRoll) -> Result<bool, ReadError> {
        let added = sqlx::query("INSERT INTO seal_rolls (n, note) SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM seal_rolls WHERE n = ?1)")
            .bind(roll.n as i64)
            .bind(&roll.note)
            .execute(&self.inner.writer)
            .await
            .map_err(unavailable)?;
        Ok(added.rows_affected() == 1)
    }
}
