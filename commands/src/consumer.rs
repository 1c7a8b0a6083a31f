//! The room of consumers that several workers share: how far each is, and what becomes of streams that they have set aside. For administrators of the
//! platform.

mod list_consumers;
mod list_parked;
mod retry_stream;
mod skip_stream;

use opensail_eventstore::subscription::group::StandingError;
use opensail_eventstore::subscription::group::parked::{self, ParkedAt};
use opensail_eventstore::{Position, StreamId};

use crate::{Change, CommandError};
pub use opensail_eventstore::subscription::group::Standing;
pub use opensail_eventstore::subscription::group::parked::{Condition, Ordered, ParkedStream};
pub use retry_stream::RetryStream;
pub use skip_stream::SkipStream;

impl Change {
    /// What an order about a stream needs to know of it; `None` where it is not parked there.
    pub(crate) async fn parked_at(&self, consumer: &str, stream: &str, position: Position) -> Result<Option<ParkedAt>, CommandError> {
        let stream = StreamId::from_stored(stream.to_owned());
        let vault = self.commands().vault();
        match parked::find(vault.as_ref(), consumer, &stream, position).await.map_err(CommandError::unavailable)? {
            Some(found) => Ok(found),
            None => Err(CommandError::NotFound),
        }
    }
}

impl From<StandingError> for CommandError {
    fn from(error: StandingError) -> Self {
        match error {
            StandingError::Vault(error) => CommandError::unavailable(error),
            StandingError::Journal(error) => error.into(),
        }
    }
}
