//! Ends an undo or a merge whose plan stands in the journal: by the one who began it, or after a crash by whoever finds it.

use opensail_domain::agent_session::event::{ForkMerged, MergeStarted, Merged, Tree, UndoStarted, Undone};
use opensail_domain::agent_session::{AgentSessionCommand, AgentSessionEvent, AgentSessionRejection, Core};
use opensail_domain::kernel::{Private, SessionId};
use opensail_domain::project::{ProjectCommand, ProjectDecider, WorkspaceCaptured};
use opensail_eventstore::{CommandId, Lease, Position};

use super::files::{SessionFiles, Wish, lease_of_copy, platform, rejected};
use super::forget_session::subject;
use crate::ports::snapshots::{Held, PutBack};
use crate::{Caller, CommandError, Commands, Done, Shown};

/// What a wish began, and how it ended.
pub(super) struct Begun {
    /// At its end.
    pub(super) done: Done<()>,
    pub(super) files: SessionFiles,
    /// Of its plan.
    pub(super) found: Position,
    pub(super) end: AgentSessionEvent,
}

impl Commands {
    /// A repeated wish. What it began is ended if a crash kept it from its end.
    pub(super) async fn begun_before(&self, caller: &Caller, session_id: SessionId) -> Result<Option<Begun>, CommandError> {
        let Some(first) = self.known(caller).await? else { return Ok(None) };
        let done = self.repeat(caller, first, |(): &()| Shown::Session(session_id)).await?;
        // Somebody else may be at it.
        if let Err(error) = self.settle_files(session_id).await {
            tracing::debug!(error = error.log_text(), "what was begun is not ended yet");
        }
        Ok(Some(self.outcome(session_id, caller.command_id, done).await?))
    }

    /// How what a command began ended. Refused while somebody is still at it.
    pub(super) async fn outcome(&self, session_id: SessionId, command: CommandId, begun: Done<()>) -> Result<Begun, CommandError> {
        let files = self.read_session_files(session_id).await?;
        let plan = |event: &AgentSessionEvent| matches!(event, AgentSessionEvent::UndoStarted(_) | AgentSessionEvent::MergeStarted(_));
        let end = |event: &AgentSessionEvent| matches!(event, AgentSessionEvent::Undone(_) | AgentSessionEvent::Merged(_));
        let mut history = files.history.iter().skip_while(|(recorded, event)| recorded.command_id != command || !plan(event));
        let found = history.next().map(|(recorded, _)| recorded.position).ok_or_else(|| CommandError::broken("no plan of this command"))?;
        let Some((recorded, event)) = history.find(|(_, event)| end(event)) else {
            let what = files.core()?.workspace.open().unwrap_or("an undo");
            return Err(rejected(&AgentSessionRejection::Unsettled { what }));
        };
        let done = Done { position: recorded.position, time: recorded.time, ..begun };
        Ok(Begun { done, found, end: event.clone(), files })
    }

    /// Takes the lease of the files in question; true if something was ended.
    pub async fn settle_files(&self, session_id: SessionId) -> Result<bool, CommandError> {
        let Some(owner) = self.owner_of_open(session_id).await? else { return Ok(false) };
        let lease = self.take_copy(&owner, "settle").await?;
        let settled = self.settle_under_lease(session_id, &lease).await;
        self.give_back(&lease).await;
        Ok(settled?.is_some())
    }

    /// The same for who holds a lease already: what is open in other files than its own is left alone.
    pub async fn settle_held_files(&self, session_id: SessionId, lease: &Lease) -> Result<bool, CommandError> {
        match self.owner_of_open(session_id).await? {
            Some(owner) if lease_of_copy(&owner) == lease.resource => Ok(self.settle_under_lease(session_id, lease).await?.is_some()),
            _ => Ok(false),
        }
    }

