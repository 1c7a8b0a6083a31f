//! Where questions are read: the views as they are, or as they were at a position.
//!
//! A question is written once, against the tables. In the past each table it names is shadowed by a relation of that name with the rows of then.

use opensail_eventstore::Position;

use crate::db::{Bind, Db, Row, Sql};
use crate::projection;

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

    pub(crate) async fn all(&self, sql: Sql) -> Result<Vec<Row>, sqlx::Error> {
        self.db.all(self.then(sql)).await
    }

    pub(crate) async fn one(&self, sql: Sql) -> Result<Option<Row>, sqlx::Error> {
        self.db.one(self.then(sql)).await
    }

    /// The statement over the tables of then.
    pub(crate) fn then(&self, sql: Sql) -> Sql {
        let Some(position) = self.at else { return sql };
        let Sql { text, mut binds } = sql;
        binds.push(Bind::from(position));
        let place = format!("${}", binds.len());
        let shadows: Vec<_> = projection::tables()
            .filter(|table| names(&text, table.name))
            .map(|table| format!("{} AS NOT MATERIALIZED ({})", table.name, table.as_of(self.db.dialect(), &place)))
            .collect();
        Sql { text: format!("WITH {} {text}", shadows.join(", ")).into(), binds }
    }
}

/// True when the text has this name as a word of its own.
fn names(text: &str, name: &str) -> bool {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.match_indices(name).any(|(at, _)| {
        let before = at.checked_sub(1).map(|before| text.as_bytes()[before]);
        let after = text.as_bytes().get(at + name.len()).copied();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_name_is_a_whole_word() {
        assert!(names("SELECT 1 FROM teams WHERE x", "teams"));
        assert!(names("SELECT 1 FROM teams", "teams"));
        assert!(!names("SELECT 1 FROM my_teams, teams_2", "teams"));
        assert!(names("SELECT (SELECT count(*) FROM team_members) FROM teams", "team_members"));
    }
}
