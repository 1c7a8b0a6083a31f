//! The tables that remember, and the relation that stands in for the table when the past is asked.
//!
//! `<table>_history` holds every row that ever was without its moving columns, from `written` on and before `until`. `<table>_changes`, where there
//! are moving columns, holds these as each event left them: those in force at a position are of the last change up to it.

use super::{Index, Past, Table, name_of};
use crate::db::Dialect;

impl Table {
    pub(super) fn history(&self) -> String {
        format!("{}_history", self.name)
    }

    pub(super) fn changes(&self) -> String {
        format!("{}_changes", self.name)
    }

    fn moving(&self) -> &'static [&'static str] {
        match self.past {
            Past::Added(_) => &[],
            Past::Kept { moving, .. } => moving,
        }
    }

    fn steady(&self) -> Vec<&'static str> {
        self.column_names().filter(|name| !self.moving().contains(name)).collect()
    }

    fn declared(&self, names: &[&str]) -> String {
        let columns: Vec<_> = self.columns.iter().filter(|column| names.contains(&name_of(column))).copied().collect();
        columns.join(", ")
    }

    /// Tables of the past and their indexes.
    pub(super) fn remembering(&self, dialect: Dialect, suffix: &str) -> Vec<String> {
        let Past::Kept { moving, .. } = self.past else { return Vec::new() };
        let (history, key, steady) = (self.history(), self.key.join(", "), self.steady());
        let columns = self.declared(&steady);
        let mut all = vec![format!(
            "CREATE TABLE {history}{suffix} ({columns}, written BIGINT NOT NULL, until BIGINT NOT NULL, PRIMARY KEY ({key}, written))"
        )];
        // What the present finds by an index the past finds by its twin; the positions in it spare rows that were not there then.
        for Index { name, columns, only } in self.indexes {
            if only.is_none() && columns.iter().all(|column| steady.contains(column)) {
                all.push(format!("CREATE INDEX {name}_past{suffix} ON {history}{suffix} ({}, written, until)", columns.join(", ")));
            }
        }
        if !moving.is_empty() {
            let columns = self.declared(&[self.key, moving].concat());
            // Clustered by its key where the database can.
            let clustered = if dialect == Dialect::Sqlite { " WITHOUT ROWID" } else { "" };
            all.push(format!(
                "CREATE TABLE {}{suffix} ({columns}, written BIGINT NOT NULL, PRIMARY KEY ({key}, written)){clustered}",
                self.changes()
            ));
        }
        all
    }

    /// The table as it was: a relation of its columns, to stand under its name. `at` is the place of the position among the statement's values.
    pub(crate) fn as_of(&self, dialect: Dialect, at: &str) -> String {
        let (born, moving) = match self.past {
            Past::Added(position) => {
                // The name itself already means this relation.
                let schema = if dialect == Dialect::Sqlite { "main" } else { "views" };
                return format!("SELECT {} FROM {schema}.{} WHERE {position} <= {at}", self.listed("", &[]), self.name);
            }
            Past::Kept { born, moving } => (born, moving),
        };
        // A list stops where its rows were not there yet.
        let born = born.map(|born| format!("h.{born} <= {at} AND ")).unwrap_or_default();
        let there = format!("{born}h.written <= {at} AND h.until > {at}");
        let columns = self.listed("h.", moving);
        if moving.is_empty() {
            return format!("SELECT {columns} FROM {} h WHERE {there}", self.history());
        }
        let same = |left: &str| self.key.iter().map(|name| format!("{left}.{name} = h.{name}")).collect::<Vec<_>>().join(" AND ");
        format!(
            "SELECT {columns} FROM {history} h JOIN {changes} c ON {} AND c.written = (SELECT max(x.written) FROM {changes} x WHERE {} AND x.written <= {at}) WHERE {there}",
            same("c"),
            same("x"),
            history = self.history(),
            changes = self.changes(),
        )
    }

    /// All columns but `written` in their order; the moving ones from the changes.
    fn listed(&self, side: &str, moving: &[&str]) -> String {
        let columns: Vec<_> =
            self.column_names().map(|name| if moving.contains(&name) { format!("c.{name}") } else { format!("{side}{name}") }).collect();
        columns.join(", ")
    }
}
