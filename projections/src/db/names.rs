//! What the tables of a view are called where another set of them is meant: the one place in which SQL text is rewritten.
//!
//! Projections write statements against the plain names. While a view is built beside the one that is read, the same statements reach the tables
//! with a suffix. A name counts where it stands as a word of its own outside of a text in quotes; no column is called like a table, which a test
//! holds for every view.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Cheap to clone; remembers what it has rewritten, since projections have few statements.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    tables: Vec<String>,
    suffix: String,
    known: Mutex<HashMap<String, String>>,
}

impl Names {
    pub(crate) fn new(tables: Vec<String>, suffix: &str) -> Self {
        Names { inner: Arc::new(Inner { tables, suffix: suffix.into(), known: Mutex::default() }) }
    }

    pub(crate) fn applied(&self, text: Cow<'static, str>) -> Cow<'static, str> {
        let mut known = self.inner.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(done) = known.get(text.as_ref()) {
            return Cow::Owned(done.clone());
        }
        let done = self.rewritten(&text);
        known.insert(text.into_owned(), done.clone());
        Cow::Owned(done)
    }

    fn rewritten(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + 32);
        for (at, piece) in text.split('\'').enumerate() {
            if at > 0 {
                out.push('\'');
            }
            // Between every second pair of quotes lies a text.
            if at % 2 == 1 { out.push_str(piece) } else { self.rewrite(piece, &mut out) }
        }
        out
    }

    fn rewrite(&self, piece: &str, out: &mut String) {
        let mut rest = piece;
        while !rest.is_empty() {
            let word = rest.find(|letter| !part(letter)).unwrap_or(rest.len());
            let (name, after) = rest.split_at(word);
            out.push_str(name);
            if self.inner.tables.iter().any(|table| table == name) {
                out.push_str(&self.inner.suffix);
            }
            let gap = after.find(part).unwrap_or(after.len());
            out.push_str(&after[..gap]);
            rest = &after[gap..];
        }
    }
}

fn part(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// True when the text has this name as a word of its own.
pub(crate) fn mentions(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(text: &'static str) -> String {
        Names::new(vec!["teams".into(), "team_members".into()], "__g7").applied(text.into()).into_owned()
    }

    #[test]
    fn tables_are_renamed_and_nothing_else() {
        assert_eq!(
            rewritten("INSERT INTO teams (team_id) SELECT team_id FROM team_members WHERE teams.name = $1"),
            "INSERT INTO teams__g7 (team_id) SELECT team_id FROM team_members__g7 WHERE teams__g7.name = $1"
        );
        assert_eq!(rewritten("UPDATE my_teams SET x = 'teams', y = 'it''s teams'"), "UPDATE my_teams SET x = 'teams', y = 'it''s teams'");
        assert_eq!(rewritten("DELETE FROM teams"), "DELETE FROM teams__g7");
    }

    #[test]
    fn a_name_is_a_whole_word() {
        assert!(mentions("SELECT 1 FROM teams WHERE x", "teams"));
        assert!(mentions("SELECT 1 FROM teams", "teams"));
        assert!(!mentions("SELECT 1 FROM my_teams, teams_2", "teams"));
        assert!(mentions("SELECT (SELECT count(*) FROM team_members) FROM teams", "team_members"));
    }

    #[test]
    fn no_column_is_called_like_a_table() {
        let tables: Vec<_> = crate::projection::tables().flat_map(|table| table.names("")).collect();
        for table in crate::projection::tables() {
            for column in table.column_names() {
                assert!(!tables.iter().any(|name| name == column), "{}.{column}", table.name);
            }
        }
    }
}
