//! Takes a session back to an event, files and conversation.
//!
//! What people changed in the files since the session's last snapshot stays; where going back would change the same file, they decide. The plan is
//! an event before the first file is touched, so a crash in between is finished at the next start ([`super::settle_files`]). In a task of its own: a caller that
//! goes away stops nothing.

use opensail_domain::agent_session::event::{UndoStarted, Undone};
use opensail_domain::agent_session::{AgentSessionCommand, AgentSessionEvent};
use opensail_domain::kernel::SessionId;
use opensail_eventstore::{Lease, Position};

use super::decided::{settled, without_markers};
use super::files::{Wish, at_rest};
use super::settle_files::Begun;
use crate::ports::snapshots::{Choices, Sides};
use crate::{Caller, CommandError, Commands, Done, Permission};

#[derive(Clone, Debug)]
pub struct UndoSession {
    pub session_id: SessionId,
    /// The last event at or before this position is the one to go back to.
    pub to: Position,
    pub choices: Choices,
}

/// An undo that is done, told the same however often it is asked for.
#[derive(Clone, PartialEq, Debug)]
pub struct SessionUndone {
    /// Of the event that it went back to.
    pub to: Position,
    /// Of the undo's begin: going back to it brings back what was found there.
    pub found: Position,
    pub undone: Undone,
}

impl Commands {
    /// `FilesConflict` when files would be overwritten that somebody changed since.
    pub async fn undo_session(&self, caller: &Caller, wish: UndoSession) -> Result<Done<SessionUndone>, CommandError> {
        if let Some(begun) = self.begun_before(caller, wish.session_id).await? {
            return told(begun);
        }
        let (commands, caller) = (self.clone(), caller.clone());
        let task = tokio::spawn(async move { commands.undo_under_lease(&caller, wish).await });
        told(task.await.map_err(CommandError::broken)??)
    }

    async fn undo_under_lease(&self, caller: &Caller, wish: UndoSession) -> Result<Begun, CommandError> {
        let account = caller.account.ok_or(CommandError::Forbidden)?;
        self.session_access(account, wish.session_id, Permission::SteerSession).await?;
        let (state, core) = self.session_core(wish.session_id).await?;
        at_rest(&state)?;
        without_markers(&wish.choices)?;
        self.reached("/to", wish.to).await?;
        let lease = self.take_copy(&core, "undo").await?;
        let begun = self.undo_now(caller, wish, &lease).await;
        self.give_back(&lease).await;
        begun
    }

    async fn undo_now(&self, caller: &Caller, wish: UndoSession, lease: &Lease) -> Result<Begun, CommandError> {
        let requested_by = caller.account.ok_or(CommandError::Forbidden)?;
        let (session_id, choices) = (wish.session_id, wish.choices);
        let (_, core) = self.session_core(session_id).await?;
        self.make_up_capture(&core, lease).await?;
        let files = self.read_session_files(session_id).await?;
        let nothing = || CommandError::invalid("/to", "no_such_event", "the session has no event there");
        let to = files.version_at(wish.to).ok_or_else(nothing)?;
        let target = files.kept_at(to)?.snapshot.clone();
        let root = self.prepare_copy(&core).await?;
        let before = self.snapshots().capture(files.project_id, &root, None).await?;
        let own = self.own_files(&files, to, &before.tree.snapshot).await?;
        let base = own.as_ref().map_or_else(|| target.clone(), |own| own.snapshot.clone());
        let sides = Sides { base, ours: before.tree.snapshot.clone(), theirs: target };
        let merge = settled(self.snapshots().merge(files.project_id, &sides, false, &choices).await?, &choices)?;
        let start = UndoStarted { to, before: sides.ours, goal: merge.snapshot.clone(), requested_by };
        let begin = Wish::of(session_id, AgentSessionCommand::StartUndo(start));
        let begun = self.execute(&caller.clone().fenced(lease.fence()), &begin).await?;
        self.settle_under_lease(session_id, lease).await?;
        // Named by the event now, or no longer needed.
        drop((before.held, merge.held, own));
        self.outcome(session_id, caller.command_id, begun).await
    }
}

fn told(begun: Begun) -> Result<Done<SessionUndone>, CommandError> {
    let AgentSessionEvent::Undone(undone) = &begun.end else { return Err(CommandError::IdempotencyKeyReused) };
    let (to, found, undone) = (begun.files.position_of(undone.to), begun.found, undone.clone());
    Ok(begun.done.map(|()| SessionUndone { to, found, undone }))
}
