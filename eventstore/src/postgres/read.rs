//! Reading, from the pool.

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use sqlx::{Postgres, QueryBuilder, Row};
use tokio::sync::watch;

use super::page::page;
use super::row::{COLUMNS, FACT, fact, recorded};
use super::{PostgresStore, unavailable};
use crate::append::group::COMMAND_RESULTS_KEPT;
use crate::append::{Append, AppendError, Appended};
use crate::clock;
use crate::envelope::{CommandId, Epoch, Fact, Position, Recorded, StreamId};
use crate::journal::{Filter, Head, Journal, Page, ReadError};

impl PostgresStore {
    async fn fetch(&self, query: QueryBuilder<'_, Postgres>) -> Result<Vec<Recorded>, ReadError> {
        self.fetch_as(query, recorded).await
    }

    async fn fetch_as<E>(
        &self,
        mut query: QueryBuilder<'_, Postgres>,
        of: impl Fn(&PgRow) -> Result<E, sqlx::Error>,
    ) -> Result<Vec<E>, ReadError> {
        self.inner.group.readable()?;
        let rows = query.build().fetch_all(&self.inner.pool).await.map_err(unavailable)?;
        rows.iter().map(of).collect::<Result<_, _>>().map_err(unavailable)
    }
}

fn of_stream<'a>(columns: &str, stream: &'a StreamId, after: u64, limit: usize) -> QueryBuilder<'a, Postgres> {
    let mut query = QueryBuilder::new(format!("SELECT {columns} FROM journal.events WHERE stream_id = "));
    query.push_bind(stream.id()).push(" AND stream_type = ").push_bind(stream.stream_type());
    query.push(" AND stream_version > ").push_bind(number(after));
    query.push(" ORDER BY stream_version LIMIT ").push_bind(number(limit as u64));
    query
}

pub(super) async fn head(db: impl sqlx::PgExecutor<'_>) -> Result<Head, sqlx::Error> {
    let head = "SELECT (SELECT id FROM journal.epochs ORDER BY n DESC LIMIT 1), (SELECT coalesce(max(position), 0) FROM journal.events)";
    let row = sqlx::query(head).fetch_one(db).await?;
    Ok(Head { epoch: Epoch(row.try_get(0)?), position: row.try_get::<i64, _>(1)? as u64 })
}

#[async_trait]
impl Journal for PostgresStore {
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
            "SELECT epoch, position, time, versions, answer, fingerprint FROM journal.command_results
             WHERE command_id = $1 AND time > journal.now_us() - $2",
        )
        .bind(id.0)
        .bind(clock::micros(COMMAND_RESULTS_KEPT))
        .fetch_optional(&self.inner.pool)
        .await
        .map_err(unavailable)?;
        row.map(|row| super::write::known(&row, ["epoch", "position", "time", "versions", "answer", "fingerprint"]))
            .transpose()
            .map_err(unavailable)
    }

    async fn read_stream(&self, stream: &StreamId, after: u64, limit: usize) -> Result<Vec<Recorded>, ReadError> {
        self.fetch(of_stream(COLUMNS, stream, after, limit)).await
    }

    async fn read_facts(&self, stream: &StreamId, after: u64, limit: usize) -> Result<Vec<Fact>, ReadError> {
        self.fetch_as(of_stream(FACT, stream, after, limit), fact).await
    }

    async fn stream_version(&self, stream: &StreamId) -> Result<u64, ReadError> {
        self.inner.group.readable()?;
        let version: Option<i64> = sqlx::query_scalar(
            "SELECT stream_version FROM journal.events WHERE stream_id = $1 AND stream_type = $2 ORDER BY stream_version DESC LIMIT 1",
        )
        .bind(stream.id())
        .bind(stream.stream_type())
        .fetch_optional(&self.inner.pool)
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
        let query = page(after, bound, limit, filter);
        let events = self.fetch(query).await?;
        let seen = if events.len() < limit { bound } else { events.last().map_or(bound, |event| event.position) };
        Ok(Page { events, seen })
    }

    async fn read_at(&self, positions: &[Position]) -> Result<Vec<Recorded>, ReadError> {
        let positions: Vec<i64> = positions.iter().map(|position| number(*position)).collect();
        let mut query = QueryBuilder::new(format!("SELECT {COLUMNS} FROM journal.events WHERE position = ANY ("));
        query.push_bind(positions).push(") ORDER BY position");
        self.fetch(query).await
    }

    async fn position_at(&self, time: i64) -> Result<Position, ReadError> {
        self.inner.group.readable()?;
        let found: i64 = sqlx::query_scalar(HALVING).bind(time).fetch_one(&self.inner.pool).await.map_err(unavailable)?;
        Ok(found as u64)
    }

    async fn head(&self) -> Result<Head, ReadError> {
        // First: what is seen later may be there later.
        let seen = self.inner.group.seen();
        let head = head(&self.inner.pool).await.map_err(unavailable)?;
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
            sqlx::query_scalar("SELECT min(started_after) FROM journal.epochs WHERE n > (SELECT n FROM journal.epochs WHERE id = $1)")
                .bind(epoch.0)
                .fetch_one(&self.inner.pool)
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
        SELECT CAST(0 AS bigint), (SELECT coalesce(max(position), 0) FROM journal.events)
        UNION ALL
        SELECT CASE WHEN e.time <= $1 THEN e.position ELSE h.low END, CASE WHEN e.time <= $1 THEN h.high ELSE e.position - 1 END
        FROM halves h JOIN journal.events e ON e.position = (h.low + h.high + 1) / 2 WHERE h.low < h.high)
    SELECT max(low) FROM halves";

/// The largest number the database holds stands for everything above it.
pub(super) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
