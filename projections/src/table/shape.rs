//! A table's columns by their places, as rows in memory have them.

use super::{Past, Table};
use crate::db::{Kind, Value};

#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) history: String,
    pub(crate) changes: String,
    /// Without `written`.
    pub(crate) names: Vec<&'static str>,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) key: Vec<usize>,
    /// What a row of the past holds, and what only the changes of it.
    pub(crate) steady: Vec<usize>,
    pub(crate) moving: Vec<usize>,
    /// Key and moving: what a change holds.
    pub(crate) noted: Vec<usize>,
}

impl Shape {
    pub(crate) fn of(table: &Table) -> Self {
        let names: Vec<_> = table.column_names().collect();
        let kind = |column: &&str| if column.split(' ').nth(1) == Some("BIGINT") { Kind::Int } else { Kind::Text };
        let moving: &[&str] = if let Past::Kept { moving, .. } = table.past { moving } else { &[] };
        let places = |wanted: &dyn Fn(&&str) -> bool| (0..names.len()).filter(|place| wanted(&names[*place])).collect::<Vec<_>>();
        Shape {
            name: table.name,
            history: table.history(),
            changes: table.changes(),
            kinds: table.columns.iter().map(kind).collect(),
            key: table.key.iter().filter_map(|key| names.iter().position(|name| name == key)).collect(),
            steady: places(&|name| !moving.contains(name)),
            moving: places(&|name| moving.contains(name)),
            noted: places(&|name| moving.contains(name) || table.key.contains(name)),
            names,
        }
    }

    /// Panics when there is no such column.
    pub(crate) fn place(&self, column: &str) -> usize {
        let found = self.names.iter().position(|name| *name == column);
        found.unwrap_or_else(|| panic!("{} has no column {column}", self.name))
    }

    /// Nothing in any column.
    pub(crate) fn empty(&self) -> Vec<Value> {
        self.kinds.iter().map(|kind| kind.nothing()).collect()
    }

    pub(crate) fn key_names(&self) -> Vec<&'static str> {
        self.key.iter().map(|place| self.names[*place]).collect()
    }

    pub(crate) fn named(&self, places: &[usize]) -> String {
        places.iter().map(|place| self.names[*place]).collect::<Vec<_>>().join(", ")
    }
}
