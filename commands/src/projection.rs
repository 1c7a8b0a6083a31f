//! The room of orders to read models: what becomes of streams that they have set aside. For administrators of the platform.

mod retry_stream;
mod skip_stream;

use opensail_domain::kernel::AccountId;
use opensail_eventstore::{Position, Recorded};

use crate::{Change, CommandError, Place};
pub use retry_stream::RetryStream;
pub use skip_stream::SkipStream;

impl Change {
    /// Where an order about an event lies: among the events of whose it is, so that who looks through them finds what became of it. With the one who orders
    /// it where there is no such event; the rules refuse that order.
    pub(crate) async fn place_of(&self, position: Position, is: impl Fn(&Recorded) -> bool, by: AccountId) -> Result<Place, CommandError> {
        let found = self.commands().journal().read_at(&[position]).await?.into_iter().find(is);
        Ok(found.map_or_else(|| Place::account(by), |event| Place { tenant: event.tenant, project: event.project }))
    }
}
