//! What the worker that runs a session writes: as the session's agent, under the lease of its project.

use std::sync::Mutex;

use async_trait::async_trait;
use opensail_domain::agent_session::{AgentSession, AgentSessionCommand, AgentSessionDecider, AgentSessionEvent};
use opensail_domain::kernel::SessionId;
use opensail_eventstore::{Fence, Position};

use crate::{Caller, Change, Command, CommandError, Commands, Place, Shown};

/// What a worker's command did.
#[derive(Clone, PartialEq, Debug)]
pub struct Driven {
    /// None when what was wished was true already.
    pub events: Vec<AgentSessionEvent>,
    pub state: AgentSession,
    pub position: Position,
}

struct Drive {
    session_id: SessionId,
    commands: Vec<AgentSessionCommand>,
    /// Of the last decision; the append that follows it is the one that counts.
    decided: Mutex<Option<(Vec<AgentSessionEvent>, AgentSession)>>,
}

#[async_trait]
impl Command for Drive {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        let session = change.look_at::<AgentSessionDecider>(self.session_id).await?;
        let core = session.core().ok_or(CommandError::NotFound)?;
        let place = Place::project(core.team_id, core.project_id);
        for command in &self.commands {
            change.decide::<AgentSessionDecider>(self.session_id, place.clone(), command.clone()).await?;
        }
        let decided = change.decided::<AgentSessionDecider>(self.session_id)?;
        *self.decided.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(decided);
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}

impl Commands {
    /// Puts one command to a session. `Fenced`: the lease is lost, so the worker must stop.
    pub async fn drive(
        &self,
        caller: &Caller,
        fence: Fence,
        session_id: SessionId,
        command: AgentSessionCommand,
    ) -> Result<Driven, CommandError> {
        self.drive_all(caller, fence, session_id, vec![command]).await
    }

    /// Puts commands to a session in order, all in one append or none; at least one. Every call is a command of its own, whatever id the
    /// caller carries.
    pub async fn drive_all(
        &self,
        caller: &Caller,
        fence: Fence,
        session_id: SessionId,
        commands: Vec<AgentSessionCommand>,
    ) -> Result<Driven, CommandError> {
        let drive = Drive { session_id, commands, decided: Mutex::new(None) };
        let done = self.execute(&caller.clone().next_command().fenced(fence), &drive).await?;
        let decided = drive.decided.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (events, state) = decided.ok_or_else(|| CommandError::broken("a command was done without being decided"))?;
        Ok(Driven { events, state, position: done.position })
    }
}
