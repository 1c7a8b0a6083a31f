//! Changes a password. The old one is asked for, except from a browser that came by a one-time link a moment ago: that is how a forgotten
//! password is replaced. All other browsers are signed out.

use std::time::Duration;

use async_trait::async_trait;
use opensail_domain::account::{AccountCommand, AccountDecider, SignInMethod, check_password};
use opensail_domain::kernel::AccountId;
use uuid::Uuid;

use super::family::removal;
use super::register_account::password_row;
use super::{micros, sign_out};
use crate::{Caller, Change, Command, CommandError, Commands, Done, Place, Shown};

/// For so long after signing in by link the old password is not asked for.
pub const LINK_STANDS_FOR_PASSWORD: Duration = Duration::from_secs(15 * 60);

#[derive(Clone)]
pub struct ChangePassword {
    /// The browser that asks; it stays signed in.
    pub family: Option<Uuid>,
    pub current_password: Option<String>,
    pub new_password: String,
}

struct SetPassword {
    account_id: AccountId,
    hash: String,
    keep: Option<Uuid>,
}

#[async_trait]
impl Command for SetPassword {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        let account = self.account_id;
        for family in sign_out::families(change, account).await? {
            if Some(family) != self.keep {
                change.decide::<AccountDecider>(account, Place::account(account), AccountCommand::SignOut { family }).await?;
                change.write_vault(removal(family));
            }
        }
        change.decide::<AccountDecider>(account, Place::account(account), AccountCommand::ChangePassword).await?;
        change.write_vault(password_row(account, &self.hash));
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}

impl Commands {
    pub async fn change_password(&self, caller: &Caller, wish: ChangePassword) -> Result<Done<()>, CommandError> {
        let account_id = caller.account.ok_or(CommandError::Forbidden)?;
        check_password(&wish.new_password).map_err(|rejection| {
            CommandError::invalid("/new_password", opensail_domain::kernel::Rejection::code(&rejection), rejection.to_string())
        })?;
        match wish.current_password {
            Some(current) => {
                let counter = self.account_counter(&format!("account-{account_id}"));
                self.count_attempt(&counter).await?;
                if !self.password_fits(Some(account_id), current).await? {
                    return Err(CommandError::invalid("/current_password", "wrong_password", "this is not the present password"));
                }
                self.take_attempt_back(&counter).await?;
            }
            None if self.came_by_link(account_id, wish.family).await? => {}
            None => return Err(CommandError::invalid("/current_password", "password_required", "the present password is needed")),
        }
        let hash = self.passwords().hash(wish.new_password).await?;
        self.execute(&caller.clone().next_command(), &SetPassword { account_id, hash, keep: wish.family }).await
    }

    async fn came_by_link(&self, account: AccountId, family: Option<Uuid>) -> Result<bool, CommandError> {
        let Some(id) = family else { return Ok(false) };
        let Some((family, _)) = self.family(id).await? else { return Ok(false) };
        let recent = self.clock().now() - family.signed_in_at <= micros(LINK_STANDS_FOR_PASSWORD);
        Ok(family.account_id == account && family.method == SignInMethod::Link && recent)
    }
}
