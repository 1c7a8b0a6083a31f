//! Proof that a lease's holder lives: its session keeps an advisory lock, which the server frees when the session ends.

use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::sync::Mutex;

pub(super) struct Presence {
    options: PgConnectOptions,
    /// Written into each lease; random, so that it meets no other lock.
    key: i64,
    session: Mutex<Option<PgConnection>>,
}

impl Presence {
    pub(super) fn new(options: PgConnectOptions) -> Self {
        let key = (rand::random::<u64>() >> 1) as i64;
        Presence { options: options.application_name("opensail leases"), key, session: Mutex::new(None) }
    }

    /// Makes sure that the session stands, and gives its key.
    pub(super) async fn key(&self) -> Result<i64, sqlx::Error> {
        let mut session = self.session.lock().await;
        if let Some(connection) = session.as_mut() {
            if connection.ping().await.is_ok() {
                return Ok(self.key);
            }
            tracing::warn!("the session that holds this node's leases was lost; making a new one");
            *session = None;
        }
        let mut connection = PgConnection::connect_with(&self.options).await?;
        sqlx::query("SELECT pg_advisory_lock_shared($1)").bind(self.key).execute(&mut connection).await?;
        *session = Some(connection);
        Ok(self.key)
    }
}
