//! The reservation of an e-mail address: one stream per address, named by its HMAC.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::AccountRejection;
use crate::kernel::{AccountId, Decider, event::events};

events! {
    EmailEvent {
        EmailReserved = "account.email_reserved" v 1,
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EmailReserved {
    pub account_id: AccountId,
}

/// Whose address it is.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct EmailState {
    pub account_id: Option<AccountId>,
}

/// The decider of the stream `email-<HMAC of the normal form>`.
pub struct EmailDecider;

impl Decider for EmailDecider {
    const TYPE: &'static str = "email";
    /// Reserve it for this account.
    type Command = AccountId;
    type Event = EmailEvent;
    type State = EmailState;
    type Rejection = AccountRejection;

    fn decide(state: &EmailState, account_id: AccountId) -> Result<Vec<EmailEvent>, AccountRejection> {
        match state.account_id {
            None => Ok(vec![EmailReserved { account_id }.into()]),
            Some(owner) if owner == account_id => Ok(vec![]),
            Some(_) => Err(AccountRejection::EmailTaken),
        }
    }

    fn evolve(state: &mut EmailState, event: &EmailEvent) {
        match event {
            EmailEvent::EmailReserved(e) => state.account_id = Some(e.account_id),
        }
    }
}
