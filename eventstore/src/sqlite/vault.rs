//! The vault's rows in the journal's file, so that they ride in its transactions.

use async_trait::async_trait;
use sqlx::{Row, SqliteExecutor};

use super::SqliteStore;
use crate::clock;
use crate::vault::{Vault, VaultError};

pub(super) async fn put(db: impl SqliteExecutor<'_>, kind: &str, key: &str, value: &[u8], expires: Option<i64>) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO vault (kind, key, value, expires) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value, expires = excluded.expires",
    )
    .bind(kind)
    .bind(key)
    .bind(value)
    .bind(expires)
    .execute(db)
    .await
    .map(|_| ())
}

pub(super) async fn delete(db: impl SqliteExecutor<'_>, kind: &str, key: &str) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM vault WHERE kind = ?1 AND key = ?2").bind(kind).bind(key).execute(db).await.map(|_| ())
}

fn unavailable(error: sqlx::Error) -> VaultError {
    VaultError::Unavailable(error.to_string())
}

#[async_trait]
impl Vault for SqliteStore {
    async fn get(&self, kind: &str, key: &str) -> Result<Option<Vec<u8>>, VaultError> {
        sqlx::query_scalar("SELECT value FROM vault WHERE kind = ?1 AND key = ?2 AND (expires IS NULL OR expires > ?3)")
            .bind(kind)
            .bind(key)
            .bind(clock::now())
            .fetch_optional(&self.inner.readers)
            .await
            .map_err(unavailable)
    }

    async fn put(&self, kind: &str, key: &str, value: &[u8], expires: Option<i64>) -> Result<(), VaultError> {
        put(&self.inner.writer, kind, key, value, expires).await.map_err(unavailable)
    }

    async fn swap(&self, kind: &str, key: &str, expected: Option<&[u8]>, value: &[u8], expires: Option<i64>) -> Result<bool, VaultError> {
        let swapped = match expected {
            Some(expected) => {
                sqlx::query(
                    "UPDATE vault SET value = ?3, expires = ?4
                     WHERE kind = ?1 AND key = ?2 AND value = ?6 AND (expires IS NULL OR expires > ?5)",
                )
                .bind(kind)
                .bind(key)
                .bind(value)
                .bind(expires)
                .bind(clock::now())
                .bind(expected)
                .execute(&self.inner.writer)
                .await
            }
            None => {
                sqlx::query(
                    "INSERT INTO vault (kind, key, value, expires) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value, expires = excluded.expires
                     WHERE vault.expires <= ?5",
                )
                .bind(kind)
                .bind(key)
                .bind(value)
                .bind(expires)
                .bind(clock::now())
                .execute(&self.inner.writer)
                .await
            }
        };
        Ok(swapped.map_err(unavailable)?.rows_affected() == 1)
    }

    async fn take(&self, kind: &str, key: &str) -> Result<Option<Vec<u8>>, VaultError> {
        sqlx::query_scalar("DELETE FROM vault WHERE kind = ?1 AND key = ?2 AND (expires IS NULL OR expires > ?3) RETURNING value")
            .bind(kind)
            .bind(key)
            .bind(clock::now())
            .fetch_optional(&self.inner.writer)
            .await
            .map_err(unavailable)
    }

    async fn delete(&self, kind: &str, key: &str) -> Result<(), VaultError> {
        delete(&self.inner.writer, kind, key).await.map_err(unavailable)
    }

    async fn list(&self, kind: &str, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, VaultError> {
        let rows = sqlx::query(
            "SELECT key, value FROM vault WHERE kind = ?1 AND key >= ?2 AND substr(key, 1, length(?2)) = ?2
             AND (expires IS NULL OR expires > ?3) ORDER BY key",
        )
        .bind(kind)
        .bind(prefix)
        .bind(clock::now())
        .fetch_all(&self.inner.readers)
        .await
        .map_err(unavailable)?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<Result<_, _>>().map_err(unavailable)
    }
}
