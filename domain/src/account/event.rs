//! The facts of an account.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::kernel::{AccountId, Private, event::events};

events! {
    AccountEvent {
        Registered = "account.registered" v 1,
        SignedIn = "account.signed_in" v 1,
        SignedOut = "account.signed_out" v 1,
        /// Every family of refresh tokens ended and every access token before now is void.
        SignedOutEverywhere = "account.signed_out_everywhere" v 1,
        PasswordChanged = "account.password_changed" v 1,
        /// An old refresh token came back: somebody may have stolen it, so its whole family ended.
        RefreshReused = "account.refresh_reused" v 1,
        /// The account's key was destroyed in the same append: name and addresses are gone from everything, also from what was written before.
        Forgotten = "account.forgotten" v 1,
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignInMethod {
    Password,
    /// A one-time link.
    Link,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Registered {
    pub account_id: AccountId,
    pub email: Private<String>,
    pub name: Private<String>,
    /// May administer the platform itself.
    pub platform_admin: bool,
}

/// `family` names the chain of refresh tokens of one browser.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SignedIn {
    pub method: SignInMethod,
    pub family: Uuid,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SignedOut {
    pub family: Uuid,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SignedOutEverywhere {}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PasswordChanged {}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RefreshReused {
    pub family: Uuid,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Forgotten {
    /// Readable for ever.
    pub reason: String,
}
