//! Reading, on connections that cannot write.

use async_trait::async_trait;
use serde_json::json;
use sqlx::{QueryBuilder, Row, Sqlite};
use tokio::sync::watch;
use uuid::Uuid;

use super::page::page;
use super::row::{Packs, unpacked};
use super::{SqliteStore, unavailable};
use crate::append::group::COMMAND_RESULTS_KEPT;
use crate::append::{Append, AppendError, Appended};
use crate::clock;
use crate::envelope::{CommandId, Epoch, Fact, Position, Recorded, StreamId};
use crate::journal::{Filter, Head, Journal, Page, ReadError};

/// Most events that come from the database at once: with all that may come along with each, an eighth of what one value may hold.
const AT_ONCE: usize = 2000;

/// Last position and its time.
pub(super) async fn last<'a>(db: impl sqlx::SqliteExecutor<'a>) -> Result<(Position, i64), sqlx::Error> {
    let row = sqlx::query("SELECT position, time FROM events ORDER BY position DESC LIMIT 1").fetch_optional(db).await?;
    row.map_or(Ok((0, 0)), |row| Ok((row.try_get::<i64, _>(0)? as u64, row.try_get(1)?)))
}

impl SqliteStore {
    /// The events that `select` names after `FROM`, ordered, at most [`AT_ONCE`]; in the order of their positions.
    async fn fetch<'a, E: Packs>(&self, select: impl FnOnce(&mut QueryBuilder<'a, Sqlite>)) -> Result<Vec<E>, ReadError> {
        self.inner.group.readable()?;
        let mut query = QueryBuilder::new("SELECT count(*), CAST(coalesce(group_concat(packed, ''), '') AS BLOB) FROM (SELECT ");
        query.push(E::packed()).push(" AS packed FROM ");
        select(&mut query);
        let row = query.push(")").build().fetch_one(&self.inner.readers).await.map_err(unavailable)?;
        let count: i64 = row.try_get(0).map_err(unavailable)?;
        let (mut events, large) = unpacked::<E>(row.try_get(1).map_err(unavailable)?, count as usize).map_err(unavailable)?;
        for position in large {
            let payload = sqlx::query_scalar("SELECT payload FROM events WHERE position = ?1").bind(number(position));
            let payload = payload.fetch_one(&self.inner.readers).await.map_err(unavailable)?;
            let found = events.binary_search_by_key(&position, E::position);
            events[found.expect("it was among them")].take_payload(payload);
        }
        Ok(events)
    }

    /// As many as are asked for, in steps; `select` is told after which number of `key` to go on, and how many at most.
    async fn fetch_after<'a, E: Packs>(
        &self,
        mut after: u64,
        limit: usize,
        key: impl Fn(&E) -> u64,
        select: impl Fn(&mut QueryBuilder<'a, Sqlite>, u64, usize),
    ) -> Result<Vec<E>, ReadError> {
        let mut events = Vec::new();
        loop {
            let wanted = (limit - events.len()).min(AT_ONCE);
            let found: Vec<E> = self.fetch(|query| select(query, after, wanted)).await?;
            let last = found.len() < wanted;
            after = found.last().map_or(after, &key);
            events.extend(found);
            if last || events.len() == limit {
                return Ok(events);
            }
        }
    }
}

fn of_stream(query: &mut QueryBuilder<'_, Sqlite>, stream: &StreamId, after: u64, limit: usize) {
    query.push("events WHERE stream_id = ").push_bind(stream.id().to_owned());
    query.push(" AND stream_type = ").push_bind(stream.stream_type().to_owned());
    query.push(" AND stream_version > ").push_bind(number(after));
    query.push(" ORDER BY stream_version LIMIT ").push_bind(number(limit as u64));
}

