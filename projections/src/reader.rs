//! Where questions are read: the views as they are, or as they were at a position.
//!
//! A question is written once, against the tables. In the past each table it names is shadowed by a relation of that name with the rows of then.

use opensail_domain::kernel::AccountId;
use opensail_eventstore::Position;

use crate::aside::{Concern, Heed};
use crate::db::{Db, Row, Sql, Value, mentions};
use crate::{QueryError, projection};

#[derive(Clone, Debug)]
pub(crate) struct Reader {
    db: Db,
    at: Option<Position>,
    /// What is read must have seen the journal up to here.
    since: Position,
    heed: Heed,
    /// Whose teams are all looked through.
    whole_of: Option<AccountId>,
}

impl Reader {
    pub(crate) fn new(db: Db) -> Self {
        Reader { db, at: None, since: 0, heed: Heed::Refuse, whole_of: None }
    }

    pub(crate) fn at(&self, position: Position) -> Self {
        Reader { at: Some(position), ..self.clone() }
    }

    /// Refuses questions to views that have stopped before the position, and for streams that are set aside before it.
    pub(crate) fn since(&self, position: Position) -> Self {
        Reader { since: position, ..self.clone() }
    }

    /// For what only adorns an answer: nothing is refused because of streams that are set aside.
    pub(crate) fn adorning(&self) -> Self {
        Reader { heed: Heed::Tell, ..self.clone() }
    }

    /// For what the answer does not come from: streams that are set aside do not matter.
    pub(crate) fn hinting(&self) -> Self {
        Reader { heed: Heed::Pass, ..self.clone() }
    }

    /// For lists over all teams of an account: what is set aside may belong in them wherever it is.
    pub(crate) fn over_teams_of(&self, account: AccountId) -> Self {
        Reader { whole_of: Some(account), ..self.clone() }
    }

    /// The position that is looked at; none: now.
    pub(crate) fn position(&self) -> Option<Position> {
        self.at
    }

    pub(crate) async fn all(&self, sql: Sql) -> Result<Vec<Row>, QueryError> {
        let (sql, concern) = self.asked(sql)?;
        let rows = self.db.all(sql).await?;
        if let Some(concern) = concern {
            concern.note(&rows);
        }
        Ok(rows)
    }

    pub(crate) async fn one(&self, sql: Sql) -> Result<Option<Row>, QueryError> {
        let (sql, concern) = self.asked(sql)?;
        let row = self.db.one(sql).await?;
        if let Some(concern) = concern {
            concern.note(&row);
        }
        Ok(row)
    }

    fn asked(&self, sql: Sql) -> Result<(Sql, Option<Concern>), QueryError> {
        let up_to = self.since.max(self.at.unwrap_or(0));
        if let Some(view) = self.db.withheld(&sql.text) {
            // Nothing of this process' making is built of a view that it has stopped to keep.
            let newer = self.db.has_stopped(view);
            return Err(if newer { QueryError::KeptByNewer(view) } else { QueryError::Rebuilding(view) });
        }
        if let Some((view, position)) = self.db.stopped_before(up_to, &sql.text) {
            return Err(QueryError::Stopped { view, position });
        }
        let concern = Concern::of(self.db.asides(), &sql, self.at, up_to, self.whole_of, self.heed)?;
        Ok((self.then(sql), concern))
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
