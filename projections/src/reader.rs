//! Where questions are read: the views as they are, or as they were at a position.
//!
//! A question is written once, against the tables. In the past each table it names is shadowed by a relation of that name with the rows of then.

use opensail_eventstore::Position;

use crate::db::{Bind, Db, Row, Sql, mentions};
use crate::{QueryError, projection};

#[derive(Clone, Debug)]
pub(crate) struct Reader {
    db: Db,
    at: Option<Position>,
}

impl Reader {
    pub(crate) fn new(db: Db) -> Self {
        Reader { db, at: None }
    }

    pub(crate) fn at(&self, position: Position) -> Self {
        Reader { db: self.db.clone(), at: Some(position) }
    }

    /// The position that is looked at; none: now.
    pub(crate) fn position(&self) -> Option<Position> {
        self.at
    }

    pub(crate) async fn all(&self, sql: Sql) -> Result<Vec<Row>, QueryError> {
        self.served(&sql)?;
        Ok(self.db.all(self.then(sql)).await?)
    }

    pub(crate) async fn one(&self, sql: Sql) -> Result<Option<Row>, QueryError> {
        self.served(&sql)?;
        Ok(self.db.one(self.then(sql)).await?)
    }

    fn served(&self, sql: &Sql) -> Result<(), QueryError> {
        self.db.withheld(&sql.text).map_or(Ok(()), |view| Err(QueryError::Rebuilding(view)))
    }

    /// The statement over the tables of then.
    pub(crate) fn then(&self, sql: Sql) -> Sql {
        let Some(position) = self.at else { return sql };
        let Sql { text, mut binds } = sql;
        binds.push(Bind::from(position));
        let place = format!("${}", binds.len());
        let shadows: Vec<_> = projection::tables()
            .filter(|table| mentions(&text, table.name))
            .map(|table| format!("{} AS NOT MATERIALIZED ({})", table.name, table.as_of(self.db.dialect(), &place)))
            .collect();
        Sql { text: format!("WITH {} {text}", shadows.join(", ")).into(), binds }
    }
}
