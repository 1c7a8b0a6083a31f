//! Rows of a view's tables while a batch of events is applied: each is read once, changed in memory by every event that concerns it, and written
//! once, together with all that it was in between (decision 0022).
//!
//! A projection knows nothing of this: it gets, inserts, changes and removes rows, one event after the other. What a row was before and after each
//! event is noted here, so that no projection writes the past and none can forget to. Nothing reaches the database before [`Rows::write`].

mod held;
mod row;
#[cfg(test)]
mod tests;
mod write;

use opensail_eventstore::Position;

use held::{Held, Key};
pub(crate) use row::Row;

use crate::db::{Tx, Value};
use crate::projection::ApplyError;
use crate::table::{Past, Table};

/// Which rows a batch will want, so that they are read together.
#[derive(Default)]
pub(crate) struct Wants {
    rows: Vec<(&'static Table, Key)>,
}

impl Wants {
    pub(crate) fn row(&mut self, table: &'static Table, key: &[&str]) {
        self.rows.push((table, Key::of(key)));
    }
}

pub(crate) struct Rows<'a> {
    tx: &'a mut Tx,
    tables: Vec<Held>,
}

impl<'a> Rows<'a> {
    pub(crate) fn over(tx: &'a mut Tx) -> Self {
        Rows { tx, tables: Vec::new() }
    }

    /// Its place among the tables that are held.
    fn place(&mut self, table: &'static Table) -> usize {
        if let Some(place) = self.tables.iter().position(|held| held.shape.name == table.name) {
            return place;
        }
        self.tables.push(Held::new(table));
        self.tables.len() - 1
    }

    /// Reads what is wanted and not yet held, with one statement for each table.
    pub(crate) async fn fetch(&mut self, wants: Wants) -> Result<(), sqlx::Error> {
        let mut missing: Vec<Vec<Key>> = Vec::new();
        for (table, key) in wants.rows {
            let place = self.place(table);
            missing.resize(self.tables.len(), Vec::new());
            if self.tables[place].hold(&key) {
                missing[place].push(key);
            }
        }
        for (held, keys) in self.tables.iter_mut().zip(missing) {
            held.read(self.tx, &keys).await?;
        }
        Ok(())
    }

    async fn entry(&mut self, table: &'static Table, key: &Key) -> Result<&mut Held, sqlx::Error> {
        let place = self.place(table);
        let held = &mut self.tables[place];
        if held.hold(key) {
            held.read(self.tx, std::slice::from_ref(key)).await?;
        }
        Ok(held)
    }

    pub(crate) async fn get(&mut self, table: &'static Table, key: &[&str]) -> Result<Option<&Row>, sqlx::Error> {
        let key = Key::of(key);
        Ok(self.entry(table, &key).await?.now(&key))
    }

    /// A new row; columns that are not named are empty. Refused when there is one of its key.
    pub(crate) async fn insert<const N: usize>(
        &mut self,
        table: &'static Table,
        values: [(&'static str, Value); N],
    ) -> Result<(), ApplyError> {
        let place = self.place(table);
        let mut row = Row::empty(&self.tables[place].shape);
        for (column, value) in values {
            row.set(column, value);
        }
        if let Past::Added(_) = table.past {
            self.tables[place].add(row);
            return Ok(());
        }
        let key = row.key();
        let held = self.entry(table, &key).await?;
        if held.now(&key).is_some() {
            return Err(ApplyError::Poison(format!("there already is a row of {} for {key}", table.name)));
        }
        held.put(&key, Some(row));
        Ok(())
    }

    /// Changes the row, if there is one.
    pub(crate) async fn change(
        &mut self,
        table: &'static Table,
        key: &[&str],
        change: impl FnOnce(&mut Row) + Send,
    ) -> Result<(), sqlx::Error> {
        let key = Key::of(key);
        let held = self.entry(table, &key).await?;
        if let Some(mut row) = held.now(&key).cloned() {
            change(&mut row);
            held.put(&key, Some(row));
        }
        Ok(())
    }

    /// Removes the row, if there is one.
    pub(crate) async fn remove(&mut self, table: &'static Table, key: &[&str]) -> Result<(), sqlx::Error> {
        let key = Key::of(key);
        let held = self.entry(table, &key).await?;
        if held.now(&key).is_some() {
            held.put(&key, None);
        }
        Ok(())
    }

    /// Removes every row with this text in a column; there should be an index of it.
    pub(crate) async fn remove_where(&mut self, table: &'static Table, column: &'static str, text: &str) -> Result<(), sqlx::Error> {
        let place = self.place(table);
        let held = &mut self.tables[place];
        held.read_where(self.tx, column, text).await?;
        for key in held.keys_where(column, text) {
            held.put(&key, None);
        }
        Ok(())
    }

    /// The event at this position is done: what its rows were before is past.
    pub(crate) fn settle(&mut self, position: Position) {
        for held in &mut self.tables {
            held.settle(position as i64);
        }
    }

    /// Writes all that was settled.
    pub(crate) async fn write(self) -> Result<(), sqlx::Error> {
        for held in self.tables {
            held.write(self.tx).await?;
        }
        Ok(())
    }
}
