//! One statement for many rows: arrays on PostgreSQL, lists of values on SQLite.

use sqlx::{Postgres, Sqlite};

use super::{Dialect, Kind, Open, Row, Sql, Tx, Value};

/// Rows of values of the same kinds, one after the other.
pub(crate) struct Lines {
    kinds: Vec<Kind>,
    cells: Vec<Value>,
}

/// Rows to one statement of SQLite: few sizes, so that statements stay prepared, and far from its limit of 32,766 values.
const SIZES: [usize; 3] = [128, 16, 1];

impl Lines {
    pub(crate) fn new(kinds: Vec<Kind>) -> Self {
        Lines { kinds, cells: Vec::new() }
    }

    pub(crate) fn push(&mut self, values: impl Iterator<Item = Value>) {
        self.cells.extend(values);
        debug_assert!(self.cells.len().is_multiple_of(self.kinds.len()), "a line has as many values as columns");
    }

    fn arrays(&self) -> String {
        let arrays = self.kinds.iter().enumerate().map(|(at, kind)| match kind {
            Kind::Text => format!("${}::text[]", at + 1),
            Kind::Int => format!("${}::bigint[]", at + 1),
        });
        format!("SELECT * FROM unnest({})", arrays.collect::<Vec<_>>().join(", "))
    }

    fn values(&self, rows: usize) -> String {
        let line = format!("({})", vec!["?"; self.kinds.len()].join(", "));
        format!("VALUES {}", vec![line.as_str(); rows].join(", "))
    }

    /// Portions of as many rows as one statement takes.
    fn portions(&self) -> impl Iterator<Item = &[Value]> {
        let mut rest = &self.cells[..];
        let width = self.kinds.len();
        std::iter::from_fn(move || {
            let rows = SIZES.into_iter().find(|size| size * width <= rest.len())?;
            let (these, others) = rest.split_at(rows * width);
            rest = others;
            Some(these)
        })
    }
}

type SqliteQuery<'q> = sqlx::query::Query<'q, Sqlite, sqlx::sqlite::SqliteArguments<'q>>;
type PostgresQuery<'q> = sqlx::query::Query<'q, Postgres, sqlx::postgres::PgArguments>;

fn with_values<'q>(text_of: &'q str, portion: &'q [Value]) -> SqliteQuery<'q> {
    let mut query = sqlx::query(text_of);
    for value in portion {
        query = match value {
            Value::Text(text) => query.bind(text.as_deref()),
            Value::Int(number) => query.bind(*number),
        };
    }
    query
}

fn with_arrays<'q>(text_of: &'q str, lines: &'q Lines) -> PostgresQuery<'q> {
    let width = lines.kinds.len();
    let mut query = sqlx::query(text_of);
    for (at, kind) in lines.kinds.iter().enumerate() {
        let column = lines.cells.iter().skip(at).step_by(width);
        query = match kind {
            Kind::Text => query.bind(column.map(Value::text).collect::<Vec<_>>()),
            Kind::Int => query.bind(column.map(Value::int).collect::<Vec<_>>()),
        };
    }
    query
}

impl Tx {
    /// Runs the statement for these rows; `statement` is given what stands for them, a relation to be inserted or named in WITH. None, no statement.
    pub(crate) async fn run_for(&mut self, lines: &Lines, statement: impl Fn(&str) -> String) -> Result<(), sqlx::Error> {
        if lines.cells.is_empty() {
            return Ok(());
        }
        if self.dialect() == Dialect::Postgres {
            let sql = self.called(Sql { text: statement(&lines.arrays()).into(), binds: Vec::new() });
            if let Open::Postgres(tx) = &mut self.open {
                with_arrays(&sql.text, lines).execute(&mut **tx).await?;
            }
            return Ok(());
        }
        for portion in lines.portions() {
            let sql = self.called(Sql { text: statement(&lines.values(portion.len() / lines.kinds.len())).into(), binds: Vec::new() });
            if let Open::Sqlite(tx) = &mut self.open {
                with_values(&sql.text, portion).execute(&mut **tx).await?;
            }
        }
        Ok(())
    }

    /// The same for a question.
    pub(crate) async fn all_for(&mut self, lines: &Lines, statement: impl Fn(&str) -> String) -> Result<Vec<Row>, sqlx::Error> {
        let mut rows = Vec::new();
        if lines.cells.is_empty() {
            return Ok(rows);
        }
        if self.dialect() == Dialect::Postgres {
            let sql = self.called(Sql { text: statement(&lines.arrays()).into(), binds: Vec::new() });
            if let Open::Postgres(tx) = &mut self.open {
                rows.extend(with_arrays(&sql.text, lines).fetch_all(&mut **tx).await?.into_iter().map(Row::Postgres));
            }
            return Ok(rows);
        }
        for portion in lines.portions() {
            let sql = self.called(Sql { text: statement(&lines.values(portion.len() / lines.kinds.len())).into(), binds: Vec::new() });
            if let Open::Sqlite(tx) = &mut self.open {
                rows.extend(with_values(&sql.text, portion).fetch_all(&mut **tx).await?.into_iter().map(Row::Sqlite));
            }
        }
        Ok(rows)
    }
}
