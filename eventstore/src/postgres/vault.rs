//! The vault's table; expiry by the database's clock.

use async_trait::async_trait;
use sqlx::Row;

use super::PostgresStore;
use crate::vault::{Vault, VaultError};

fn unavailable(error: sqlx::Error) -> VaultError {
    VaultError::Unavailable(error.to_string())
}

#[async_trait]
impl Vault for PostgresStore {
    async fn get(&self, kind: &str, key: &str) -> Result<Option<Vec<u8>>, VaultError> {
        sqlx::query_scalar(
            "SELECT value FROM journal.vault WHERE kind = $1 AND key = $2 AND (expires IS NULL OR expires > journal.now_us())",
        )
        .bind(kind)
        .bind(key)
        .fetch_optional(&self.inner.pool)
        .await
        .map_err(unavailable)
    }

    async fn put(&self, kind: &str, key: &str, value: &[u8], expires: Option<i64>) -> Result<(), VaultError> {
        sqlx::query(
            "INSERT INTO journal.vault (kind, key, value, expires) VALUES ($1, $2, $3, $4)
             ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value, expires = excluded.expires",
        )
        .bind(kind)
        .bind(key)
        .bind(value)
        .bind(expires)
        .execute(&self.inner.pool)
        .await
        .map(|_| ())
        .map_err(unavailable)
    }

    async fn swap(&self, kind: &str, key: &str, expected: Option<&[u8]>, value: &[u8], expires: Option<i64>) -> Result<bool, VaultError> {
        let query = match expected {
            Some(expected) => sqlx::query(
                "UPDATE journal.vault SET value = $3, expires = $4
                 WHERE kind = $1 AND key = $2 AND value = $5 AND (expires IS NULL OR expires > journal.now_us())",
            )
            .bind(kind)
            .bind(key)
            .bind(value)
            .bind(expires)
            .bind(expected),
            None => sqlx::query(
                "INSERT INTO journal.vault AS v (kind, key, value, expires) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value, expires = excluded.expires
                 WHERE v.expires <= journal.now_us()",
            )
            .bind(kind)
            .bind(key)
            .bind(value)
            .bind(expires),
        };
        Ok(query.execute(&self.inner.pool).await.map_err(unavailable)?.rows_affected() == 1)
    }

    async fn take(&self, kind: &str, key: &str) -> Result<Option<Vec<u8>>, VaultError> {
        sqlx::query_scalar(
            "DELETE FROM journal.vault WHERE kind = $1 AND key = $2 AND (expires IS NULL OR expires > journal.now_us()) RETURNING value",
        )
        .bind(kind)
        .bind(key)
        .fetch_optional(&self.inner.pool)
        .await
        .map_err(unavailable)
    }

    async fn delete(&self, kind: &str, key: &str) -> Result<(), VaultError> {
        sqlx::query("DELETE FROM journal.vault WHERE kind = $1 AND key = $2")
            .bind(kind)
            .bind(key)
            .execute(&self.inner.pool)
            .await
            .map(|_| ())
            .map_err(unavailable)
    }

    async fn list(&self, kind: &str, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, VaultError> {
        let rows = sqlx::query(
            "SELECT key, value FROM journal.vault WHERE kind = $1 AND starts_with(key, $2)
             AND (expires IS NULL OR expires > journal.now_us()) ORDER BY key COLLATE \"C\"",
        )
        .bind(kind)
        .bind(prefix)
        .fetch_all(&self.inner.pool)
        .await
        .map_err(unavailable)?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<Result<_, _>>().map_err(unavailable)
    }
}
