//! A person's account: registered once, signed in and out, password changed, signed out everywhere, forgotten.
//!
//! E-mail and name are private under the account's key. Passwords, refresh families and links lie in the vault; events
//! only say that they changed. An e-mail address is reserved by a stream of its own (`email-<HMAC>`), written in the same append as the
//! account, so that no two accounts share one. The address of who was forgotten stays reserved: nobody takes the place of who is gone.

pub mod email;
mod event;
mod rules;
#[cfg(test)]
mod tests;

pub use email::{EmailDecider, EmailEvent, EmailReserved, EmailState};
pub use event::*;
pub use rules::{
    Account, AccountCommand, AccountRejection, MAX_EMAIL_BYTES, MAX_NAME_CHARS, MAX_PASSWORD_BYTES, MIN_PASSWORD_CHARS, check_password,
    normal_email,
};

use crate::kernel::Decider;

/// The decider of the stream `account-<id>`.
pub struct AccountDecider;

impl Decider for AccountDecider {
    const TYPE: &'static str = "account";
    type Command = AccountCommand;
    type Event = AccountEvent;
    type State = Account;
    type Rejection = AccountRejection;

    fn decide(state: &Account, command: AccountCommand) -> Result<Vec<AccountEvent>, AccountRejection> {
        rules::decide(state, command)
    }
    fn evolve(state: &mut Account, event: &AccountEvent) {
        rules::evolve(state, event);
    }
}
