//! What happened in this stream? Answered by the journal, so that it is never behind; the index only finds the place to begin.

use opensail_eventstore::{Recorded, StreamId};

use super::EventPage;
use crate::db::sql;
use crate::{ClientAddress, EventItem, Order, Page, Queries, QueryError};

impl Queries {
    /// Events of one stream without addresses. `next` is a cursor.
    pub async fn events_of_stream(&self, stream: &StreamId, page: &EventPage) -> Result<Page<EventItem>, QueryError> {
        let window = page.window();
        // In the past the journal ends at the position that is looked at.
        let end = self.db.position().map_or(i64::MAX as u64, |position| position.saturating_add(1));
        let mut recorded = match window.order {
            Order::Asc => self.upwards(stream, window.after as u64, window.limit + 1).await?,
            Order::Desc => self.downwards(stream, end.min(window.after as u64), window.limit + 1).await?,
        };
        recorded.retain(|event| event.position < end);
        let more = recorded.len() > window.limit;
        recorded.truncate(window.limit);
        self.events(&recorded, more, ClientAddress::Left).await
    }

    async fn upwards(&self, stream: &StreamId, after: u64, limit: usize) -> Result<Vec<Recorded>, QueryError> {
        let sql = sql!(
            "SELECT stream_version FROM audit_events WHERE stream = $1 AND position <= $2 ORDER BY position DESC LIMIT 1",
            stream.as_str(),
            after,
        );
        let mut version = self.db.hinting().one(sql).await?.map_or(Ok(0), |row| row.count(0))?;
        let mut found = Vec::new();
        // Usually once round: only an index that is behind begins too early.
        while found.len() < limit {
            let page = self.journal.read_stream(stream, version, limit).await?;
            let Some(last) = page.last() else { break };
            version = last.stream_version;
            let end = page.len() < limit;
            found.extend(page.into_iter().filter(|event| event.position > after));
            if end {
                break;
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    async fn downwards(&self, stream: &StreamId, before: u64, limit: usize) -> Result<Vec<Recorded>, QueryError> {
        let sql = sql!(
            "SELECT stream_version FROM audit_events WHERE stream = $1 AND position >= $2 ORDER BY position LIMIT 1",
            stream.as_str(),
            before,
        );
        // Without a row the end of the stream is the place, which may lie beyond `before` while the index is behind.
        let mut end = match self.db.hinting().one(sql).await? {
            Some(row) => row.count(0)?,
            None => self.journal.stream_version(stream).await? + 1,
        };
        let mut found = Vec::new();
        while found.len() < limit && end > 1 {
            let start = (end - 1).saturating_sub(limit as u64);
            let page = self.journal.read_stream(stream, start, (end - 1 - start) as usize).await?;
            found.extend(page.into_iter().rev().filter(|event| event.position < before));
            end = start + 1;
        }
        found.truncate(limit);
        Ok(found)
    }
}
