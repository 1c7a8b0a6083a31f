//! Gives a member another role.

use async_trait::async_trait;
use opensail_domain::kernel::{AccountId, TeamId};
use opensail_domain::team::{Role, TeamCommand, TeamDecider};

use crate::{Change, Command, CommandError, Permission, Place, Shown};

#[derive(Clone, Debug)]
pub struct ChangeMemberRole {
    pub team_id: TeamId,
    pub account_id: AccountId,
    pub role: Role,
}

#[async_trait]
impl Command for ChangeMemberRole {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        change.team_access(self.team_id, Permission::ManageMembers).await?;
        change
            .decide::<TeamDecider>(
                self.team_id,
                Place::team(self.team_id),
                TeamCommand::ChangeMemberRole { account_id: self.account_id, role: self.role },
            )
            .await?;
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Team(self.team_id)
    }
}
