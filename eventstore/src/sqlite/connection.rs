//! Connections to an SQLite file that outlive what goes wrong on it.

use sqlx::sqlite::{Sqlite, SqliteConnection, SqlitePoolOptions};
use sqlx::{Connection, Database, TransactionManager};

/// A pool of one writing connection. One that comes back in the middle of a transaction is closed, and the next is a new one.
///
/// After a full disk SQLite has rolled back by itself; the ROLLBACK that follows fails, and the library then counts the transaction as
/// open for as long as the connection lives, so that no other could ever begin.
pub fn one_writer() -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(1)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .after_release(|connection, _| Box::pin(async move { Ok(outside_transaction(connection).await) }))
}

async fn outside_transaction(connection: &mut SqliteConnection) -> bool {
    let depth = <Sqlite as Database>::TransactionManager::get_transaction_depth;
    // A rollback may still be on its way to the connection's thread; a ping comes after it.
    depth(connection) == 0 || (connection.ping().await.is_ok() && depth(connection) == 0)
}
