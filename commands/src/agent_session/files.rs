//! Where a session's files lie, under which lease they are changed, and which snapshot belongs to which event.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use opensail_domain::agent_session::event::{CaptureFailure, Requested};
use opensail_domain::agent_session::{
    AgentSession, AgentSessionCommand, AgentSessionDecider, AgentSessionEvent, AgentSessionRejection, Core, Point, Snapshots, Status,
};
use opensail_domain::kernel::{Decider, ProjectId, RejectionKind, SessionId};
use opensail_domain::project::ProjectDecider;
use opensail_eventstore::{Lease, LeaseError, Position, Recorded, StreamId};
use tokio::time::Instant;
use uuid::Uuid;

use crate::ports::snapshots::SnapshotError;
use crate::{Caller, Change, Command, CommandError, Commands, Permission, Place, RejectionInfo, Shown};

/// How long changing files may take before another worker may go on with it.
const CHANGE_TTL: Duration = Duration::from_secs(300);
/// How long somebody else's lease is waited for, and between two looks.
const LEASE_WAIT: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(20);

/// A session's events with the files that belong to them.
#[derive(Clone, PartialEq, Debug)]
pub struct SessionFiles {
    pub session_id: SessionId,
    pub project_id: ProjectId,
    pub history: Vec<(Recorded, AgentSessionEvent)>,
    pub snapshots: Snapshots,
}

impl SessionFiles {
    /// The version of the last event at or before a position; `None`: it had not begun.
    pub fn version_at(&self, position: Position) -> Option<u64> {
        self.history.iter().rev().find(|(recorded, _)| recorded.position <= position).map(|(recorded, _)| recorded.stream_version)
    }

    /// The session as it stood at a position; `None`: it had not begun.
    #[must_use]
    pub fn until(mut self, position: Position) -> Option<Self> {
        self.history.retain(|(recorded, _)| recorded.position <= position);
        self.snapshots = Snapshots::of(self.history.iter().map(|(_, event)| event));
        (!self.history.is_empty()).then_some(self)
    }

    pub fn position_of(&self, version: u64) -> Position {
        let at = usize::try_from(version.saturating_sub(1)).unwrap_or(usize::MAX);
        self.history.get(at).map_or(0, |(recorded, _)| recorded.position)
    }

    pub fn events(&self) -> impl Iterator<Item = &AgentSessionEvent> {
        self.history.iter().map(|(_, event)| event)
    }

    pub fn core(&self) -> Result<&Core, CommandError> {
        self.snapshots.state().core().ok_or(CommandError::NotFound)
    }

    pub fn requested(&self) -> Result<&Requested, CommandError> {
        let requested = self.events().find_map(|event| match event {
            AgentSessionEvent::Requested(requested) => Some(requested),
            _ => None,
        });
        requested.ok_or(CommandError::NotFound)
    }

    /// The files at a version, if they are kept.
    pub fn kept_at(&self, version: u64) -> Result<&Point, CommandError> {
        if let Some(failed) = self.snapshots.failed_at(version) {
            return Err(state("no_snapshot", not_captured(failed.reason)));
        }
        match self.snapshots.at(version) {
            _ if self.snapshots.awaited(version) => Err(state("snapshot_awaited", "the files of this event are still to be captured")),
            Some(point) if point.released => Err(not_kept()),
            Some(point) => Ok(point),
            None => Err(state("no_snapshot", "no snapshot of the files was taken at this event")),
        }
    }
}

pub(crate) fn state(code: &'static str, message: &str) -> CommandError {
    CommandError::rejected(code, RejectionKind::State, message)
}

fn not_captured(why: CaptureFailure) -> &'static str {
    match why {
        CaptureFailure::StoreFull => {
            "the files of this event could not be captured: no room was left on the disk of the server's data folder"
        }
        CaptureFailure::FilesFailed => "the files of this event could not be captured: the folder could not be read",
        CaptureFailure::StoreFailed => "the files of this event could not be captured: they could not be kept",
    }
}

pub(crate) fn not_kept() -> CommandError {
    state("snapshot_released", "the files of this event are no longer kept")
}

