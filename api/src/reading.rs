//! Read-your-write and the past: `min_position` and `as_of`.

use opensail_commands::journal::{Cursor, Position, ReadError};
use opensail_projections::past::AsOf;
use opensail_projections::{Queries, QueryError};

use crate::problem::{FieldError, Problem};
use crate::router::Api;
use crate::time;

impl Api {
    /// A cursor (its epoch checked) or an integer; a malformed one is pointed at by its parameter's name.
    pub(crate) async fn position(&self, parameter: &str, text: &str) -> Result<Position, Problem> {
        if let Ok(position) = text.parse() {
            return Ok(position);
        }
        let Ok(cursor) = text.parse::<Cursor>() else {
            return Err(Problem::invalid(vec![FieldError::parameter(
                parameter,
                "must be a cursor, a position, or where it is allowed a time",
            )]));
        };
        self.check_cursor(cursor).await?;
        Ok(cursor.position)
    }

    /// A cursor of another epoch is answered with the last common position.
    pub(crate) async fn check_cursor(&self, cursor: Cursor) -> Result<(), Problem> {
        Ok(self.commands().journal().check_epoch(cursor.epoch).await?)
    }

    /// Waits until the views have reached `min_position`, at most two seconds.
    pub(crate) async fn settle(&self, min_position: Option<&str>) -> Result<(), Problem> {
        let Some(text) = min_position else { return Ok(()) };
        let position = self.position("min_position", text).await?;
        self.wait_for(position).await
    }

    /// For a thing that the journal is known to hold: a view without it is only behind, so it is asked again at the journal's end.
    pub(crate) async fn once_seen<T, F>(&self, ask: impl Fn(Queries) -> F) -> Result<T, Problem>
    where
        F: Future<Output = Result<Option<T>, QueryError>>,
    {
        if let Some(found) = ask(self.queries().clone()).await? {
            return Ok(found);
        }
        let end = self.commands().journal().head().await?.position;
        self.wait_for(end).await?;
        ask(self.queries().clone()).await?.ok_or_else(Problem::behind)
    }

    pub(crate) async fn as_of(&self, text: Option<&str>) -> Result<Option<AsOf>, Problem> {
        self.point("as_of", text).await
    }

    /// A cursor, a position or a time.
    pub(crate) async fn point(&self, parameter: &str, text: Option<&str>) -> Result<Option<AsOf>, Problem> {
        let Some(text) = text else { return Ok(None) };
        match time::parse(text) {
            Some(time) => Ok(Some(AsOf::Time(time))),
            None => self.position(parameter, text).await.map(|position| Some(AsOf::Position(position))),
        }
    }
}

/// For views that only know the present.
pub(crate) fn present_only(as_of: Option<&str>) -> Result<(), Problem> {
    if as_of.is_some() { Err(Problem::as_of_unsupported()) } else { Ok(()) }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::EpochChanged { epoch, common } => Problem::epoch_changed(epoch.to_string(), common),
            ReadError::Unavailable(why) => {
                tracing::error!(why, "the journal could not be read");
                Problem::unavailable()
            }
        }
    }
}
