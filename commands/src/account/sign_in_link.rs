//! One-time sign-in links: made by the platform's operator, used once.

use std::time::Duration;

use opensail_domain::account::SignInMethod;
use opensail_domain::kernel::{AccountId, Micros};
use serde::{Deserialize, Serialize};

use super::{ADDRESS_LIMIT, SignedIn, micros, secret};
use crate::{Caller, CommandError, Commands, Done};

/// How long a link may be used.
pub const LINK_LIFETIME: Duration = Duration::from_secs(15 * 60);

const KIND: &str = "sign_in_link";

/// The address is `/sign-in#<token>`.
#[derive(Clone, PartialEq, Eq)]
pub struct SignInLink {
    pub token: String,
    pub expires_at: Micros,
}

#[derive(Serialize, Deserialize)]
struct Row {
    account_id: AccountId,
    expires_at: Micros,
}

impl Commands {
    /// Only the platform itself may make one: whoever holds it is the account.
    pub async fn create_sign_in_link(&self, caller: &Caller, account_id: AccountId) -> Result<SignInLink, CommandError> {
        if !caller.is_system() {
            return Err(CommandError::Forbidden);
        }
        let token = secret::text(&secret::random()?);
        let expires_at = self.clock().now() + micros(LINK_LIFETIME);
        let row = serde_json::to_vec(&Row { account_id, expires_at }).map_err(CommandError::broken)?;
        self.vault().put(KIND, &secret::digest(&token), &row, Some(expires_at)).await?;
        Ok(SignInLink { token, expires_at })
    }

    /// Uses the link up, even when signing in then fails.
    pub async fn sign_in_by_link(&self, caller: &Caller, token: &str) -> Result<Done<SignedIn>, CommandError> {
        let address = self.address_counter("link", caller.client_address.as_deref(), ADDRESS_LIMIT);
        if let Some(address) = &address {
            self.count_attempt(address).await?;
        }
        let stored = self.vault().take(KIND, &secret::digest(token)).await?;
        let row: Option<Row> = stored.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let Some(row) = row.filter(|row| self.clock().now() < row.expires_at) else {
            return Err(CommandError::Unauthenticated {
                code: "bad_link",
                message: "this link was used already or has expired; ask for a new one",
            });
        };
        if let Some(address) = &address {
            self.take_attempt_back(address).await?;
        }
        self.open_family(caller, row.account_id, SignInMethod::Link).await
    }
}