impl From<SnapshotError> for CommandError {
    fn from(error: SnapshotError) -> Self {
        match error {
            SnapshotError::Missing | SnapshotError::Forgotten => not_kept(),
            SnapshotError::TooLarge { limit, .. } => CommandError::TooLarge { limit },
            error @ SnapshotError::NotText => CommandError::invalid("/path", "not_text", error.to_string()),
            SnapshotError::Busy => CommandError::Overloaded { retry_after: Duration::from_secs(2) },
            SnapshotError::Files(why) => state("files_failed", &why),
            SnapshotError::Full => CommandError::StoreFull,
            error @ SnapshotError::Unavailable(_) => CommandError::unavailable(error),
            error @ SnapshotError::Damaged(_) => CommandError::broken(error),
        }
    }
}

/// The lease under which a working copy is changed: the project's, or a fork's own.
pub fn lease_of_copy(session: &Core) -> String {
    match session.workspace.origin {
        Some(_) => lease_of_fork(session.session_id),
        None => lease_of_project(session.project_id),
    }
}

pub fn lease_of_fork(session: SessionId) -> String {
    format!("session-{session}")
}

pub fn lease_of_project(project: ProjectId) -> String {
    format!("project-{project}")
}

impl Commands {
    /// Asks nobody's permission: the caller has done so.
    pub async fn read_session_files(&self, session_id: SessionId) -> Result<SessionFiles, CommandError> {
        let (history, _) = self.read_session(session_id, None).await?;
        let snapshots = Snapshots::of(history.iter().map(|(_, event)| event));
        let project_id = snapshots.state().core().ok_or(CommandError::NotFound)?.project_id;
        Ok(SessionFiles { session_id, project_id, history, snapshots })
    }

    /// Where this session works: its project's folder, or a fork's own beneath `$OPENSAIL_HOME/forks`.
    pub async fn working_copy(&self, session: &Core) -> Result<PathBuf, CommandError> {
        if session.workspace.origin.is_some() {
            return Ok(self.forks_folder().join(session.session_id.to_string()));
        }
        let project = self.load::<ProjectDecider>(session.project_id, true).await?;
        let home = project.state.home().ok_or(CommandError::NotFound)?;
        Ok(self.project_root(home, session.project_id))
    }

    /// Makes a fork's working copy if it is not there: as its last snapshot says. Answers where it is.
    pub async fn prepare_copy(&self, session: &Core) -> Result<PathBuf, CommandError> {
        let root = self.working_copy(session).await?;
        if let (Some(_), Some(snapshot)) = (&session.workspace.origin, &session.workspace.snapshot) {
            let project = self.load::<ProjectDecider>(session.project_id, true).await?;
            let near = self.project_root(project.state.home().ok_or(CommandError::NotFound)?, session.project_id);
            self.snapshots().lay_out(session.project_id, snapshot, &near, &root).await?;
        }
        Ok(root)
    }

    /// Asks nobody's permission: the caller has done so.
    pub async fn session_core(&self, session_id: SessionId) -> Result<(AgentSession, Core), CommandError> {
        let loaded = self.load::<AgentSessionDecider>(session_id, true).await?;
        let core = loaded.state.core().ok_or(CommandError::NotFound)?.clone();
        Ok(((*loaded.state).clone(), core))
    }

    /// Whoever has folded a session's whole stream spares the next command from doing it again.
    pub fn know_session(&self, stream: &StreamId, version: u64, session: &AgentSession) {
        self.cache().put(stream, version, Arc::new(session.clone()));
    }

    /// Nobody else changes the working copy until the lease is given back. A run that has just ended gives it back in a moment, so it is waited for.
    pub(crate) async fn take_copy(&self, session: &Core, why: &str) -> Result<Lease, CommandError> {
        let holder = format!("{why}/{}", Uuid::now_v7());
        let end = Instant::now() + LEASE_WAIT;
        loop {
            match self.leases().acquire(&lease_of_copy(session), &holder, CHANGE_TTL).await {
                Ok(lease) => return Ok(lease),
                Err(LeaseError::Held { .. }) if Instant::now() < end => tokio::time::sleep(LOOK).await,
                Err(LeaseError::Held { holder, .. }) => return Err(state("workspace_busy", at_work(&holder))),
                Err(LeaseError::Unavailable(why)) => return Err(CommandError::unavailable(why)),
            }
        }
    }

