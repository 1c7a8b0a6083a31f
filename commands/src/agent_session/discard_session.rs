//! Throws a fork's working copy away. Its events and snapshots stay, so it can be forked from again.

use opensail_domain::agent_session::event::WorkspaceDiscarded;
use opensail_domain::agent_session::{AgentSessionCommand, AgentSessionRejection};
use opensail_domain::kernel::SessionId;

use super::files::{Wish, rejected};
use crate::{Caller, CommandError, Commands, Done, Permission};

impl Commands {
    /// The event first: afterwards nobody works there. A folder that could not be removed is only room lost, until the next time it is asked for.
    pub async fn discard_session(&self, caller: &Caller, session_id: SessionId) -> Result<Done<()>, CommandError> {
        let account = caller.account.ok_or(CommandError::Forbidden)?;
        self.session_access(account, session_id, Permission::SteerSession).await?;
        let (_, core) = self.session_core(session_id).await?;
        if core.workspace.origin.is_none() {
            return Err(rejected(&AgentSessionRejection::NotAFork));
        }
        let lease = self.take_copy(&core, "discard").await?;
        let command = AgentSessionCommand::Discard(WorkspaceDiscarded { discarded_by: account });
        let done = self.execute(&caller.clone().fenced(lease.fence()), &Wish::of(session_id, command)).await;
        if done.is_ok()
            && let Err(error) = self.snapshots().discard(&self.working_copy(&core).await?).await
        {
            tracing::warn!(session = %session_id, %error, "a discarded working copy remains");
        }
        self.give_back(&lease).await;
        done
    }
}
