//! Deletes a team that has no projects any more. A project made between the count and the append stays without a team, seen by nobody.

use async_trait::async_trait;
use opensail_domain::kernel::TeamId;
use opensail_domain::team::{TeamCommand, TeamDecider};

use crate::{Change, Command, CommandError, Permission, Place, Shown};

#[derive(Clone, Debug)]
pub struct DeleteTeam {
    pub team_id: TeamId,
}

#[async_trait]
impl Command for DeleteTeam {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        change.team_access(self.team_id, Permission::DeleteTeam).await?;
        let projects = change.commands().open_projects(self.team_id).await?;
        change.decide::<TeamDecider>(self.team_id, Place::team(self.team_id), TeamCommand::Delete { projects }).await?;
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}