    /// In whose files this session has an undo or a merge open.
    async fn owner_of_open(&self, session_id: SessionId) -> Result<Option<Core>, CommandError> {
        let (_, core) = self.session_core(session_id).await?;
        Ok(match (&core.workspace.undo, &core.workspace.merge) {
            (Some(_), _) => Some(core),
            (None, Some(merge)) => Some(self.session_core(merge.into).await?.1),
            (None, None) => None,
        })
    }

    /// Position of the end; `None`: nothing was open.
    pub(crate) async fn settle_under_lease(&self, session_id: SessionId, lease: &Lease) -> Result<Option<Position>, CommandError> {
        let (_, core) = self.session_core(session_id).await?;
        let (wish, held) = match (core.workspace.undo.clone(), core.workspace.merge.clone()) {
            (Some(undo), _) => self.take_back(&core, undo).await?,
            (None, Some(merge)) => self.merge_in(&core, merge).await?,
            (None, None) => return Ok(None),
        };
        let caller = platform().fenced(lease.fence());
        let caller = match self.last_event(session_id, core.version).await? {
            Some(last) => caller.because_of(&last),
            None => caller,
        };
        let done = self.execute(&caller, &wish).await?;
        drop(held);
        Ok(Some(done.position))
    }

    async fn take_back(&self, core: &Core, undo: UndoStarted) -> Result<(Wish, Held), CommandError> {
        let root = self.prepare_copy(core).await?;
        let PutBack { after, changed, spared, refused } =
            self.snapshots().put_back(core.project_id, &root, &undo.before, &undo.goal).await?;
        let (spared, refused) = self.private_lists(core.session_id, spared, refused).await?;
        let undone = Undone { to: undo.to, tree: after.tree, changed, spared, refused };
        Ok((Wish::of(core.session_id, AgentSessionCommand::FinishUndo(Box::new(undone))), after.held))
    }

    async fn merge_in(&self, core: &Core, merge: MergeStarted) -> Result<(Wish, Held), CommandError> {
        let (_, into) = self.session_core(merge.into).await?;
        let root = self.prepare_copy(&into).await?;
        let PutBack { after, changed, spared, refused } =
            self.snapshots().put_back(core.project_id, &root, &merge.before, &merge.goal).await?;
        let project = match into.workspace.origin {
            Some(_) => None,
            None => Some(self.told_to_project(&into, &after.tree).await?),
        };
        let told =
            ForkMerged { fork: core.session_id, theirs: merge.theirs.clone(), before: merge.before, tree: after.tree.clone(), changed };
        let origin = Some((merge.into, AgentSessionCommand::FinishForkMerge(Box::new(told))));
        let (spared, refused) = self.private_lists(core.session_id, spared, refused).await?;
        let merged = Merged { into: merge.into, theirs: merge.theirs, tree: after.tree, changed, spared, refused };
        let wish = Wish { origin, project, ..Wish::of(core.session_id, AgentSessionCommand::FinishMerge(Box::new(merged))) };
        Ok((wish, after.held))
    }

    async fn private_lists<S, R>(
        &self,
        session: SessionId,
        spared: Vec<S>,
        refused: Vec<R>,
    ) -> Result<(PrivateList<S>, PrivateList<R>), CommandError> {
        Ok((self.private_paths(session, spared).await?, self.private_paths(session, refused).await?))
    }

    /// Names of files are private; of a session that is forgotten already nothing can be kept so.
    pub(super) async fn private_paths<T>(&self, session: SessionId, paths: Vec<T>) -> Result<PrivateList<T>, CommandError> {
        let subject = subject(session);
        if paths.is_empty() || self.keyring().is_destroyed(&subject).await? {
            return Ok(None);
        }
        Ok(Some(Private::open(subject, paths)))
    }

    async fn told_to_project(&self, into: &Core, tree: &Tree) -> Result<ProjectCommand, CommandError> {
        let version = self.load::<ProjectDecider>(into.project_id, true).await?.version;
        Ok(ProjectCommand::Capture(WorkspaceCaptured { version, tree: tree.clone(), changed: None }))
    }
}

type PrivateList<T> = Option<Private<Vec<T>>>;
