//! Takes a session back to an event, files and conversation.
//!
//! What people changed in the files since the session's last snapshot stays; where going back would change the same file, they decide. The plan is
//! an event before the first file is touched, so a crash in between is finished at the next start ([`super::settle_files`]). In a task of its own: a caller that
//! goes away stops nothing.

use opensail_domain::agent_session::AgentSessionCommand;
use opensail_domain::agent_session::event::UndoStarted;
use opensail_domain::kernel::SessionId;
use opensail_eventstore::{Lease, Position};

use super::files::{Wish, at_rest};
use crate::ports::snapshots::{Choices, Sides};
use crate::{Caller, CommandError, Commands, Done, Permission};

#[derive(Clone, Debug)]
pub struct UndoSession {
    pub session_id: SessionId,
    /// The last event at or before this position is the one to go back to.
    pub to: Position,
    pub choices: Choices,
}

impl Commands {
    /// `FilesConflict` when files would be overwritten that somebody changed since.
    pub async fn undo_session(&self, caller: &Caller, wish: UndoSession) -> Result<Done<()>, CommandError> {
        if let Some(done) = self.begun_before(caller, wish.session_id).await? {
            return Ok(done);
        }
        let (commands, caller) = (self.clone(), caller.clone());
        let task = tokio::spawn(async move { commands.undo_under_lease(&caller, wish).await });
        task.await.map_err(CommandError::broken)?
    }

    async fn undo_under_lease(&self, caller: &Caller, wish: UndoSession) -> Result<Done<()>, CommandError> {
        let account = caller.account.ok_or(CommandError::Forbidden)?;
        self.session_access(account, wish.session_id, Permission::SteerSession).await?;
        let (state, core) = self.session_core(wish.session_id).await?;
        at_rest(&state)?;
        let lease = self.take_copy(&core, "undo").await?;
        let done = self.plan_undo(caller, wish, &lease).await;
        self.give_back(&lease).await;
        done
    }

    async fn plan_undo(&self, caller: &Caller, wish: UndoSession, lease: &Lease) -> Result<Done<()>, CommandError> {
        let requested_by = caller.account.ok_or(CommandError::Forbidden)?;
        self.reached("/to", wish.to).await?;
        let files = self.read_session_files(wish.session_id).await?;
        let nothing = || CommandError::invalid("/to", "no_such_event", "the session has no event there");
        let to = files.version_at(wish.to).ok_or_else(nothing)?;
        let target = files.kept_at(to)?.snapshot.clone();
        let base = files.snapshots.last().map(|point| point.snapshot.clone()).unwrap_or_else(|| target.clone());
        let root = self.prepare_copy(files.core()?).await?;
        let before = self.snapshots().capture(files.project_id, &root, None).await?;
        let sides = Sides { base, ours: before.tree.snapshot.clone(), theirs: target };
        let merge = self.snapshots().merge(files.project_id, &sides, false, &wish.choices).await?;
        if !merge.conflicts.is_empty() {
            return Err(CommandError::FilesConflict { conflicts: merge.conflicts });
        }
        let start = UndoStarted { to, before: sides.ours, goal: merge.snapshot.clone(), requested_by };
        let begin = Wish::of(wish.session_id, AgentSessionCommand::StartUndo(start));
        let begun = self.execute(&caller.clone().fenced(lease.fence()), &begin).await?;
        let ended = self.settle_under_lease(wish.session_id, lease).await?;
        // Named by the event now.
        drop((before.held, merge.held));
        Ok(Done { position: ended.unwrap_or(begun.position), ..begun })
    }
}
