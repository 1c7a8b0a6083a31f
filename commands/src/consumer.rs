//! The room of consumers that several workers share: how far each is, and what becomes of streams that they have set aside. For administrators of the
//! platform.

mod list_consumers;
mod list_parked;
mod retry_stream;
mod skip_stream;

use opensail_domain::kernel::AccountId;
use opensail_eventstore::subscription::group::StandingError;
use opensail_eventstore::subscription::group::parked::{self, Found};
use opensail_eventstore::{Position, StreamId, VaultWrite};

use crate::{Change, CommandError, Place};
pub use opensail_eventstore::subscription::group::Standing;
pub use opensail_eventstore::subscription::group::parked::{Condition, Ordered, ParkedStream};
pub use retry_stream::RetryStream;
pub use skip_stream::SkipStream;

impl Change {
    /// Where an order about a stream lies: among the events of whose event could not be handled. And what has it carried out; nothing where the stream is not
    /// parked at that position, which the rules refuse.
    pub(crate) async fn order_about(
        &self,
        (consumer, stream, position): (&str, &str, Position),
        what: Ordered,
        by: AccountId,
    ) -> Result<(Place, Option<VaultWrite>), CommandError> {
        if consumer.chars().chain(stream.chars()).any(char::is_control) {
            return Err(CommandError::NotFound);
        }
        let (journal, vault) = (self.commands().journal(), self.commands().vault());
        let stream = StreamId::from_stored(stream.to_owned());
        match parked::find(journal.as_ref(), vault.as_ref(), consumer, &stream, position).await? {
            Found::NoConsumer => Err(CommandError::NotFound),
            Found::NotParked => Ok((Place::account(by), None)),
            Found::At(at) => {
                let order = at.order(what);
                Ok((Place { tenant: at.event.tenant, project: at.event.project }, Some(order)))
            }
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
