//! Accounts as they are shown: e-mail and name, sealed under the account's key.

mod account_details;
mod account_names;

use async_trait::async_trait;
use opensail_domain::AnyEvent;
use opensail_domain::account::AccountEvent;

pub use account_details::AccountDetails;

use crate::db::{Tx, sql};
use crate::projection::{ApplyError, Incoming, Projection};
use crate::sealed;
use crate::table::{Past, Table};

pub(crate) struct AccountView;

/// `email`, `name`: sealed.
pub(crate) const ACCOUNTS: Table = Table {
    name: "accounts",
    key: &["account_id"],
    columns: &[
        "account_id TEXT NOT NULL",
        "email TEXT NOT NULL",
        "name TEXT NOT NULL",
        "platform_admin BIGINT NOT NULL",
        "created_at BIGINT NOT NULL",
        "position BIGINT NOT NULL",
    ],
    indexes: &[],
    past: Past::Kept { born: Some("position"), moving: &[] },
};

#[async_trait]
impl Projection for AccountView {
    fn name(&self) -> &'static str {
        "account"
    }
    fn version(&self) -> i64 {
        2
    }
    fn tables(&self) -> &'static [Table] {
        &[ACCOUNTS]
    }
    fn streams(&self) -> &'static [&'static str] {
        &["account"]
    }

    async fn apply(&self, tx: &mut Tx, incoming: &Incoming<'_>) -> Result<(), ApplyError> {
        let AnyEvent::Account(event) = incoming.event()? else { return Ok(()) };
        match event {
            AccountEvent::Registered(e) => {
                tx.run(sql!(
                    "INSERT INTO accounts (account_id, email, name, platform_admin, created_at, position, written)
                     VALUES ($1, $2, $3, $4, $5, $6, $6)",
                    e.account_id.to_string(),
                    sealed::to_text(&e.email),
                    sealed::to_text(&e.name),
                    i64::from(e.platform_admin),
                    incoming.recorded.time,
                    incoming.recorded.position,
                ))
                .await?;
            }
            AccountEvent::SignedIn(_)
            | AccountEvent::SignedOut(_)
            | AccountEvent::SignedOutEverywhere(_)
            | AccountEvent::PasswordChanged(_)
            | AccountEvent::RefreshReused(_)
            // Name and address are sealed under the key that is gone.
            | AccountEvent::Forgotten(_) => {}
        }
        Ok(())
    }
}
