//! Forgets a person: the account's key is destroyed in the append that says so, and whatever lets somebody in as them goes with it.

use async_trait::async_trait;
use opensail_domain::account::{Account, AccountCommand, AccountDecider};
use opensail_domain::kernel::{AccountId, RejectionKind};
use opensail_eventstore::VaultWrite;
use opensail_eventstore::vault::keyring::Keyring;

use super::cli_token::KIND as TOKENS;
use super::family::removal;
use super::register_account::PASSWORDS;
use crate::{Caller, Change, Command, CommandError, Commands, Done, Place, Shown};

struct ForgetAccount {
    account_id: AccountId,
    reason: String,
    /// Keys of the vault's rows of tokens.
    tokens: Vec<String>,
}

#[async_trait]
impl Command for ForgetAccount {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        let account = self.account_id;
        if let Account::Active { families } = &*change.lean_on::<AccountDecider>(account).await? {
            families.iter().for_each(|family| change.write_vault(removal(*family)));
        }
        let forget = AccountCommand::Forget { reason: self.reason.clone() };
        change.decide::<AccountDecider>(account, Place::account(account), forget).await?;
        change.write_vault(VaultWrite::Delete { kind: PASSWORDS.into(), key: account.to_string() });
        for token in &self.tokens {
            change.write_vault(VaultWrite::Delete { kind: TOKENS.into(), key: token.clone() });
        }
        change.write_vault(Keyring::destruction(&subject(account)));
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}

/// Whose key seals a person's name and addresses.
pub(crate) fn subject(account: AccountId) -> String {
    format!("account-{account}")
}

impl Commands {
    /// For ever. The person may, and an admin of the platform; the owner of a desktop cannot be forgotten while the desktop is theirs.
    pub async fn forget_account(&self, caller: &Caller, account_id: AccountId, reason: &str) -> Result<Done<()>, CommandError> {
        let own = caller.account == Some(account_id);
        let admin = match caller.account {
            Some(account) => self.platform_admin(account).await?,
            None => caller.is_system(),
        };
        if !own && !admin {
            // Whether there is such an account is not for strangers to know.
            return Err(CommandError::NotFound);
        }
        if self.desktop_owner().await?.is_some_and(|owner| owner.account_id == account_id) {
            return Err(CommandError::rejected(
                "desktop_owner",
                RejectionKind::State,
                "this person owns the desktop; remove its data folder instead",
            ));
        }
        let tokens = self.tokens_of(account_id).await?;
        let done = self.execute(caller, &ForgetAccount { account_id, reason: reason.into(), tokens }).await?;
        self.keyring().was_destroyed(&subject(account_id));
        Ok(done)
    }
}
