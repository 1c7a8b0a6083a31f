//! Adds a person who has an account.

use async_trait::async_trait;
use opensail_domain::account::{Account, AccountDecider, EmailDecider, normal_email};
use opensail_domain::kernel::{AccountId, TeamId};
use opensail_domain::team::{Role, TeamCommand, TeamDecider};
use serde::{Deserialize, Serialize};

use crate::{Change, Command, CommandError, Permission, Place, Shown};

#[derive(Clone, Debug)]
pub enum NewMember {
    Email(String),
    Account(AccountId),
}

#[derive(Clone, Debug)]
pub struct AddMember {
    pub team_id: TeamId,
    pub member: NewMember,
    pub role: Role,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MemberAdded {
    pub account_id: AccountId,
}

#[async_trait]
impl Command for AddMember {
    type Answer = MemberAdded;
    async fn decide(&self, change: &mut Change) -> Result<MemberAdded, CommandError> {
        change.team_access(self.team_id, Permission::ManageMembers).await?;
        let account_id = match &self.member {
            NewMember::Email(email) => {
                let stream = change.commands().email_stream(&normal_email(email)?);
                let found = change.look_at::<EmailDecider>(stream).await?.account_id;
                found.ok_or_else(|| CommandError::invalid("/email", "no_account", "nobody has an account with this e-mail address"))?
            }
            NewMember::Account(account_id) => match *change.look_at::<AccountDecider>(account_id).await? {
                Account::Active { .. } => *account_id,
                Account::Absent | Account::Forgotten => {
                    return Err(CommandError::invalid("/account_id", "no_account", "there is no such account"));
                }
            },
        };
        let add = TeamCommand::AddMember { account_id, role: self.role };
        change.decide::<TeamDecider>(self.team_id, Place::team(self.team_id), add).await?;
        Ok(MemberAdded { account_id })
    }
    fn shows(&self, _: &MemberAdded) -> Shown {
        Shown::Team(self.team_id)
    }
}
