//! Lists come in pages: `{items, next}`, where `next` is an opaque place to go on after.
//!
//! The sort key of every list is a journal position (of the creation, the joining, the request …): unique, stable and never
//! reused, so a page neither skips nor repeats while rows come and go.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use opensail_domain::kernel::TeamId;
use serde::{Deserialize, Serialize};

use crate::db::{Sql, Value};
use crate::error::QueryError;

/// Rows of a page when none is asked for.
pub const DEFAULT_LIMIT: u32 = 50;
/// More are never given.
pub const MAX_LIMIT: u32 = 200;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    #[default]
    Asc,
    Desc,
}

/// Which part of a list is wanted. A limit outside 1 … [`MAX_LIMIT`] counts as the nearest in it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PageRequest {
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
    pub order: Order,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Where to go on; absent at the end.
    pub next: Option<String>,
}

impl PageRequest {
    pub(crate) fn window(&self) -> Result<Window, QueryError> {
        let after = self.after.as_deref().map(key_of).transpose()?;
        Ok(Window::new(self.limit, after, self.order))
    }
}

/// A page request as numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) limit: usize,
    /// Exclusive.
    pub(crate) after: i64,
    pub(crate) order: Order,
}

impl Window {
    pub(crate) fn new(limit: Option<u32>, after: Option<i64>, order: Order) -> Self {
        let limit = limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT) as usize;
        let after = after.unwrap_or(match order {
            Order::Asc => 0,
            Order::Desc => i64::MAX,
        });
        Window { limit, after, order }
    }

    /// Completes `SELECT … WHERE …` by the place, the order and the limit; one more row tells whether there is a next page.
    pub(crate) fn apply(&self, sql: Sql, key: &str) -> Sql {
        let Sql { text, mut binds } = sql;
        let (beyond, direction) = match self.order {
            Order::Asc => (">", "ASC"),
            Order::Desc => ("<", "DESC"),
        };
        binds.push(Value::from(self.after));
        let place = binds.len();
        binds.push(Value::from(self.limit as i64 + 1));
        let limit = binds.len();
        Sql { text: format!("{text} AND {key} {beyond} ${place} ORDER BY {key} {direction} LIMIT ${limit}").into(), binds }
    }

    /// The page of rows that [`Window::apply`] fetched, each with its key.
    pub(crate) fn page<T>(&self, mut rows: Vec<(i64, T)>) -> Page<T> {
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        let next = rows.last().filter(|_| more).map(|(key, _)| URL_SAFE_NO_PAD.encode(key.to_string()));
        Page { items: rows.into_iter().map(|(_, item)| item).collect(), next }
    }
}

/// Narrows a list over many teams to some of them.
pub(crate) fn among(sql: Sql, column: &str, teams: Option<&[TeamId]>) -> Sql {
    let Some(teams) = teams else { return sql };
    let Sql { text, mut binds } = sql;
    let places: Vec<_> = (binds.len() + 1..=binds.len() + teams.len()).map(|n| format!("${n}")).collect();
    binds.extend(teams.iter().map(|team| Value::from(team.to_string())));
    let only = if places.is_empty() { "1 = 0".to_owned() } else { format!("{column} IN ({})", places.join(", ")) };
    Sql { text: format!("{text} AND {only}").into(), binds }
}

fn key_of(token: &str) -> Result<i64, QueryError> {
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| QueryError::BadAfter)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| QueryError::BadAfter)?;
    text.parse().ok().filter(|key: &i64| *key >= 0).ok_or(QueryError::BadAfter)
}
