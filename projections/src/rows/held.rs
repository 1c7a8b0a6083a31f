//! The rows of one table that a batch has touched, and what becomes past by it.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::Row;
use crate::db::Value;
use crate::table::{OPEN, Shape, Table};

/// The values of a row's key columns.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Key(pub(super) Vec<String>);

impl Key {
    pub(super) fn of(parts: &[&str]) -> Self {
        Key(parts.iter().map(|part| (*part).to_owned()).collect())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

/// What is known of the row of one key.
#[derive(Default)]
pub(super) struct Entry {
    /// Whether the database has it.
    pub(super) stored: bool,
    pub(super) now: Option<Row>,
    /// What it was before the event that is being applied, if that one touched it.
    before: Option<Option<Row>>,
    /// Its present row of the past, when that is not in the database yet.
    open: Option<usize>,
    pub(super) changed: bool,
}

/// A row of the past: the steady columns, from `written` on and before `until`.
pub(super) struct Begun {
    pub(super) steady: Vec<Value>,
    pub(super) written: i64,
    pub(super) until: i64,
}

pub(super) struct Held {
    pub(super) shape: Arc<Shape>,
    pub(super) rows: HashMap<Key, Entry>,
    /// By the event that is being applied.
    touched: Vec<Key>,
    /// Of a table whose rows never change.
    pub(super) added: Vec<Row>,
    pub(super) begun: Vec<Begun>,
    /// Rows of the past in the database that ended: key, `written`, `until`.
    pub(super) ended: Vec<(Key, i64, i64)>,
    /// Key and moving columns as each event left them, and its position.
    pub(super) moved: Vec<(Vec<Value>, i64)>,
}

impl Held {
    pub(super) fn new(table: &'static Table) -> Self {
        Held {
            shape: Arc::new(Shape::of(table)),
            rows: HashMap::new(),
            touched: Vec::new(),
            added: Vec::new(),
            begun: Vec::new(),
            ended: Vec::new(),
            moved: Vec::new(),
        }
    }

    /// True when nothing is known of the key: from now on there is an entry, which must be filled from the database.
    pub(super) fn hold(&mut self, key: &Key) -> bool {
        let missing = !self.rows.contains_key(key);
        if missing {
            self.rows.insert(key.clone(), Entry::default());
        }
        missing
    }

    /// A row as the database has it; what is known better stays.
    pub(super) fn found(&mut self, row: Row, asked: bool) {
        let key = row.key();
        if asked || !self.rows.contains_key(&key) {
            self.rows.insert(key, Entry { stored: true, now: Some(row), ..Entry::default() });
        }
    }

    pub(super) fn now(&self, key: &Key) -> Option<&Row> {
        self.rows.get(key).and_then(|entry| entry.now.as_ref())
    }

    /// Keys of all rows with this text in a column.
    pub(super) fn keys_where(&self, column: &str, wanted: &str) -> Vec<Key> {
        let place = self.shape.place(column);
        let has = |row: &Row| row.values[place].text() == Some(wanted);
        self.rows.iter().filter(|(_, entry)| entry.now.as_ref().is_some_and(has)).map(|(key, _)| key.clone()).collect()
    }

    pub(super) fn add(&mut self, row: Row) {
        self.added.push(row);
    }

    pub(super) fn put(&mut self, key: &Key, row: Option<Row>) {
        let entry = self.rows.entry(key.clone()).or_default();
        let was = std::mem::replace(&mut entry.now, row);
        if entry.before.is_none() {
            entry.before = Some(was);
            self.touched.push(key.clone());
        }
    }

    /// What the event at this position made of the rows it touched. Several changes of a row by one event are one; what it made and removed again
    /// never was.
    pub(super) fn settle(&mut self, position: i64) {
        let shape = self.shape.clone();
        for key in std::mem::take(&mut self.touched) {
            let Some(entry) = self.rows.get_mut(&key) else { continue };
            let before = entry.before.take().flatten();
            entry.changed = true;
            let stays = match (&before, &mut entry.now) {
                (Some(before), Some(now)) if before.same(now, &shape.steady) => {
                    now.written = before.written;
                    true
                }
                _ => false,
            };
            if let Some(before) = before.filter(|_| !stays) {
                match entry.open.take() {
                    Some(open) => self.begun[open].until = position,
                    None => self.ended.push((key, before.written, position)),
                }
            }
            let Some(now) = &mut entry.now else { continue };
            let values = |places: &[usize]| places.iter().map(|place| now.values[*place].clone()).collect::<Vec<_>>();
            if !stays {
                entry.open = Some(self.begun.len());
                self.begun.push(Begun { steady: values(&shape.steady), written: position, until: OPEN });
            }
            if !shape.moving.is_empty() {
                self.moved.push((values(&shape.noted), position));
            }
            if !stays {
                now.written = position;
            }
        }
    }
}
