//! Asks for a session to be stopped; a queued one stops at once, a running one when its worker has settled what is under way.

use async_trait::async_trait;
use opensail_domain::agent_session::event::CancelRequested;
use opensail_domain::agent_session::{AgentSessionCommand, AgentSessionDecider};
use opensail_domain::kernel::SessionId;

use crate::{Change, Command, CommandError, Permission, Place, Shown};

#[derive(Clone, Debug)]
pub struct CancelSession {
    pub session_id: SessionId,
}

#[async_trait]
impl Command for CancelSession {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        let access = change.session_access(self.session_id, Permission::SteerSession).await?;
        let cancel = AgentSessionCommand::Cancel(CancelRequested { requested_by: change.account()? });
        change.decide::<AgentSessionDecider>(self.session_id, Place::project(access.team_id, access.project_id), cancel).await?;
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Session(self.session_id)
    }
}
