//! Signs one browser out, or all of a person's.

use std::collections::BTreeSet;

use async_trait::async_trait;
use opensail_domain::account::{Account, AccountCommand, AccountDecider};
use opensail_domain::kernel::AccountId;
use uuid::Uuid;

use super::family::removal;
use crate::{Caller, Change, Command, CommandError, Commands, Done, Place, Shown};

struct EndFamily {
    account_id: AccountId,
    family: Uuid,
}

struct EndAllFamilies {
    account_id: AccountId,
}

#[async_trait]
impl Command for EndFamily {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        let account = self.account_id;
        change.decide::<AccountDecider>(account, Place::account(account), AccountCommand::SignOut { family: self.family }).await?;
        change.write_vault(removal(self.family));
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}

#[async_trait]
impl Command for EndAllFamilies {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        let account = self.account_id;
        for family in families(change, account).await? {
            change.write_vault(removal(family));
        }
        change.decide::<AccountDecider>(account, Place::account(account), AccountCommand::SignOutEverywhere).await?;
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}

pub(super) async fn families(change: &mut Change, account: AccountId) -> Result<BTreeSet<Uuid>, CommandError> {
    Ok(match &*change.lean_on::<AccountDecider>(account).await? {
        Account::Absent | Account::Forgotten => return Err(CommandError::NotFound),
        Account::Active { families } => families.clone(),
    })
}

impl Commands {
    /// Ends the family of the caller's browser; harmless when it ended before.
    pub async fn sign_out(&self, caller: &Caller, family: Uuid) -> Result<Done<()>, CommandError> {
        let account_id = caller.account.ok_or(CommandError::Forbidden)?;
        if let Some((stored, _)) = self.family(family).await?
            && stored.account_id != account_id
        {
            return Err(CommandError::NotFound);
        }
        self.execute(&caller.clone().next_command(), &EndFamily { account_id, family }).await
    }

    /// Ends every family of the caller; access tokens issued before are void.
    pub async fn sign_out_everywhere(&self, caller: &Caller) -> Result<Done<()>, CommandError> {
        let account_id = caller.account.ok_or(CommandError::Forbidden)?;
        self.execute(&caller.clone().next_command(), &EndAllFamilies { account_id }).await
    }
}
