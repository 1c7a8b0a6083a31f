//! Gives the files of an event a name, which keeps them for ever; or takes it away.

use async_trait::async_trait;
use opensail_domain::agent_session::event::SnapshotNamed;
use opensail_domain::agent_session::{AgentSessionCommand, AgentSessionDecider};
use opensail_domain::kernel::{Private, SessionId};
use opensail_eventstore::Position;

use crate::{Change, Command, CommandError, Permission, Place, Shown};

#[derive(Clone, Debug)]
pub struct NameSnapshot {
    pub session_id: SessionId,
    /// The last event at or before it.
    pub at: Position,
    pub name: Option<String>,
}

#[async_trait]
impl Command for NameSnapshot {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        let access = change.session_access(self.session_id, Permission::SteerSession).await?;
        change.commands().reached("/at", self.at).await?;
        let files = change.commands().read_session_files(self.session_id).await?;
        let version = files.version_at(self.at).ok_or(CommandError::NotFound)?;
        files.kept_at(version)?;
        let named = SnapshotNamed {
            version,
            name: self.name.clone().map(|name| Private::open(format!("session-{}", self.session_id), name)),
            named_by: change.account()?,
        };
        let place = Place::project(access.team_id, access.project_id);
        change.decide::<AgentSessionDecider>(self.session_id, place, AgentSessionCommand::NameSnapshot(named)).await?;
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Session(self.session_id)
    }
}
