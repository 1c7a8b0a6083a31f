//! The one transaction that writes.

use std::time::Duration;

use sqlx::{Postgres, Sqlite, Transaction};

use super::{Asked, Dialect, Names, REBUILD_LOCK, Row, Sql, bound, sql};
use crate::projection::{ApplyError, Fault, Trouble};

/// A writing transaction; dropped without commit, it never was.
pub(crate) struct Tx {
    pub(super) open: Open,
    /// What a view's tables are called in it.
    names: Option<Names>,
    asked: Asked,
}

pub(super) enum Open {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    pub(super) fn new(open: Open, asked: Asked) -> Self {
        Tx { open, names: None, asked }
    }

    pub(super) fn postgres(&mut self) -> Option<&mut Transaction<'static, Postgres>> {
        match &mut self.open {
            Open::Sqlite(_) => None,
            Open::Postgres(tx) => Some(tx),
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self.open {
            Open::Sqlite(_) => Dialect::Sqlite,
            Open::Postgres(_) => Dialect::Postgres,
        }
    }

    /// From now on statements that name these tables reach the set beside; `None`: those that are read.
    pub(crate) fn call(&mut self, names: Option<Names>) {
        self.names = names;
    }

    /// The same as [`Db::begin_beside`] keeps, waited for; nothing in SQLite, whose one writer this is.
    pub(crate) async fn lock_beside(&mut self) -> Result<(), sqlx::Error> {
        if let Some(tx) = self.postgres() {
            sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(REBUILD_LOCK).execute(&mut **tx).await?;
        }
        Ok(())
    }

    /// From now on it waits so long for a table that others read, and fails then ([`is_locked`]). Nothing on SQLite, whose readers keep what they
    /// began with.
    pub(crate) async fn wait_for_tables(&mut self, longest: Duration) -> Result<(), sqlx::Error> {
        if let Some(tx) = self.postgres() {
            sqlx::query(&format!("SET LOCAL lock_timeout = '{}ms'", longest.as_millis())).execute(&mut **tx).await?;
        }
        Ok(())
    }

    pub(super) fn called(&self, mut sql: Sql) -> Sql {
        if let Some(names) = &self.names {
            sql.text = names.applied(sql.text);
        }
        self.asked.note(&sql);
        sql
    }

    /// Runs it and answers how many rows it touched.
    pub(crate) async fn run(&mut self, sql: Sql) -> Result<u64, sqlx::Error> {
        let sql = self.called(sql);
        Ok(match &mut self.open {
            Open::Sqlite(tx) => bound!(sql).execute(&mut **tx).await?.rows_affected(),
            Open::Postgres(tx) => bound!(sql).execute(&mut **tx).await?.rows_affected(),
        })
    }

    pub(crate) async fn all(&mut self, sql: Sql) -> Result<Vec<Row>, sqlx::Error> {
        let sql = self.called(sql);
        Ok(match &mut self.open {
            Open::Sqlite(tx) => bound!(sql).fetch_all(&mut **tx).await?.into_iter().map(Row::Sqlite).collect(),
            Open::Postgres(tx) => bound!(sql).fetch_all(&mut **tx).await?.into_iter().map(Row::Postgres).collect(),
        })
    }

    pub(crate) async fn one(&mut self, sql: Sql) -> Result<Option<Row>, sqlx::Error> {
        let sql = self.called(sql);
        Ok(match &mut self.open {
            Open::Sqlite(tx) => bound!(sql).fetch_optional(&mut **tx).await?.map(Row::Sqlite),
            Open::Postgres(tx) => bound!(sql).fetch_optional(&mut **tx).await?.map(Row::Postgres),
        })
    }

    /// Remembers what stands now, until [`Tx::keep`] says what becomes of what follows.
    pub(crate) async fn mark(&mut self) -> Result<(), sqlx::Error> {
        self.run(sql!("SAVEPOINT marked")).await?;
        Ok(())
    }

    /// Leaves nothing of what was done since the mark when an event was to blame for its failure, which is answered. Trouble ends the transaction.
    pub(crate) async fn keep(&mut self, applied: Result<(), ApplyError>) -> Result<Option<Fault>, Trouble> {
        let fault = applied.err().map(ApplyError::fault).transpose()?;
        if fault.is_some() {
            self.run(sql!("ROLLBACK TO SAVEPOINT marked")).await?;
        }
        self.run(sql!("RELEASE SAVEPOINT marked")).await?;
        Ok(fault)
    }

    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        match self.open {
            Open::Sqlite(tx) => tx.commit().await,
            Open::Postgres(tx) => tx.commit().await,
        }
    }
}
