//! Who is told the first answer of a repeated wish: who may still see what it shows. What was deleted since hides nothing from those who could see it:
//! a wish that was granted is answered as granted, or whoever lost the first answer would wish once more.

use opensail_domain::agent_session::AgentSessionDecider;
use opensail_domain::kernel::{AccountId, Decider, TeamId};
use opensail_domain::project::ProjectDecider;
use opensail_domain::team::{Role, Team, TeamDecider, TeamEvent};
use opensail_eventstore::StreamId;

use super::{Change, Shown};
use crate::{CommandError, Permission};

impl Change {
    pub(super) async fn may_see_again(&mut self, shown: Shown) -> Result<(), CommandError> {
        match shown {
            Shown::Nothing => Ok(()),
            Shown::Team(team) => self.seen_in(team, Permission::SeeTeam).await,
            Shown::Invitation(team) => self.seen_in(team, Permission::ManageMembers).await,
            Shown::Project(project) => {
                let team = self.team_of(StreamId::new(ProjectDecider::TYPE, project)).await?;
                self.seen_in(team, Permission::SeeProject).await
            }
            Shown::Session(session) => {
                let team = self.team_of(StreamId::new(AgentSessionDecider::TYPE, session)).await?;
                self.seen_in(team, Permission::SeeSession).await
            }
        }
    }

    /// It is the tenant of the first event, and never changes.
    async fn team_of(&self, stream: StreamId) -> Result<TeamId, CommandError> {
        let first = self.commands().journal().read_stream(&stream, 0, 1).await?;
        first.first().and_then(|first| first.tenant.parse().ok()).ok_or(CommandError::NotFound)
    }

    /// By today's role; in a team that was deleted by the last one.
    async fn seen_in(&mut self, team: TeamId, permission: Permission) -> Result<(), CommandError> {
        if self.caller().is_system() || *self.look_at::<TeamDecider>(team).await? != Team::Deleted {
            return self.team_access(team, permission).await.map(drop);
        }
        match self.last_role(team, self.account()?).await? {
            None => Err(CommandError::NotFound),
            Some(role) if role < permission.minimal_role() => Err(CommandError::Forbidden),
            Some(_) => Ok(()),
        }
    }

    async fn last_role(&self, team: TeamId, account: AccountId) -> Result<Option<Role>, CommandError> {
        let mut state = Team::default();
        for (_, event) in self.commands().read_events::<TeamEvent>(&StreamId::new(TeamDecider::TYPE, team), None).await? {
            if let TeamEvent::Deleted(_) = event {
                break;
            }
            TeamDecider::evolve(&mut state, &event);
        }
        Ok(state.role(account))
    }
}
