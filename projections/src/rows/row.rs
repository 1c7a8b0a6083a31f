//! One row in memory, its values by the names of their columns.

use std::sync::Arc;

use super::Key;
use crate::db::Value;
use crate::table::Shape;

#[derive(Clone, Debug)]
pub(crate) struct Row {
    shape: Arc<Shape>,
    pub(super) values: Vec<Value>,
    /// Since which position its steady columns are as they are: with its key, the key of its row of the past.
    pub(super) written: i64,
}

impl Row {
    pub(super) fn empty(shape: &Arc<Shape>) -> Self {
        Row { shape: shape.clone(), values: shape.empty(), written: 0 }
    }

    pub(super) fn key(&self) -> Key {
        Key::of(&self.shape.key.iter().map(|place| self.values[*place].text().unwrap_or_default()).collect::<Vec<_>>())
    }

    pub(super) fn same(&self, other: &Row, places: &[usize]) -> bool {
        places.iter().all(|place| self.values[*place] == other.values[*place])
    }

    /// Panics when the table has no such column, which every test of the projection finds.
    fn value(&self, column: &str) -> &Value {
        &self.values[self.shape.place(column)]
    }

    pub(crate) fn set(&mut self, column: &str, value: impl Into<Value>) {
        let place = self.shape.place(column);
        self.values[place] = value.into();
    }

    pub(crate) fn maybe_text(&self, column: &str) -> Option<&str> {
        self.value(column).text()
    }

    pub(crate) fn maybe_int(&self, column: &str) -> Option<i64> {
        self.value(column).int()
    }

    pub(crate) fn text(&self, column: &str) -> Result<&str, sqlx::Error> {
        self.maybe_text(column).ok_or_else(|| self.odd(column))
    }

    pub(crate) fn int(&self, column: &str) -> Result<i64, sqlx::Error> {
        self.maybe_int(column).ok_or_else(|| self.odd(column))
    }

    /// A number that is never negative.
    pub(crate) fn count(&self, column: &str) -> Result<u64, sqlx::Error> {
        u64::try_from(self.int(column)?).map_err(|_| self.odd(column))
    }

    fn odd(&self, column: &str) -> sqlx::Error {
        sqlx::Error::Decode(format!("{}.{column} cannot be {:?}", self.shape.name, self.value(column)).into())
    }
}
