//! Forgetting once more: after a restore, what had been forgotten since the backup.

use async_trait::async_trait;
use opensail_domain::account::{Account, AccountDecider};
use opensail_domain::agent_session::event::CancelRequested;
use opensail_domain::agent_session::{AgentSessionCommand, AgentSessionDecider};
use opensail_domain::kernel::{AccountId, SessionId};

use crate::{Caller, Change, Command, CommandError, Commands, Place, Shown};

/// Code of the refusal while an undo or a merge is open.
const UNSETTLED: &str = "session_unsettled";

/// Stops a session that runs again since the restore; nothing of it could be sealed any more.
struct StopForgotten {
    session_id: SessionId,
}

#[async_trait]
impl Command for StopForgotten {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        let session = change.look_at::<AgentSessionDecider>(self.session_id).await?;
        let core = session.core().ok_or(CommandError::NotFound)?;
        let cancel = AgentSessionCommand::Cancel(CancelRequested { requested_by: core.requested_by });
        change.decide::<AgentSessionDecider>(self.session_id, Place::project(core.team_id, core.project_id), cancel).await?;
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}

impl Commands {
    /// Destroys the subject's key and writes down that it is forgotten, as far as this history knows the subject and does not say so yet. False:
    /// it is a session that still works, and is told to stop, or whose undo or merge is open; it must be forgotten again after that. Harmless when repeated.
    pub async fn forget_again(&self, caller: &Caller, subject: &str, reason: &str) -> Result<bool, CommandError> {
        if !caller.is_system() {
            return Err(CommandError::Forbidden);
        }
        let (kind, id) = subject.split_once('-').unwrap_or((subject, ""));
        // No other key may ever be destroyed by this way.
        let account = id.parse::<AccountId>().ok().filter(|_| kind == "account");
        let session = id.parse::<SessionId>().ok().filter(|_| kind == "session");
        if account.is_none() && session.is_none() {
            return Err(CommandError::NotFound);
        }
        if !self.keyring().is_destroyed(subject).await? {
            self.keyring().destroy(subject).await?;
        }
        match (account, session) {
            (Some(account), _) => self.account_again(caller, account, reason).await.map(|()| true),
            (None, Some(session)) => self.session_again(caller, session, reason).await,
            (None, None) => Err(CommandError::NotFound),
        }
    }

    async fn account_again(&self, caller: &Caller, account: AccountId, reason: &str) -> Result<(), CommandError> {
        if matches!(*self.load::<AccountDecider>(account, true).await?.state, Account::Active { .. }) {
            self.forget_account(&caller.clone().next_command(), account, reason).await?;
        }
        Ok(())
    }

    async fn session_again(&self, caller: &Caller, session_id: SessionId, reason: &str) -> Result<bool, CommandError> {
        let session = self.load::<AgentSessionDecider>(session_id, true).await?.state;
        let (Some(core), Some(status)) = (session.core(), session.status()) else { return Ok(true) };
        if core.forgotten {
            return Ok(true);
        }
        if !status.finished() {
            self.execute(&caller.clone().next_command(), &StopForgotten { session_id }).await?;
            return Ok(false);
        }
        match self.forget_session(&caller.clone().next_command(), session_id, reason).await {
            // Its project or team is gone from this history; nobody can ask for it.
            Ok(_) | Err(CommandError::NotFound) => Ok(true),
            // An undo or a merge of before the restore is ended first; whoever settles does that.
            Err(CommandError::Rejected(info)) if info.code == UNSETTLED => Ok(false),
            Err(error) => Err(error),
        }
    }
}
