//! Streams that consumers have set aside.

use opensail_eventstore::subscription::group::parked::{self, ParkedStream};

use crate::{Caller, CommandError, Commands};

impl Commands {
    /// Of all consumers, by their names and partitions.
    pub async fn parked_by_consumers(&self, caller: &Caller) -> Result<Vec<ParkedStream>, CommandError> {
        self.check_platform_admin(caller).await?;
        Ok(parked::list(self.journal().as_ref(), self.vault().as_ref()).await?)
    }
}
