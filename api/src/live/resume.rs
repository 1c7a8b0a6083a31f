//! Where a stream begins: after the last event that the client saw.

use axum::http::HeaderMap;
use opensail_commands::journal::{Cursor, Position};

use crate::problem::{FieldError, Problem};
use crate::router::Api;

const HEADER: &str = "last-event-id";

impl Api {
    /// `Last-Event-ID`, which a browser sends when it connects again, before `after`. A cursor of another epoch is 410.
    pub(crate) async fn resume(&self, headers: &HeaderMap, after: Option<&str>) -> Result<Option<Position>, Problem> {
        match (headers.get(HEADER), after) {
            (Some(id), _) => {
                let bad = || Problem::invalid(vec![FieldError::header("Last-Event-ID", "must be the id of an event of this stream")]);
                let cursor: Cursor = id.to_str().map_err(|_| bad())?.parse().map_err(|_| bad())?;
                self.check_cursor(cursor).await?;
                Ok(Some(cursor.position))
            }
            (None, Some(after)) => self.position("after", after).await.map(Some),
            (None, None) => Ok(None),
        }
    }
}