#[async_trait]
impl Journal for SqliteStore {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.inner.group.append(append).await
    }

    fn set_back(&self) -> watch::Receiver<Option<String>> {
        self.inner.group.set_back()
    }

    fn waiting(&self) -> usize {
        self.inner.group.waiting()
    }

    async fn command(&self, id: CommandId) -> Result<Option<(Appended, Option<[u8; 32]>)>, ReadError> {
        self.inner.group.readable()?;
        let row = sqlx::query(
            "SELECT epoch, position, time, versions, answer, fingerprint FROM command_results WHERE command_id = ?1 AND time > ?2",
        )
        .bind(id.0)
        .bind(clock::now() - clock::micros(COMMAND_RESULTS_KEPT))
        .fetch_optional(&self.inner.readers)
        .await
        .map_err(unavailable)?;
        row.map(|row| super::write::known(&row, 0)).transpose().map_err(unavailable)
    }

    async fn read_stream(&self, stream: &StreamId, after: u64, limit: usize) -> Result<Vec<Recorded>, ReadError> {
        self.fetch_after(
            after,
            limit,
            |event: &Recorded| event.stream_version,
            |query, after, limit| of_stream(query, stream, after, limit),
        )
        .await
    }

    async fn read_facts(&self, stream: &StreamId, after: u64, limit: usize) -> Result<Vec<Fact>, ReadError> {
        self.fetch_after(after, limit, |fact: &Fact| fact.stream_version, |query, after, limit| of_stream(query, stream, after, limit))
            .await
    }

    async fn stream_version(&self, stream: &StreamId) -> Result<u64, ReadError> {
        self.inner.group.readable()?;
        let version: Option<i64> = sqlx::query_scalar(
            "SELECT stream_version FROM events WHERE stream_id = ?1 AND stream_type = ?2 ORDER BY stream_version DESC LIMIT 1",
        )
        .bind(stream.id())
        .bind(stream.stream_type())
        .fetch_optional(&self.inner.readers)
        .await
        .map_err(unavailable)?;
        Ok(version.unwrap_or(0) as u64)
    }

    async fn read_all(&self, after: Position, limit: usize, filter: &Filter) -> Result<Page, ReadError> {
        // The bound comes first and holds for the rows: what is written meanwhile belongs to the next page.
        let bound = self.head().await?.position;
        self.inner.group.readable()?;
        if after >= bound || limit == 0 {
            return Ok(Page { events: Vec::new(), seen: after });
        }
        let select = |query: &mut QueryBuilder<'_, Sqlite>, after, limit| page(query, after, bound, limit, filter);
        let events = self.fetch_after(after, limit, |event: &Recorded| event.position, select).await?;
        let seen = if events.len() < limit { bound } else { events.last().map_or(bound, |event| event.position) };
        Ok(Page { events, seen })
    }

    async fn read_at(&self, positions: &[Position]) -> Result<Vec<Recorded>, ReadError> {
        let mut events: Vec<Recorded> = Vec::new();
        for positions in positions.chunks(AT_ONCE) {
            let positions: Vec<i64> = positions.iter().map(|position| number(*position)).collect();
            let select = |query: &mut QueryBuilder<'_, Sqlite>| {
                query.push("events WHERE position IN (SELECT value FROM json_each(").push_bind(json!(positions).to_string());
                query.push(")) ORDER BY position");
            };
            events.extend(self.fetch(select).await?);
        }
        events.sort_by_key(|event| event.position);
        events.dedup_by_key(|event| event.position);
        Ok(events)
    }

    async fn position_at(&self, time: i64) -> Result<Position, ReadError> {
        self.inner.group.readable()?;
        let found: i64 = sqlx::query_scalar(HALVING).bind(time).fetch_one(&self.inner.readers).await.map_err(unavailable)?;
        Ok(found as u64)
    }

    async fn head(&self) -> Result<Head, ReadError> {
        // First: what is seen later may be there later.
        let seen = self.inner.group.seen();
        let row = sqlx::query("SELECT (SELECT id FROM epochs ORDER BY n DESC LIMIT 1), (SELECT coalesce(max(position), 0) FROM events)")
            .fetch_one(&self.inner.readers)
            .await
            .map_err(unavailable)?;
        let epoch = row.try_get::<Uuid, _>(0).map_err(unavailable)?;
        let head = Head { epoch: Epoch(epoch), position: row.try_get::<i64, _>(1).map_err(unavailable)? as u64 };
        self.inner.group.found(seen, head);
        Ok(head)
    }

    async fn check_epoch(&self, epoch: Epoch) -> Result<(), ReadError> {
        let current = self.head().await?.epoch;
        if current == epoch {
            return Ok(());
        }
        // A later restore may have gone further back than an earlier one; an unknown epoch has nothing in common.
        let common: Option<i64> =
            sqlx::query_scalar("SELECT min(started_after) FROM epochs WHERE n > (SELECT n FROM epochs WHERE id = ?1)")
                .bind(epoch.0)
                .fetch_one(&self.inner.readers)
                .await
                .map_err(unavailable)?;
        Err(ReadError::EpochChanged { epoch: current, common: common.unwrap_or(0) as u64 })
    }

    fn watch(&self) -> watch::Receiver<Position> {
        self.inner.group.watch()
    }
}

/// Between `low`, whose event is not after the time, and `high`, behind which all are.
const HALVING: &str = "
    WITH RECURSIVE halves (low, high) AS (
        SELECT 0, (SELECT coalesce(max(position), 0) FROM events)
        UNION ALL
        SELECT CASE WHEN e.time <= $1 THEN e.position ELSE h.low END, CASE WHEN e.time <= $1 THEN h.high ELSE e.position - 1 END
        FROM halves h JOIN events e ON e.position = (h.low + h.high + 1) / 2 WHERE h.low < h.high)
    SELECT max(low) FROM halves";

/// The largest number SQLite holds stands for everything above it.
pub(super) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
