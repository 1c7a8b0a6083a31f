//! Throws a fork's working copy away. Its events and snapshots stay, so it can be forked from again; what is in it at last is captured before.

use opensail_domain::agent_session::event::{Tree, WorkspaceDiscarded};
use opensail_domain::agent_session::{AgentSessionCommand, AgentSessionRejection, Core};
use opensail_domain::kernel::{AccountId, SessionId};
use opensail_eventstore::Lease;

use super::files::{Wish, rejected};
use crate::ports::snapshots::Held;
use crate::{Caller, CommandError, Commands, Done, Permission, Shown};

#[derive(Clone, Copy, Debug)]
pub struct DiscardSession {
    pub session_id: SessionId,
    /// Also where what is in it cannot be captured, and so is lost.
    pub force: bool,
}

impl Commands {
    /// The event first: afterwards nobody works there. A folder that could not be removed is only room lost, until the next sweep.
    pub async fn discard_session(&self, caller: &Caller, wish: DiscardSession) -> Result<Done<()>, CommandError> {
        if let Some(first) = self.known(caller).await? {
            return self.repeat(caller, first, |(): &()| Shown::Session(wish.session_id)).await;
        }
        let account = caller.account.ok_or(CommandError::Forbidden)?;
        self.session_access(account, wish.session_id, Permission::SteerSession).await?;
        let (state, core) = self.session_core(wish.session_id).await?;
        if core.workspace.origin.is_none() {
            return Err(rejected(&AgentSessionRejection::NotAFork));
        }
        if let (false, Some(status)) = (core.workspace.discarded, state.status().filter(|status| !status.finished())) {
            return Err(rejected(&AgentSessionRejection::WrongPhase { status: status.as_str() }));
        }
        let lease = self.take_copy(&core, "discard").await?;
        let done = self.discard_under_lease(caller, (account, wish), &lease).await;
        self.give_back(&lease).await;
        done
    }

    async fn discard_under_lease(
        &self,
        caller: &Caller,
        (discarded_by, wish): (AccountId, DiscardSession),
        lease: &Lease,
    ) -> Result<Done<()>, CommandError> {
        let (_, core) = self.session_core(wish.session_id).await?;
        let (last, held) = match self.last_files(&core, lease).await {
            Ok(last) => last.unzip(),
            Err(error) if wish.force && !error.retryable() => {
                tracing::warn!(session = %wish.session_id, error = error.log_text(), "what is in a working copy is thrown away uncaptured, as was wished");
                (None, None)
            }
            Err(error) => return Err(error),
        };
        let command = AgentSessionCommand::Discard(WorkspaceDiscarded { discarded_by, last });
        let done = self.execute(&caller.clone().fenced(lease.fence()), &Wish::of(wish.session_id, command)).await?;
        drop(held);
        if let Err(error) = self.snapshots().discard(&self.working_copy(&core).await?).await {
            tracing::warn!(session = %wish.session_id, %error, "a discarded working copy remains until the next sweep");
        }
        Ok(done)
    }

    /// What is in it, where that is not the last snapshot; nothing for a copy that was never made.
    async fn last_files(&self, session: &Core, lease: &Lease) -> Result<Option<(Tree, Held)>, CommandError> {
        let root = self.working_copy(session).await?;
        let there = self.snapshots().copies(&self.forks_folder()).await?.iter().any(|copy| copy.root == root);
        if session.workspace.discarded || !there {
            return Ok(None);
        }
        self.make_up_capture(session, lease).await?;
        let (_, session) = self.session_core(session.session_id).await?;
        let taken = self.snapshots().capture(session.project_id, &root, None).await?;
        let new = Some(&taken.tree.snapshot) != session.workspace.snapshot.as_ref();
        Ok(new.then_some((taken.tree, taken.held)))
    }
}
