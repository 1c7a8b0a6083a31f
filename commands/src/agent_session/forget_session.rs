//! Forgets what was said in a session: its key is destroyed in the append that says so. Every event stays where it is, and every proof holds.

use async_trait::async_trait;
use opensail_domain::agent_session::{AgentSessionCommand, AgentSessionDecider};
use opensail_domain::kernel::SessionId;
use opensail_eventstore::vault::keyring::Keyring;

use crate::storage::Which;
use crate::{Caller, Change, Command, CommandError, Commands, Done, Permission, Place, Shown};

struct ForgetSession {
    session_id: SessionId,
    reason: String,
}

#[async_trait]
impl Command for ForgetSession {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        let access = change.session_access(self.session_id, Permission::ForgetSession).await?;
        let forget = AgentSessionCommand::Forget { reason: self.reason.clone() };
        change.decide::<AgentSessionDecider>(self.session_id, Place::project(access.team_id, access.project_id), forget).await?;
        change.write_vault(Keyring::destruction(&subject(self.session_id)));
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Session(self.session_id)
    }
}

/// Whose key seals what is said in the session.
pub(crate) fn subject(session: SessionId) -> String {
    format!("session-{session}")
}

impl Commands {
    /// For ever; admins of its team may. The session must be finished. A fork's working copy goes with it.
    pub async fn forget_session(&self, caller: &Caller, session_id: SessionId, reason: &str) -> Result<Done<()>, CommandError> {
        let done = self.execute(caller, &ForgetSession { session_id, reason: reason.into() }).await?;
        self.keyring().was_destroyed(&subject(session_id));
        if let Err(error) = self.remove_copies_of(Which::Session(session_id)).await {
            tracing::warn!(session = %session_id, error = error.log_text(), "the working copy of a forgotten session remains until the next sweep");
        }
        Ok(done)
    }
}
