//! Rows as they are read.

use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

/// A row of either database; columns by number.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    pub(crate) fn text(&self, column: usize) -> Result<String, sqlx::Error> {
        match self {
            Row::Sqlite(row) => row.try_get(column),
            Row::Postgres(row) => row.try_get(column),
        }
    }
    pub(crate) fn maybe_text(&self, column: usize) -> Result<Option<String>, sqlx::Error> {
        match self {
            Row::Sqlite(row) => row.try_get(column),
            Row::Postgres(row) => row.try_get(column),
        }
    }
    /// Of every column that holds text.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let text = |column: usize| match self {
            Row::Sqlite(row) => row.try_get::<&str, _>(column).ok(),
            Row::Postgres(row) => row.try_get::<&str, _>(column).ok(),
        };
        (0..self.columns()).filter_map(text)
    }
    fn columns(&self) -> usize {
        match self {
            Row::Sqlite(row) => row.len(),
            Row::Postgres(row) => row.len(),
        }
    }
    pub(crate) fn int(&self, column: usize) -> Result<i64, sqlx::Error> {
        match self {
            Row::Sqlite(row) => row.try_get(column),
            Row::Postgres(row) => row.try_get(column),
        }
    }
    pub(crate) fn maybe_int(&self, column: usize) -> Result<Option<i64>, sqlx::Error> {
        match self {
            Row::Sqlite(row) => row.try_get(column),
            Row::Postgres(row) => row.try_get(column),
        }
    }
    /// A number that is never negative.
    pub(crate) fn count(&self, column: usize) -> Result<u64, sqlx::Error> {
        self.int(column).map(|number| number.max(0) as u64)
    }
    /// What was written as text by `Display` or JSON.
    pub(crate) fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(&self, column: usize) -> Result<T, sqlx::Error> {
        self.text(column)?.parse().map_err(|error: T::Err| sqlx::Error::Decode(format!("column {column}: {error}").into()))
    }
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self, column: usize) -> Result<T, sqlx::Error> {
        serde_json::from_str(&self.text(column)?).map_err(|error| sqlx::Error::Decode(format!("column {column}: {error}").into()))
    }
}
