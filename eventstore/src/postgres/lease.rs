//! Leases between nodes: the database's clock, and the holder's session as the sign that it lives.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::Row;

use super::PostgresStore;
use crate::clock;
use crate::lease::{Lease, LeaseError, Leases};

fn unavailable(error: sqlx::Error) -> LeaseError {
    LeaseError::Unavailable(error.to_string())
}

impl PostgresStore {
    async fn held(&self, resource: &str) -> Result<LeaseError, LeaseError> {
        let holder: Option<Option<String>> = sqlx::query_scalar("SELECT holder FROM journal.leases WHERE resource = $1")
            .bind(resource)
            .fetch_optional(&self.inner.pool)
            .await
            .map_err(unavailable)?;
        Ok(LeaseError::Held { resource: resource.into(), holder: holder.flatten().unwrap_or_else(|| "nobody".into()) })
    }
}

#[async_trait]
impl Leases for PostgresStore {
    async fn acquire(&self, resource: &str, holder: &str, ttl: Duration) -> Result<Lease, LeaseError> {
        let presence = self.inner.presence.key().await.map_err(unavailable)?;
        // The lock of a holder whose session is gone can be had; ours is freed at once by the end of this statement.
        let row = sqlx::query(
            "INSERT INTO journal.leases AS l (resource, holder, token, expires, presence) VALUES ($1, $2, 1, journal.now_us() + $3, $4)
             ON CONFLICT (resource) DO UPDATE
             SET holder = excluded.holder, token = l.token + 1, expires = excluded.expires, presence = excluded.presence
             WHERE l.holder IS NULL OR l.expires <= journal.now_us() OR pg_try_advisory_xact_lock(l.presence)
             RETURNING token, expires",
        )
        .bind(resource)
        .bind(holder)
        .bind(clock::micros(ttl))
        .bind(presence)
        .fetch_optional(&self.inner.pool)
        .await
        .map_err(unavailable)?;
        match row {
            Some(row) => Ok(Lease {
                resource: resource.into(),
                holder: holder.into(),
                token: row.try_get::<i64, _>(0).map_err(unavailable)? as u64,
                expires: row.try_get(1).map_err(unavailable)?,
            }),
            None => Err(self.held(resource).await?),
        }
    }

    async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<Lease, LeaseError> {
        let presence = self.inner.presence.key().await.map_err(unavailable)?;
        let expires: Option<i64> = sqlx::query_scalar(
            "UPDATE journal.leases SET expires = journal.now_us() + $4, presence = $5
             WHERE resource = $1 AND holder = $2 AND token = $3 RETURNING expires",
        )
        .bind(&lease.resource)
        .bind(&lease.holder)
        .bind(lease.token as i64)
        .bind(clock::micros(ttl))
        .bind(presence)
        .fetch_optional(&self.inner.pool)
        .await
        .map_err(unavailable)?;
        match expires {
            Some(expires) => Ok(Lease { expires, ..lease.clone() }),
            None => Err(self.held(&lease.resource).await?),
        }
    }

    async fn release(&self, lease: &Lease) -> Result<(), LeaseError> {
        sqlx::query("UPDATE journal.leases SET holder = NULL WHERE resource = $1 AND holder = $2 AND token = $3")
            .bind(&lease.resource)
            .bind(&lease.holder)
            .bind(lease.token as i64)
            .execute(&self.inner.pool)
            .await
            .map(|_| ())
            .map_err(unavailable)
    }

    async fn void_others(&self, holder: &str) -> Result<(), LeaseError> {
        sqlx::query("UPDATE journal.leases SET holder = NULL WHERE holder <> $1")
            .bind(holder)
            .execute(&self.inner.pool)
            .await
            .map(|_| ())
            .map_err(unavailable)
    }
}
