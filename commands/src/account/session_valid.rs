//! Whether an access token still counts.

use opensail_domain::account::{Account, AccountDecider};
use opensail_domain::kernel::AccountId;
use uuid::Uuid;

use crate::{CommandError, Commands};

impl Commands {
    /// Whether the family named in an access token is still signed in: signing out, out everywhere, a changed password and a reused token
    /// void all its tokens at once, on every node. Costs one read of the stream's new events.
    pub async fn session_valid(&self, account: AccountId, family: Uuid) -> Result<bool, CommandError> {
        let loaded = self.load::<AccountDecider>(account, true).await?;
        Ok(match &*loaded.state {
            Account::Absent | Account::Forgotten => false,
            Account::Active { families } => families.contains(&family),
        })
    }
}
