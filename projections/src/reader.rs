//! Where questions are read: the views as they are, or as they were at a position.
//!
//! A question is written once, against the tables. In the past each table it names is shadowed by a relation of that name with the rows of then.

use opensail_eventstore::Position;

use crate::db::{Db, Row, Sql, Value, mentions};
use crate::{QueryError, projection};

#[derive(Clone, Debug)]
pub(crate) struct Reader {
    db: Db,
    at: Option<Position>,
    /// What is read must have seen the journal up to here.
    since: Position,
}

impl Reader {
    pub(crate) fn new(db: Db) -> Self {
        Reader { db, at: None, since: 0 }
    }

    pub(crate) fn at(&self, position: Position) -> Self {
        Reader { at: Some(position), ..self.clone() }
    }

    /// Refuses questions to views that have stopped before the position.
    pub(crate) fn since(&self, position: Position) -> Self {
        Reader { since: position, ..self.clone() }
    }

    /// The position that is looked at; none: now.
    pub(crate) fn position(&self) -> Option<Position> {
        self.at
    }

    pub(crate) async fn all(&self, sql: Sql) -> Result<Vec<Row>, QueryError> {
        let sql = self.asked(sql)?;
        Ok(self.db.all(sql).await?)
    }

    pub(crate) async fn one(&self, sql: Sql) -> Result<Option<Row>, QueryError> {
        let sql = self.asked(sql)?;
        Ok(self.db.one(sql).await?)
    }

    fn asked(&self, sql: Sql) -> Result<Sql, QueryError> {
        if let Some(view) = self.db.withheld(&sql.text) {
            return Err(QueryError::Rebuilding(view));
        }
        if let Some((view, position)) = self.db.stopped_before(self.since.max(self.at.unwrap_or(0)), &sql.text) {
            return Err(QueryError::Stopped { view, position });
        }
        Ok(self.then(sql))
    }

    /// The statement over the tables of then.
    pub(crate) fn then(&self, sql: Sql) -> Sql {
        let Some(position) = self.at else { return sql };
        let Sql { text, mut binds } = sql;
        binds.push(Value::from(position));
        let place = format!("${}", binds.len());
        let shadows: Vec<_> = projection::tables()
            .filter(|table| mentions(&text, table.name))
            .map(|table| format!("{} AS NOT MATERIALIZED ({})", table.name, table.as_of(self.db.dialect(), &place)))
            .collect();
        Sql { text: format!("WITH {} {text}", shadows.join(", ")).into(), binds }
    }
}
