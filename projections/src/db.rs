//! The views' own database: `views.db` on the desktop, the schema `views` on PostgreSQL.
//!
//! One SQL text with `$1` … serves both, because view tables hold TEXT and BIGINT only. What lies here can be thrown away and
//! made again from the journal, so its commits need not wait for the disk: rows and checkpoint move together.

mod asked;
mod lines;
mod names;
mod open;
mod row;
mod tx;
mod value;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use opensail_eventstore::Position;
use sqlx::postgres::PgPool;
use sqlx::sqlite::SqlitePool;

use crate::aside::Asides;
use asked::Asked;
pub(crate) use lines::Lines;
pub(crate) use names::{Names, mentions};
pub use open::OpenError;
pub(crate) use row::Row;
use tx::Open;
pub(crate) use tx::Tx;
pub(crate) use value::{Kind, Value};

/// Advisory lock of PostgreSQL under which one process at a time changes views. SQLite has one writer anyway.
const WRITER_LOCK: i64 = 5_724_186_650_907_601_261;

/// Under which one process at a time builds a view beside the one that is read, while changes of the latter go on.
const REBUILD_LOCK: i64 = 5_724_186_650_907_601_262;

/// Where the views lie. Clones share the connections, and know together which tables cannot be read yet.
#[derive(Clone, Debug)]
pub struct Db {
    pools: Pools,
    /// Tables that are not those of this program or of this journal, by the view that is being built to replace them.
    withheld: Arc<RwLock<BTreeMap<&'static str, &'static str>>>,
    /// Tables of views that do not go on, with the view and where it stands.
    stopped: Arc<RwLock<Stopped>>,
    /// Streams that views have set aside.
    aside: Arc<RwLock<Arc<Asides>>>,
    pub(crate) asked: Asked,
}

pub(crate) type Stopped = BTreeMap<&'static str, (&'static str, Position)>;

#[derive(Clone, Debug)]
enum Pools {
    Sqlite { writer: SqlitePool, readers: SqlitePool },
    Postgres(PgPool),
}

/// The two databases, where a statement must differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

/// A statement with its values.
#[derive(Clone, Debug)]
pub(crate) struct Sql {
    pub(crate) text: Cow<'static, str>,
    pub(crate) binds: Vec<Value>,
}

/// `sql!("… $1 … $2", a, b)`.
macro_rules! sql {
    ($text:expr $(, $bind:expr)* $(,)?) => {
        $crate::db::Sql { text: std::borrow::Cow::from($text), binds: vec![$($crate::db::Value::from($bind)),*] }
    };
}
pub(crate) use sql;

/// The statement as sqlx wants it, for whichever database the context asks for.
macro_rules! bound {
    ($sql:ident) => {{
        let mut query = sqlx::query(&$sql.text);
        for bind in &$sql.binds {
            query = match bind {
                $crate::db::Value::Text(text) => query.bind(text.as_deref()),
                $crate::db::Value::Int(number) => query.bind(*number),
            };
        }
        query
    }};
}
use bound;

impl Db {
    fn new(pools: Pools) -> Self {
        Db { pools, withheld: Arc::default(), stopped: Arc::default(), aside: Arc::default(), asked: Asked::default() }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self.pools {
            Pools::Sqlite { .. } => Dialect::Sqlite,
            Pools::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Says whether a view's tables can be read.
    pub(crate) fn serve(&self, view: &'static str, tables: impl Iterator<Item = &'static str>, served: bool) {
        let mut withheld = self.withheld.write().unwrap_or_else(PoisonError::into_inner);
        for table in tables {
            if served {
                withheld.remove(table);
            } else {
                withheld.insert(table, view);
            }
        }
    }

    /// Says which views do not go on.
    pub(crate) fn stop(&self, stopped: Stopped) {
        *self.stopped.write().unwrap_or_else(PoisonError::into_inner) = stopped;
    }

    /// Says which streams are set aside in the tables that are read.
    pub(crate) fn set_aside(&self, aside: Asides) {
        *self.aside.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(aside);
    }

    pub(crate) fn asides(&self) -> Arc<Asides> {
        self.aside.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A view that the statement asks and that stands before the position.
    pub(crate) fn stopped_before(&self, position: Position, text: &str) -> Option<(&'static str, Position)> {
        let stopped = self.stopped.read().unwrap_or_else(PoisonError::into_inner);
        stopped.iter().find(|(table, (_, stands))| *stands < position && mentions(text, table)).map(|(_, view)| *view)
    }

    pub(crate) fn has_stopped(&self, view: &str) -> bool {
        let stopped = self.stopped.read().unwrap_or_else(PoisonError::into_inner);
        stopped.values().any(|(stopped, _)| *stopped == view)
    }

    /// The view that is still being built and that the statement asks.
    pub(crate) fn withheld(&self, text: &str) -> Option<&'static str> {
        let withheld = self.withheld.read().unwrap_or_else(PoisonError::into_inner);
        withheld.iter().find(|(table, _)| mentions(text, table)).map(|(_, view)| *view)
    }

    pub(crate) async fn all(&self, sql: Sql) -> Result<Vec<Row>, sqlx::Error> {
        self.asked.note(&sql);
        Ok(match &self.pools {
            Pools::Sqlite { readers, .. } => bound!(sql).fetch_all(readers).await?.into_iter().map(Row::Sqlite).collect(),
            Pools::Postgres(pool) => bound!(sql).fetch_all(pool).await?.into_iter().map(Row::Postgres).collect(),
        })
    }

    pub(crate) async fn one(&self, sql: Sql) -> Result<Option<Row>, sqlx::Error> {
        self.asked.note(&sql);
        Ok(match &self.pools {
            Pools::Sqlite { readers, .. } => bound!(sql).fetch_optional(readers).await?.map(Row::Sqlite),
            Pools::Postgres(pool) => bound!(sql).fetch_optional(pool).await?.map(Row::Postgres),
        })
    }

    /// A transaction that is the only one that writes, from here to its commit.
    pub(crate) async fn begin(&self) -> Result<Tx, sqlx::Error> {
        let mut tx = self.open().await?;
        if let Some(tx) = tx.postgres() {
            sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(WRITER_LOCK).execute(&mut **tx).await?;
        }
        Ok(tx)
    }

    /// A transaction that alone writes what is built beside; `None` when another process has it. The views go on meanwhile on PostgreSQL; on
    /// SQLite they take turns.
    pub(crate) async fn begin_beside(&self) -> Result<Option<Tx>, sqlx::Error> {
        let mut tx = self.open().await?;
        if let Some(tx) = tx.postgres() {
            let own: bool = sqlx::query_scalar("SELECT pg_try_advisory_xact_lock($1)").bind(REBUILD_LOCK).fetch_one(&mut **tx).await?;
            if !own {
                return Ok(None);
            }
        }
        Ok(Some(tx))
    }

    async fn open(&self) -> Result<Tx, sqlx::Error> {
        let open = match &self.pools {
            Pools::Sqlite { writer, .. } => Open::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Pools::Postgres(pool) => Open::Postgres(pool.begin().await?),
        };
        Ok(Tx::new(open, self.asked.clone()))
    }
}

/// True when a table could not be had in the time given.
pub(crate) fn is_locked(error: &sqlx::Error) -> bool {
    // PostgreSQL: lock_not_available.
    matches!(error, sqlx::Error::Database(refused) if refused.code().as_deref() == Some("55P03"))
}
