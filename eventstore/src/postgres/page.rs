//! The statement behind a page of the journal.
//!
//! Of all tenants it goes by the order of positions. Of some tenants or streams each is read by its own index, at most a page of each, and these are
//! merged: what is looked at grows with the page and not with the journal, however large one tenant is beside another, and whatever the planner
//! believes about that.

use sqlx::{Postgres, QueryBuilder};

use super::row::COLUMNS;
use crate::envelope::Position;
use crate::journal::Filter;

/// Where a stream's page begins: its versions grow with the positions, so the last version up to a position is found by halving, without an index
/// that every append would pay for. Wants the position twice.
const FIRST_VERSION: [&str; 3] = [
    "(WITH RECURSIVE halves (low, high) AS (
        SELECT CAST(0 AS bigint), coalesce((SELECT l.stream_version FROM journal.events l WHERE l.stream_id = s.id AND l.stream_type = s.type
            ORDER BY l.stream_version DESC LIMIT 1), 0)
        UNION ALL
        SELECT CASE WHEN m.position <= ",
    " THEN m.stream_version ELSE h.low END, CASE WHEN m.position <= ",
    " THEN h.high ELSE m.stream_version - 1 END
        FROM halves h JOIN journal.events m ON m.stream_id = s.id AND m.stream_type = s.type AND m.stream_version = (h.low + h.high + 1) / 2
        WHERE h.low < h.high)
      SELECT max(low) FROM halves)",
];

/// Events after a position up to another, in order; at most `limit` matching ones.
pub(super) fn page(after: Position, bound: Position, limit: usize, filter: &Filter) -> QueryBuilder<'_, Postgres> {
    let (after, bound, limit) = (super::read::number(after), super::read::number(bound), super::read::number(limit as u64));
    let mut query = QueryBuilder::new(format!("SELECT {COLUMNS} FROM "));
    if !filter.streams.is_empty() {
        let mut streams: Vec<_> = filter.streams.iter().map(|stream| (stream.stream_type(), stream.id())).collect();
        streams.sort_unstable();
        streams.dedup();
        let (types, ids): (Vec<_>, Vec<_>) = streams.into_iter().unzip();
        query.push("unnest(").push_bind(types).push(", ").push_bind(ids);
        query
            .push(") s(type, id) CROSS JOIN LATERAL (SELECT e.* FROM journal.events e WHERE e.stream_id = s.id AND e.stream_type = s.type");
        let [begin, once, twice] = FIRST_VERSION;
        query.push(" AND e.stream_version > ").push(begin).push_bind(after).push(once).push_bind(after).push(twice);
        query.push(" AND e.position <= ").push_bind(bound);
        if !filter.tenants.is_empty() {
            query.push(" AND e.tenant = ANY (").push_bind(&filter.tenants).push(")");
        }
        rest(&mut query, filter);
        query.push(" ORDER BY e.stream_version LIMIT ").push_bind(limit).push(") e");
    } else if !filter.tenants.is_empty() {
        let mut tenants: Vec<_> = filter.tenants.iter().map(String::as_str).collect();
        tenants.sort_unstable();
        tenants.dedup();
        query.push("unnest(").push_bind(tenants).push(") t(name) CROSS JOIN LATERAL (SELECT e.* FROM journal.events e");
        // Compared as rows, since only the index over both has that order: by the one over positions a small tenant's page would walk the journal.
        query.push(" WHERE (e.tenant, e.position) > (t.name, ").push_bind(after);
        query.push(") AND (e.tenant, e.position) <= (t.name, ").push_bind(bound).push(")");
        rest(&mut query, filter);
        query.push(" ORDER BY e.tenant, e.position LIMIT ").push_bind(limit).push(") e");
    } else {
        query.push("journal.events e WHERE e.position > ").push_bind(after).push(" AND e.position <= ").push_bind(bound);
        rest(&mut query, filter);
    }
    query.push(" ORDER BY position LIMIT ").push_bind(limit);
    query
}

fn rest<'a>(query: &mut QueryBuilder<'a, Postgres>, filter: &'a Filter) {
    if !filter.types.is_empty() {
        query.push(" AND e.event_type = ANY (").push_bind(&filter.types).push(")");
    }
    if !filter.stream_types.is_empty() {
        query.push(" AND e.stream_type = ANY (").push_bind(&filter.stream_types).push(")");
    }
}
