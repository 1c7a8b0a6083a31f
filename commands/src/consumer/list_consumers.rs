//! Every consumer and how far it is.

use opensail_eventstore::subscription::group::{Standing, standings};

use crate::{Caller, CommandError, Commands};

impl Commands {
    /// By name; those that nobody works on any more, too.
    pub async fn consumers(&self, caller: &Caller) -> Result<Vec<Standing>, CommandError> {
        self.check_platform_admin(caller).await?;
        Ok(standings(self.journal().as_ref(), self.vault().as_ref()).await?)
    }
}
