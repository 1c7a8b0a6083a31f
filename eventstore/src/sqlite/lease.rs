//! Leases on the desktop: one process at a time owns the data folder and voids what older ones held.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::Row;

use super::SqliteStore;
use crate::clock;
use crate::lease::{Lease, LeaseError, Leases};

fn unavailable(error: sqlx::Error) -> LeaseError {
    LeaseError::Unavailable(error.to_string())
}

impl SqliteStore {
    async fn held(&self, resource: &str) -> Result<LeaseError, LeaseError> {
        let holder: Option<Option<String>> = sqlx::query_scalar("SELECT holder FROM leases WHERE resource = ?1")
            .bind(resource)
            .fetch_optional(&self.inner.readers)
            .await
            .map_err(unavailable)?;
        Ok(LeaseError::Held { resource: resource.into(), holder: holder.flatten().unwrap_or_else(|| "nobody".into()) })
    }
}

#[async_trait]
impl Leases for SqliteStore {
    async fn acquire(&self, resource: &str, holder: &str, ttl: Duration) -> Result<Lease, LeaseError> {
        let now = clock::now();
        let expires = now.saturating_add(clock::micros(ttl));
        let row = sqlx::query(
            "INSERT INTO leases (resource, holder, token, expires) VALUES (?1, ?2, 1, ?3)
             ON CONFLICT (resource) DO UPDATE SET holder = excluded.holder, token = leases.token + 1, expires = excluded.expires
             WHERE leases.holder IS NULL OR leases.expires <= ?4
             RETURNING token",
        )
        .bind(resource)
        .bind(holder)
        .bind(expires)
        .bind(now)
        .fetch_optional(&self.inner.writer)
        .await
        .map_err(unavailable)?;
        match row {
            Some(row) => {
                let token = row.try_get::<i64, _>(0).map_err(unavailable)? as u64;
                Ok(Lease { resource: resource.into(), holder: holder.into(), token, expires })
            }
            None => Err(self.held(resource).await?),
        }
    }

    async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<Lease, LeaseError> {
        let expires = clock::now().saturating_add(clock::micros(ttl));
        let renewed = sqlx::query("UPDATE leases SET expires = ?4 WHERE resource = ?1 AND holder = ?2 AND token = ?3")
            .bind(&lease.resource)
            .bind(&lease.holder)
            .bind(lease.token as i64)
            .bind(expires)
            .execute(&self.inner.writer)
            .await
            .map_err(unavailable)?;
        match renewed.rows_affected() {
            0 => Err(self.held(&lease.resource).await?),
            _ => Ok(Lease { expires, ..lease.clone() }),
        }
    }

    async fn release(&self, lease: &Lease) -> Result<(), LeaseError> {
        sqlx::query("UPDATE leases SET holder = NULL WHERE resource = ?1 AND holder = ?2 AND token = ?3")
            .bind(&lease.resource)
            .bind(&lease.holder)
            .bind(lease.token as i64)
            .execute(&self.inner.writer)
            .await
            .map(|_| ())
            .map_err(unavailable)
    }

    async fn void_others(&self, holder: &str) -> Result<(), LeaseError> {
        sqlx::query("UPDATE leases SET holder = NULL WHERE holder <> ?1")
            .bind(holder)
            .execute(&self.inner.writer)
            .await
            .map(|_| ())
            .map_err(unavailable)
    }
}
