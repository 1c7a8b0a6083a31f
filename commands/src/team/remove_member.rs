//! Removes a member; harmless when the person is none. Everybody may remove themself.

use async_trait::async_trait;
use opensail_domain::kernel::{AccountId, TeamId};
use opensail_domain::team::{TeamCommand, TeamDecider};

use crate::{Change, Command, CommandError, Permission, Place, Shown};

#[derive(Clone, Debug)]
pub struct RemoveMember {
    pub team_id: TeamId,
    pub account_id: AccountId,
}

#[async_trait]
impl Command for RemoveMember {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        let own = change.caller().account == Some(self.account_id);
        change.team_access(self.team_id, if own { Permission::SeeTeam } else { Permission::ManageMembers }).await?;
        change
            .decide::<TeamDecider>(self.team_id, Place::team(self.team_id), TeamCommand::RemoveMember { account_id: self.account_id })
            .await?;
        Ok(())
    }
    /// Who left gets its answer; the team is not in it.
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}