    pub(crate) async fn give_back(&self, lease: &Lease) {
        if let Err(error) = self.leases().release(lease).await {
            tracing::warn!(%error, "a lease could not be given back; it runs out by itself");
        }
    }

    /// Refuses a position that the journal has not reached: what is meant there cannot be told.
    pub async fn reached(&self, pointer: &'static str, position: Position) -> Result<(), CommandError> {
        let end = self.journal().head().await?.position;
        if position <= end {
            return Ok(());
        }
        Err(CommandError::invalid(pointer, "beyond_the_end", format!("the journal ends at {end}")))
    }

    /// The last event of a session, for what follows from it.
    pub(crate) async fn last_event(&self, session_id: SessionId, version: u64) -> Result<Option<Recorded>, CommandError> {
        let stream = StreamId::new(AgentSessionDecider::TYPE, session_id);
        Ok(self.journal().read_stream(&stream, version.saturating_sub(1), 1).await?.pop())
    }
}

/// What is done under a lease that `take_copy` gave, or else by a worker.
fn at_work(holder: &str) -> &'static str {
    match holder.split('/').next() {
        Some("undo") => "an undo changes these files just now; wait for its end",
        Some("merge") => "a merge into these files is under way; wait for its end",
        Some("settle") => "an undo or a merge that was cut off is just being ended in these files; wait for its end",
        Some("fork") => "these files are just being captured for a fork; wait for its end",
        Some("discard" | "remove") => "these files are just being thrown away",
        _ => "a session works in these files just now; cancel it or wait for its end",
    }
}

/// Refuses early what the rules would refuse later, before anything is looked at.
pub(crate) fn at_rest(state_of: &AgentSession) -> Result<(), CommandError> {
    let status = state_of.status().map_or("absent", Status::as_str);
    match state_of {
        AgentSession::Finished(core, _) if core.forgotten => Err(rejected(&AgentSessionRejection::Forgotten)),
        AgentSession::Finished(core, _) => ready(core),
        _ => Err(rejected(&AgentSessionRejection::WrongPhase { status })),
    }
}

/// So of files that are changed whatever the session's status.
pub(crate) fn ready(session: &Core) -> Result<(), CommandError> {
    if session.forgotten && session.workspace.origin.is_some() {
        return Err(rejected(&AgentSessionRejection::Forgotten));
    }
    if session.workspace.discarded {
        return Err(rejected(&AgentSessionRejection::Discarded));
    }
    session.workspace.open().map_or(Ok(()), |what| Err(rejected(&AgentSessionRejection::Unsettled { what })))
}

pub(crate) fn rejected(rejection: &AgentSessionRejection) -> CommandError {
    CommandError::Rejected(RejectionInfo::of(rejection))
}

/// One wish about a session's files; people need the right to steer it, the platform passes.
pub(crate) struct Wish {
    pub(crate) session_id: SessionId,
    pub(crate) command: AgentSessionCommand,
    /// What the session that a fork left is told in the same append, and before it: who names the fork's event means this one as well.
    pub(crate) origin: Option<(SessionId, AgentSessionCommand)>,
    /// What the project's own stream is told in the same append.
    pub(crate) project: Option<opensail_domain::project::ProjectCommand>,
}

impl Wish {
    pub(crate) fn of(session_id: SessionId, command: AgentSessionCommand) -> Self {
        Self { session_id, command, origin: None, project: None }
    }
}

#[async_trait]
impl Command for Wish {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        let access = change.session_access(self.session_id, Permission::SteerSession).await?;
        let place = Place::project(access.team_id, access.project_id);
        if let Some((origin, command)) = &self.origin {
            change.decide::<AgentSessionDecider>(*origin, place.clone(), command.clone()).await?;
        }
        if let Some(command) = &self.project {
            change.decide::<ProjectDecider>(access.project_id, place.clone(), command.clone()).await?;
        }
        // The last: its place is that of the whole.
        change.decide::<AgentSessionDecider>(self.session_id, place, self.command.clone()).await?;
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Session(self.session_id)
    }
}

/// The platform ends what a person began.
pub(crate) fn platform() -> Caller {
    Caller::system("workspace")
}
