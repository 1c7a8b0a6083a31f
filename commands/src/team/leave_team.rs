//! The caller leaves the team.

use async_trait::async_trait;
use opensail_domain::kernel::TeamId;
use opensail_domain::team::{TeamCommand, TeamDecider};

use crate::{Change, Command, CommandError, Permission, Place, Shown};

#[derive(Clone, Debug)]
pub struct LeaveTeam {
    pub team_id: TeamId,
}

#[async_trait]
impl Command for LeaveTeam {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        change.team_access(self.team_id, Permission::SeeTeam).await?;
        let account_id = change.account()?;
        change.decide::<TeamDecider>(self.team_id, Place::team(self.team_id), TeamCommand::RemoveMember { account_id }).await?;
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}
