//! What a view's tables look like, declared once: from it come the table itself, its indexes, and what remembers its past.
//!
//! The rows of the past lie beside the table (decision 0016): every row that ever was, with the positions between which it was so. They are written
//! with the rows of the present, by the one place that writes rows at all ([`crate::rows`]).

mod history;
mod shape;
#[cfg(test)]
mod tests;

use crate::db::Dialect;

pub(crate) use shape::Shape;

/// What stands in the place of a position that was not reached yet.
pub(crate) const OPEN: i64 = i64::MAX;

/// The column of every remembered table that says since which position its steady columns are as they are.
const WRITTEN: &str = "written BIGINT NOT NULL";

#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// Its primary key; never changed in a row.
    pub(crate) key: &'static [&'static str],
    /// Each as `name TYPE …`, types that both databases know; `written` is added where the past is kept.
    pub(crate) columns: &'static [&'static str],
    pub(crate) indexes: &'static [Index],
    pub(crate) past: Past,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Index {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [&'static str],
    /// Which rows are in it; absent: all. Those with a condition serve the present only.
    pub(crate) only: Option<&'static str>,
}

/// How the table is read as of an earlier position.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Past {
    /// Rows are added and never changed; this column is the position of their event.
    Added(&'static str),
    Kept {
        /// The column by which lists are ordered, if there is one: the position at which the row came to be.
        born: Option<&'static str>,
        /// Columns that change often. Each change of them is a small row of its own, so that a list of the past walks over rows and not over
        /// all their changes, and what is large and never changes is kept once.
        moving: &'static [&'static str],
    },
}

impl Table {
    /// This table and those that remember it, by name.
    pub(crate) fn names(&self, suffix: &str) -> Vec<String> {
        let names = match self.past {
            Past::Added(_) => vec![self.name.to_owned()],
            Past::Kept { moving: [], .. } => vec![self.name.into(), self.history()],
            Past::Kept { .. } => vec![self.name.into(), self.history(), self.changes()],
        };
        names.into_iter().map(|name| name + suffix).collect()
    }

    /// Statements that make everything anew: tables and indexes. `suffix` is put behind every name, so that two generations can stand
    /// beside each other.
    pub(crate) fn ddl(&self, dialect: Dialect, suffix: &str) -> Vec<String> {
        let written: &[&str] = if let Past::Kept { .. } = self.past { &[WRITTEN] } else { &[] };
        let columns = [self.columns, written].concat().join(", ");
        let mut all = vec![format!("CREATE TABLE {}{suffix} ({columns}, PRIMARY KEY ({}))", self.name, self.key.join(", "))];
        all.extend(self.indexes.iter().map(|index| index.ddl(self.name, suffix)));
        all.extend(self.remembering(dialect, suffix));
        all
    }

    /// Without `written`.
    pub(crate) fn column_names(&self) -> impl Iterator<Item = &'static str> {
        self.columns.iter().map(|column| name_of(column))
    }
}

impl Index {
    fn ddl(&self, table: &str, suffix: &str) -> String {
        let only = self.only.map(|only| format!(" WHERE {only}")).unwrap_or_default();
        format!("CREATE INDEX {}{suffix} ON {table}{suffix} ({}){only}", self.name, self.columns.join(", "))
    }
}

fn name_of(column: &'static str) -> &'static str {
    column.split(' ').next().unwrap_or(column)
}
