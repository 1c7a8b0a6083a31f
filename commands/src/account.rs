//! The room of accounts. Events say that something changed; passwords, refresh families, links and tokens lie in the vault, hashed where
//! only a comparison is needed. These verbs ignore idempotency keys: a secret is never told twice.

mod change_password;
mod cli_token;
mod ensure_desktop_owner;
mod ensure_platform_admin;
mod family;
mod forget_account;
mod refresh;
mod register_account;
mod secret;
mod session_valid;
mod sign_in;
mod sign_in_link;
mod sign_out;
mod throttle;

use opensail_domain::account::{AccountDecider, AccountEvent, AccountRejection, EmailDecider, normal_email};
use opensail_domain::kernel::{AccountId, Decider, Micros};
use opensail_eventstore::StreamId;
use uuid::Uuid;

use crate::{CommandError, Commands, RejectionInfo};
pub use change_password::{ChangePassword, LINK_STANDS_FOR_PASSWORD};
pub use cli_token::{TOKEN_PREFIX, TokenOwner};
pub use ensure_desktop_owner::DesktopOwner;
pub use family::{REFRESH_LIFETIME, REPLAY_WINDOW};
pub use register_account::RegisterAccount;
pub(crate) use secret::{derived as derived_token, digest as token_digest};
pub use sign_in::SignIn;
pub use sign_in_link::{LINK_LIFETIME, SignInLink};
pub use throttle::{ACCOUNT_LIMIT, ADDRESS_LIMIT, FORGIVEN_EVERY, FORGOTTEN_AFTER, LONGEST_WAIT, REGISTRATION_LIMIT};

/// A browser that is signed in. The API makes access tokens and cookies of it.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedIn {
    pub account_id: AccountId,
    /// Names the chain of refresh tokens; belongs into every access token.
    pub family: Uuid,
    pub refresh_token: String,
    pub refresh_expires_at: Micros,
    pub platform_admin: bool,
}

impl std::fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedIn").field("account_id", &self.account_id).field("family", &self.family).finish_non_exhaustive()
    }
}

impl From<AccountRejection> for CommandError {
    fn from(rejection: AccountRejection) -> Self {
        CommandError::Rejected(RejectionInfo::of(&rejection))
    }
}

impl Commands {
    /// Id of the stream that reserves an address given in its normal form.
    pub(crate) fn email_stream(&self, normal: &str) -> String {
        secret::hex(&secret::mac(&self.keys().email, &[normal.as_bytes()]))
    }

    /// Whose e-mail address it is.
    pub async fn account_of_email(&self, email: &str) -> Result<Option<AccountId>, CommandError> {
        let normal = normal_email(email)?;
        Ok(self.load::<EmailDecider>(self.email_stream(&normal), true).await?.state.account_id)
    }

    /// Whether the account may administer the platform; fixed when it is registered.
    pub async fn platform_admin(&self, account: AccountId) -> Result<bool, CommandError> {
        let stream = StreamId::new(AccountDecider::TYPE, account);
        let Some(first) = self.journal().read_stream(&stream, 0, 1).await?.pop() else { return Ok(false) };
        match self.decode::<AccountEvent>(&first).await? {
            AccountEvent::Registered(registered) => Ok(registered.platform_admin),
            _ => Ok(false),
        }
    }
}

/// A length of time in microseconds, as events and vault rows count.
pub(crate) const fn micros(time: std::time::Duration) -> Micros {
    time.as_micros() as Micros
}
