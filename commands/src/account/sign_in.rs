//! Signs a person in by password. An unknown address costs what a wrong password costs, and is told alike.

use async_trait::async_trait;
use opensail_domain::account::{AccountCommand, AccountDecider, MAX_PASSWORD_BYTES, SignInMethod, normal_email};
use opensail_domain::kernel::AccountId;
use uuid::Uuid;

use super::family::Family;
use super::register_account::PASSWORDS;
use super::{ADDRESS_LIMIT, SignedIn};
use crate::{Caller, Change, Command, CommandError, Commands, Done, Place, Shown};

#[derive(Clone)]
pub struct SignIn {
    pub email: String,
    pub password: String,
}

struct OpenFamily {
    id: Uuid,
    family: Family,
}

#[async_trait]
impl Command for OpenFamily {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        let account = self.family.account_id;
        change.become_person(account);
        let sign_in = AccountCommand::SignIn { method: self.family.method, family: self.id };
        change.decide::<AccountDecider>(account, Place::account(account), sign_in).await?;
        change.write_vault(self.family.write(self.id)?);
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}

const WRONG: CommandError =
    CommandError::Unauthenticated { code: "bad_credentials", message: "the e-mail address or the password is wrong" };

impl Commands {
    /// 429 with the time to wait after many failures for this account or from this address.
    pub async fn sign_in(&self, caller: &Caller, wish: SignIn) -> Result<Done<SignedIn>, CommandError> {
        let Ok(normal) = normal_email(&wish.email) else { return Err(WRONG) };
        let address = self.address_counter("sign_in", caller.client_address.as_deref(), ADDRESS_LIMIT);
        if let Some(address) = &address {
            self.count_attempt(address).await?;
        }
        let by_account = self.account_counter(&normal);
        if let Err(refused) = self.count_attempt(&by_account).await {
            // No password was looked at, so it was no guess: who insists on one account does not shut others out of a shared address.
            if let Some(address) = &address {
                self.take_attempt_back(address).await?;
            }
            return Err(refused);
        }
        let account = self.account_of_email(&normal).await?;
        if !self.password_fits(account, wish.password).await? {
            return Err(WRONG);
        }
        let Some(account) = account else { return Err(WRONG) };
        self.take_attempt_back(&by_account).await?;
        if let Some(address) = &address {
            self.take_attempt_back(address).await?;
        }
        self.open_family(caller, account, SignInMethod::Password).await
    }

    /// Costs the same with and without an account, and for a password longer than any may be.
    pub(super) async fn password_fits(&self, account: Option<AccountId>, password: String) -> Result<bool, CommandError> {
        let key = account.map_or_else(|| "nobody".to_owned(), |account| account.to_string());
        let stored = self.vault().get(PASSWORDS, &key).await?.and_then(|bytes| String::from_utf8(bytes).ok());
        if password.len() > MAX_PASSWORD_BYTES {
            self.passwords().verify(String::new(), None).await?;
            return Ok(false);
        }
        Ok(self.passwords().verify(password, stored).await?)
    }

    pub(super) async fn open_family(
        &self,
        caller: &Caller,
        account: AccountId,
        method: SignInMethod,
    ) -> Result<Done<SignedIn>, CommandError> {
        let platform_admin = self.platform_admin(account).await?;
        let family = Family::start(account, method, platform_admin, self.clock().now())?;
        let id = self.ids().next();
        let signed_in = family.signed_in(id);
        let done = self.execute(&caller.clone().next_command(), &OpenFamily { id, family }).await?;
        Ok(done.map(|()| signed_in))
    }
}
