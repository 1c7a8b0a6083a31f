//! Merges a fork's files into its origin's working copy. The same way as an undo: conflicts are decided by people, the plan is an event, and a
//! crash in between is finished at the next start.

use opensail_domain::agent_session::event::{ForkMergeStarted, MergeStarted, Merged, Origin};
use opensail_domain::agent_session::{AgentSessionCommand, AgentSessionEvent, AgentSessionRejection};
use opensail_domain::kernel::SessionId;
use opensail_eventstore::{Lease, Position};

use super::decided::settled;
use super::files::{Wish, at_rest, ready, rejected};
use super::settle_files::Begun;
use crate::ports::snapshots::{Choices, Sides};
use crate::{Caller, CommandError, Commands, Done, Permission};

#[derive(Clone, Debug)]
pub struct MergeSession {
    pub session_id: SessionId,
    /// The session that the fork left; another is refused. `None`: that one, whichever it is.
    pub into: Option<SessionId>,
    pub choices: Choices,
}

/// A merge that is done, told the same however often it is asked for.
#[derive(Clone, PartialEq, Debug)]
pub struct SessionMerged {
    /// Of the merge's begin: going back to it brings back what was found in the session that was merged into.
    pub found: Position,
    pub merged: Merged,
}

impl Commands {
    /// `FilesConflict` with both sides where they do not fit.
    pub async fn merge_session(&self, caller: &Caller, wish: MergeSession) -> Result<Done<SessionMerged>, CommandError> {
        if let Some(begun) = self.begun_before(caller, wish.session_id).await? {
            return told(begun);
        }
        let (commands, caller) = (self.clone(), caller.clone());
        let task = tokio::spawn(async move { commands.merge_under_lease(&caller, wish).await });
        told(task.await.map_err(CommandError::broken)??)
    }

    async fn merge_under_lease(&self, caller: &Caller, wish: MergeSession) -> Result<Begun, CommandError> {
        let account = caller.account.ok_or(CommandError::Forbidden)?;
        self.session_access(account, wish.session_id, Permission::SteerSession).await?;
        let (state, core) = self.session_core(wish.session_id).await?;
        at_rest(&state)?;
        let origin = core.workspace.origin.clone().ok_or_else(|| rejected(&AgentSessionRejection::NotAFork))?;
        if wish.into.is_some_and(|into| into != origin.session_id) {
            let message = format!("a fork is merged into the session it left, {}; from there it is merged further", origin.session_id);
            return Err(CommandError::invalid("/into", "not_the_origin", &message));
        }
        let (_, into) = self.session_core(origin.session_id).await?;
        ready(&into)?;
        let lease = self.take_copy(&into, "merge").await?;
        let begun = self.merge(caller, (wish.session_id, origin), &wish.choices, &lease).await;
        self.give_back(&lease).await;
        begun
    }

    async fn merge(
        &self,
        caller: &Caller,
        (fork, origin): (SessionId, Origin),
        choices: &Choices,
        lease: &Lease,
    ) -> Result<Begun, CommandError> {
        let requested_by = caller.account.ok_or(CommandError::Forbidden)?;
        // Read once more: whoever had the lease until now may have gone on in these files.
        let (state, fork) = self.session_core(fork).await?;
        at_rest(&state)?;
        let (_, into) = self.session_core(origin.session_id).await?;
        ready(&into)?;
        self.make_up_capture(&into, lease).await?;
        let merges = self.read_session_files(into.session_id).await?.snapshots.merges;
        let base = merges.base(fork.session_id, &origin.snapshot, fork.workspace.merged.as_deref()).to_owned();
        let (copy, root) = (self.prepare_copy(&fork).await?, self.prepare_copy(&into).await?);
        let theirs = self.snapshots().capture(fork.project_id, &copy, None).await?;
        let before = self.snapshots().capture(fork.project_id, &root, None).await?;
        let sides = Sides { base: base.clone(), ours: before.tree.snapshot.clone(), theirs: theirs.tree.snapshot.clone() };
        let merge = settled(self.snapshots().merge(fork.project_id, &sides, true, choices).await?, choices)?;
        let start = MergeStarted {
            into: into.session_id,
            base,
            before: sides.ours,
            theirs: sides.theirs,
            goal: merge.snapshot.clone(),
            requested_by,
        };
        let session_id = fork.session_id;
        let told = ForkMergeStarted { fork: session_id, before: start.before.clone() };
        let origin = Some((into.session_id, AgentSessionCommand::StartForkMerge(told)));
        let wish = Wish { origin, ..Wish::of(session_id, AgentSessionCommand::StartMerge(start)) };
        let begun = self.execute(&caller.clone().fenced(lease.fence()), &wish).await?;
        self.settle_under_lease(session_id, lease).await?;
        drop((before.held, theirs.held, merge.held));
        self.outcome(session_id, caller.command_id, begun).await
    }
}

fn told(begun: Begun) -> Result<Done<SessionMerged>, CommandError> {
    let AgentSessionEvent::Merged(merged) = &begun.end else { return Err(CommandError::IdempotencyKeyReused) };
    let (found, merged) = (begun.found, merged.clone());
    Ok(begun.done.map(|()| SessionMerged { found, merged }))
}
