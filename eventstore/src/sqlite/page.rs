//! The statement behind a page of the journal.
//!
//! Of all tenants it goes by the order of positions. Of some tenants or streams each is read by its own index, at most a page of each, and these are
//! merged: what is looked at grows with the page and not with the journal, however large one tenant is beside another. The index is named, since
//! SQLite knows little of how much there is of what.

use serde_json::json;
use sqlx::{QueryBuilder, Sqlite};

use crate::envelope::Position;
use crate::journal::Filter;

/// Where a stream's page begins: its versions grow with the positions, so the last version up to a position is found by halving, without an index
/// that every append would pay for. Wants the position twice.
const FIRST_VERSION: [&str; 3] = [
    "(WITH RECURSIVE halves (low, high) AS (
        SELECT 0, coalesce((SELECT stream_version FROM events WHERE stream_id = s.value ->> 1 AND stream_type = s.value ->> 0
            ORDER BY stream_version DESC LIMIT 1), 0)
        UNION ALL
        SELECT CASE WHEN m.position <= ",
    " THEN m.stream_version ELSE h.low END, CASE WHEN m.position <= ",
    " THEN h.high ELSE m.stream_version - 1 END
        FROM halves h CROSS JOIN events m
        ON m.stream_id = s.value ->> 1 AND m.stream_type = s.value ->> 0 AND m.stream_version = (h.low + h.high + 1) / 2
        WHERE h.low < h.high)
      SELECT max(low) FROM halves)",
];

/// What comes after `FROM`: events after a position up to another, in order; at most `limit` matching ones.
pub(super) fn page(query: &mut QueryBuilder<'_, Sqlite>, after: Position, bound: Position, limit: usize, filter: &Filter) {
    let (after, bound, limit) = (super::read::number(after), super::read::number(bound), super::read::number(limit as u64));
    // Twice the same would be found twice.
    if !filter.streams.is_empty() {
        let mut streams: Vec<_> = filter.streams.iter().map(|stream| [stream.stream_type(), stream.id()]).collect();
        streams.sort_unstable();
        streams.dedup();
        query.push("json_each(").push_bind(json!(streams).to_string());
        query.push(") AS s CROSS JOIN events ON position IN (SELECT position FROM events INDEXED BY events_by_stream");
        query.push(" WHERE stream_id = s.value ->> 1 AND stream_type = s.value ->> 0");
        let [begin, once, twice] = FIRST_VERSION;
        query.push(" AND stream_version > ").push(begin).push_bind(after).push(once).push_bind(after).push(twice);
        query.push(" AND position <= ").push_bind(bound);
        if !filter.tenants.is_empty() {
            query.push(" AND tenant IN (SELECT value FROM json_each(").push_bind(json!(filter.tenants).to_string()).push("))");
        }
        rest(query, filter);
        query.push(" ORDER BY stream_version LIMIT ").push_bind(limit).push(")");
    } else if !filter.tenants.is_empty() {
        let mut tenants = filter.tenants.clone();
        tenants.sort_unstable();
        tenants.dedup();
        query.push("json_each(").push_bind(json!(tenants).to_string());
        query.push(
            ") AS t CROSS JOIN events ON position IN (SELECT position FROM events INDEXED BY events_by_tenant WHERE tenant = t.value",
        );
        query.push(" AND position > ").push_bind(after).push(" AND position <= ").push_bind(bound);
        rest(query, filter);
        query.push(" ORDER BY position LIMIT ").push_bind(limit).push(")");
    } else {
        query.push("events WHERE position > ").push_bind(after).push(" AND position <= ").push_bind(bound);
        rest(query, filter);
    }
    query.push(" ORDER BY position LIMIT ").push_bind(limit);
}

fn rest(query: &mut QueryBuilder<'_, Sqlite>, filter: &Filter) {
    if !filter.types.is_empty() {
        query.push(" AND event_type IN (SELECT value FROM json_each(").push_bind(json!(filter.types).to_string()).push("))");
    }
    if !filter.stream_types.is_empty() {
        query.push(" AND stream_type IN (SELECT value FROM json_each(").push_bind(json!(filter.stream_types).to_string()).push("))");
    }
}
