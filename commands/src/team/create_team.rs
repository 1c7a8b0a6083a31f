//! Makes a team; who makes it is its first admin.

use async_trait::async_trait;
use opensail_domain::kernel::TeamId;
use opensail_domain::team::{TeamCommand, TeamDecider};
use serde::{Deserialize, Serialize};

use crate::{Change, Command, CommandError, Place, Shown};

#[derive(Clone, Debug)]
pub struct CreateTeam {
    pub name: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TeamCreated {
    pub team_id: TeamId,
}

#[async_trait]
impl Command for CreateTeam {
    type Answer = TeamCreated;
    async fn decide(&self, change: &mut Change) -> Result<TeamCreated, CommandError> {
        let created_by = change.account()?;
        let team_id = TeamId(change.next_id());
        let create = TeamCommand::Create { team_id, name: self.name.clone(), created_by };
        change.decide::<TeamDecider>(team_id, Place::team(team_id), create).await?;
        Ok(TeamCreated { team_id })
    }
    fn shows(&self, answer: &TeamCreated) -> Shown {
        Shown::Team(answer.team_id)
    }
}
