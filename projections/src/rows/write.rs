//! How held rows are read and written: one statement for many rows.

use super::Row;
use super::held::{Entry, Held, Key};
use crate::db::{self, Kind, Lines, Tx, Value, sql};
use crate::table::Shape;

fn text(part: &str) -> Value {
    Value::from(part)
}

/// `a.x = b.x AND a.y = b.y`.
fn same(columns: &[&str], left: &str, right: &str) -> String {
    columns.iter().map(|name| format!("{left}.{name} = {right}.{name}")).collect::<Vec<_>>().join(" AND ")
}

fn listed(columns: &[&str], of: &str) -> String {
    columns.iter().map(|name| format!("{of}.{name}")).collect::<Vec<_>>().join(", ")
}

impl Shape {
    fn row(self: &std::sync::Arc<Self>, found: &db::Row) -> Result<Row, sqlx::Error> {
        let mut row = Row::empty(self);
        for (place, kind) in self.kinds.iter().enumerate() {
            row.values[place] = match kind {
                Kind::Text => found.maybe_text(place)?.into(),
                Kind::Int => found.maybe_int(place)?.into(),
            };
        }
        row.written = found.int(self.kinds.len())?;
        Ok(row)
    }
}

impl Held {
    /// Fills the entries of these keys.
    pub(super) async fn read(&mut self, tx: &mut Tx, keys: &[Key]) -> Result<(), sqlx::Error> {
        if keys.is_empty() {
            return Ok(());
        }
        let shape = self.shape.clone();
        let key = shape.key_names();
        let mut lines = Lines::new(vec![Kind::Text; key.len()]);
        for Key(parts) in keys {
            lines.push(parts.iter().map(|part| text(part)));
        }
        let (columns, name) = (listed(&shape.names, "t"), shape.name);
        let statement = |these: &str| {
            format!(
                "WITH w ({}) AS ({these}) SELECT {columns}, t.written FROM w CROSS JOIN {name} t WHERE {}",
                key.join(", "),
                same(&key, "t", "w")
            )
        };
        for found in tx.all_for(&lines, statement).await? {
            self.found(shape.row(&found)?, true);
        }
        Ok(())
    }

    /// Reads all rows with this text in a column; those that are held already are known better.
    pub(super) async fn read_where(&mut self, tx: &mut Tx, column: &str, wanted: &str) -> Result<(), sqlx::Error> {
        let shape = self.shape.clone();
        let statement = format!("SELECT {}, t.written FROM {} t WHERE t.{column} = $1", listed(&shape.names, "t"), shape.name);
        for found in tx.all(sql!(statement, wanted)).await? {
            self.found(shape.row(&found)?, false);
        }
        Ok(())
    }

    pub(super) async fn write(self, tx: &mut Tx) -> Result<(), sqlx::Error> {
        let shape = self.shape.clone();
        self.write_added(tx, &shape).await?;
        self.write_present(tx, &shape).await?;
        self.write_past(tx, &shape).await
    }

    async fn write_added(&self, tx: &mut Tx, shape: &Shape) -> Result<(), sqlx::Error> {
        let mut lines = Lines::new(shape.kinds.clone());
        for row in &self.added {
            lines.push(row.values.iter().cloned());
        }
        let columns = shape.names.join(", ");
        tx.run_for(&lines, |these| format!("INSERT INTO {} ({columns}) {these}", shape.name)).await
    }

    async fn write_present(&self, tx: &mut Tx, shape: &Shape) -> Result<(), sqlx::Error> {
        let (key, name) = (shape.key_names(), shape.name);
        let changed = self.rows.iter().filter(|(_, entry)| entry.changed);
        let gone = |entry: &Entry| entry.stored && entry.now.is_none();
        let mut removed = Lines::new(vec![Kind::Text; key.len()]);
        for (Key(parts), _) in changed.clone().filter(|(_, entry)| gone(entry)) {
            removed.push(parts.iter().map(|part| text(part)));
        }
        let columns = key.join(", ");
        tx.run_for(&removed, |these| {
            format!("WITH w ({columns}) AS ({these}) DELETE FROM {name} WHERE ({columns}) IN (SELECT {columns} FROM w)")
        })
        .await?;
        let mut rows = Lines::new([&shape.kinds[..], &[Kind::Int]].concat());
        for row in changed.filter_map(|(_, entry)| entry.now.as_ref()) {
            rows.push(row.values.iter().cloned().chain([Value::from(row.written)]));
        }
        let all = [&shape.names[..], &["written"]].concat();
        let again: Vec<_> = all.iter().filter(|name| !key.contains(name)).map(|name| format!("{name} = excluded.{name}")).collect();
        let statement = |these: &str| {
            format!("INSERT INTO {name} ({}) {these} ON CONFLICT ({columns}) DO UPDATE SET {}", all.join(", "), again.join(", "))
        };
        tx.run_for(&rows, statement).await
    }

    async fn write_past(&self, tx: &mut Tx, shape: &Shape) -> Result<(), sqlx::Error> {
        let (key, kinds) = (shape.key_names(), |places: &[usize]| places.iter().map(|place| shape.kinds[*place]).collect::<Vec<_>>());
        let mut ended = Lines::new([&vec![Kind::Text; key.len()][..], &[Kind::Int, Kind::Int]].concat());
        for (Key(parts), written, until) in &self.ended {
            ended.push(parts.iter().map(|part| text(part)).chain([Value::from(*written), Value::from(*until)]));
        }
        let (history, changes) = (&shape.history, &shape.changes);
        let statement = |these: &str| {
            format!(
                "WITH w ({}, written, ended) AS ({these}) UPDATE {history} AS h SET until = w.ended FROM w WHERE {} AND h.written = w.written",
                key.join(", "),
                same(&key, "h", "w")
            )
        };
        tx.run_for(&ended, statement).await?;
        let mut begun = Lines::new([&kinds(&shape.steady)[..], &[Kind::Int, Kind::Int]].concat());
        for row in &self.begun {
            begun.push(row.steady.iter().cloned().chain([Value::from(row.written), Value::from(row.until)]));
        }
        let steady = shape.named(&shape.steady);
        tx.run_for(&begun, |these| format!("INSERT INTO {history} ({steady}, written, until) {these}")).await?;
        let mut moved = Lines::new([&kinds(&shape.noted)[..], &[Kind::Int]].concat());
        for (values, position) in &self.moved {
            moved.push(values.iter().cloned().chain([Value::from(*position)]));
        }
        let noted = shape.named(&shape.noted);
        tx.run_for(&moved, |these| format!("INSERT INTO {changes} ({noted}, written) {these}")).await
    }
}
