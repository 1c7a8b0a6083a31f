//! Gives a team another name.

use async_trait::async_trait;
use opensail_domain::kernel::TeamId;
use opensail_domain::team::{TeamCommand, TeamDecider};

use crate::{Change, Command, CommandError, Permission, Place, Shown};

#[derive(Clone, Debug)]
pub struct RenameTeam {
    pub team_id: TeamId,
    pub name: String,
}

#[async_trait]
impl Command for RenameTeam {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        change.team_access(self.team_id, Permission::EditTeam).await?;
        change.decide::<TeamDecider>(self.team_id, Place::team(self.team_id), TeamCommand::Rename { name: self.name.clone() }).await?;
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Team(self.team_id)
    }
}
