//! Accounts as they are shown: e-mail and name, sealed under the account's key.

mod account_details;
mod account_names;

use async_trait::async_trait;
use opensail_domain::AnyEvent;
use opensail_domain::account::AccountEvent;

pub use account_details::AccountDetails;

use crate::projection::{ApplyError, Incoming, Projection};
use crate::rows::{Rows, Wants};
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
        3
    }
    fn tables(&self) -> &'static [Table] {
        &[ACCOUNTS]
    }
    fn streams(&self) -> &'static [&'static str] {
        &["account"]
    }

    fn wants(&self, incoming: &Incoming<'_>, wants: &mut Wants) {
        if let Ok(AnyEvent::Account(AccountEvent::Registered(e))) = incoming.event() {
            wants.row(&ACCOUNTS, &[&e.account_id.to_string()]);
        }
    }

    async fn apply(&self, rows: &mut Rows<'_>, incoming: &Incoming<'_>) -> Result<(), ApplyError> {
        let AnyEvent::Account(event) = incoming.event()? else { return Ok(()) };
        match event {
            AccountEvent::Registered(e) => {
                let values = [
                    ("account_id", e.account_id.to_string().into()),
                    ("email", sealed::to_text(&e.email).into()),
                    ("name", sealed::to_text(&e.name).into()),
                    ("platform_admin", e.platform_admin.into()),
                    ("created_at", incoming.recorded.time.into()),
                    ("position", incoming.recorded.position.into()),
                ];
                rows.insert(&ACCOUNTS, values).await
            }
            AccountEvent::SignedIn(_)
            | AccountEvent::SignedOut(_)
            | AccountEvent::SignedOutEverywhere(_)
            | AccountEvent::PasswordChanged(_)
            | AccountEvent::RefreshReused(_)
            // Name and address are sealed under the key that is gone.
            | AccountEvent::Forgotten(_) => Ok(()),
        }
    }
}
