//! Captures of the files: begun when a run begins and when a call with effects is completed, beside whatever comes next; the next effect and the
//! session's end wait for it. It is recorded under the run's fence, and one that a crash prevented is made up by the next run. One that fails is an
//! event too, where the journal can be written: it may lie on the disk that is full.

use std::path::PathBuf;
use std::time::Duration;

use opensail_commands::ports::snapshots::{Captured, SnapshotError};
use opensail_commands::{Caller, CommandError, Commands};
use opensail_domain::agent_session::AgentSessionCommand;
use opensail_domain::agent_session::event::{CaptureFailed, CaptureFailure, WorkspaceCaptured};
use opensail_domain::kernel::{Private, ProjectId, SessionId};
use opensail_eventstore::Fence;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::desk::Halt;
use super::run_session::Run;
use crate::crash::crash_point;

/// Pauses while something is away: the first, doubled up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Tries at what waiting will hardly help (a full disk, an unreadable folder). After them the session goes on and this event has no files of its own.
const TRIES: u32 = 3;

/// A capture under way and the version it is of.
pub(super) struct Capturing {
    version: u64,
    task: JoinHandle<Result<(), Halt>>,
}

impl Drop for Capturing {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What is captured, for whom.
struct Capture {
    commands: Commands,
    caller: Caller,
    fence: Fence,
    halt: CancellationToken,
    root: PathBuf,
    project: ProjectId,
    session: SessionId,
    version: u64,
    call_id: Option<String>,
    late: bool,
    /// The snapshot before.
    before: Option<String>,
}

impl Run {
    /// What an earlier run left uncaptured is made up; otherwise the run begins with a capture of the files as they are.
    pub(super) fn capture_at_start(&mut self) -> Result<(), Halt> {
        let core = self.desk.core()?;
        if core.workspace.uncaptured.is_some() {
            return self.capture_call(true);
        }
        // A call that was under way is settled first, and then captured.
        if self.desk.memory.started.is_none() {
            self.begin(self.desk.version(), None, false)?;
        }
        Ok(())
    }

    /// Begins the capture of the files after the last call with effects, unless it is under way or done.
    pub(super) fn capture_call(&mut self, late: bool) -> Result<(), Halt> {
        let Some((call_id, version)) = self.desk.core()?.workspace.uncaptured.clone() else { return Ok(()) };
        if self.capturing.as_ref().is_some_and(|capturing| capturing.version == version) {
            return Ok(());
        }
        self.begin(version, Some(call_id), late)
    }

    fn begin(&mut self, version: u64, call_id: Option<String>, late: bool) -> Result<(), Halt> {
        let core = self.desk.core()?;
        let capture = Capture {
            commands: self.hands.commands.clone(),
            caller: self.desk.platform(),
            fence: self.desk.fence().clone(),
            halt: self.halt.clone(),
            root: self.root.clone(),
            project: core.project_id,
            session: core.session_id,
            version,
            call_id,
            late,
            before: core.workspace.snapshot.clone(),
        };
        self.capturing = Some(Capturing { version, task: tokio::spawn(capture.run()) });
        Ok(())
    }

    /// Waits until what is being captured is recorded.
    pub(super) async fn captured(&mut self) -> Result<(), Halt> {
        let Some(capturing) = &mut self.capturing else { return Ok(()) };
        let ended = (&mut capturing.task).await;
        self.capturing = None;
        ended.unwrap_or_else(|error| Err(Halt::Broken(format!("capturing the files: {error}"))))
    }
}

impl Capture {
    async fn run(self) -> Result<(), Halt> {
        let subject = format!("session-{}", self.session);
        let Captured { tree, changed, paths, held } = match self.take().await? {
            Ok(captured) => captured,
            Err(error) => return self.record_failure(&error, Private::open(subject, error.to_string())).await,
        };
        let paths = (!paths.is_empty()).then(|| Private::open(subject, paths));
        let captured = WorkspaceCaptured { version: self.version, call_id: self.call_id.clone(), tree, changed, paths, late: self.late };
        let recorded = self.record(captured).await;
        // Named by the event, or by nothing.
        drop(held);
        recorded
    }

    async fn take(&self) -> Result<Result<Captured, SnapshotError>, Halt> {
        let (mut pause, mut tries) = (FIRST_PAUSE, 0);
        loop {
            match self.commands.snapshots().capture(self.project, &self.root, self.before.as_deref()).await {
                Ok(captured) => return Ok(Ok(captured)),
                Err(SnapshotError::Unavailable(why)) => tracing::warn!(error = why, "the store is away; the files are captured later"),
                Err(SnapshotError::Busy) => {}
                Err(error) => {
                    tries += 1;
                    if tries == TRIES {
                        tracing::error!(session = %self.session, %error, "the files could not be captured; this event has none of its own");
                        return Ok(Err(error));
                    }
                }
            }
            self.pause(&mut pause).await?;
        }
    }

    async fn record(&self, captured: WorkspaceCaptured) -> Result<(), Halt> {
        let mut pause = FIRST_PAUSE;
        loop {
            crash_point!("before_record_capture");
            let command = AgentSessionCommand::Capture(Box::new(captured.clone()));
            match self.commands.drive(&self.caller, self.fence.clone(), self.session, command).await {
                Ok(_) => break,
                Err(CommandError::Fenced) => return Err(Halt::Lost),
                Err(error) if error.retryable() => {}
                Err(error) => return Err(Halt::Broken(error.log_text())),
            }
            self.pause(&mut pause).await?;
        }
        crash_point!("after_record_capture");
        Ok(())
    }

    /// What cannot be recorded either stands in the log alone: the session goes on.
    async fn record_failure(&self, error: &SnapshotError, detail: Private<String>) -> Result<(), Halt> {
        let failed = CaptureFailed { version: self.version, call_id: self.call_id.clone(), reason: reason(error), detail };
        let mut pause = FIRST_PAUSE;
        for _ in 0..TRIES {
            let command = AgentSessionCommand::FailCapture(Box::new(failed.clone()));
            match self.commands.drive(&self.caller, self.fence.clone(), self.session, command).await {
                Ok(_) => return Ok(()),
                Err(CommandError::Fenced) => return Err(Halt::Lost),
                Err(error) => tracing::warn!(session = %self.session, error = error.log_text(), "nor could that be recorded"),
            }
            self.pause(&mut pause).await?;
        }
        Ok(())
    }

    async fn pause(&self, pause: &mut Duration) -> Result<(), Halt> {
        tokio::select! {
            () = self.halt.cancelled() => Err(Halt::Lost),
            () = tokio::time::sleep(*pause) => {
                *pause = (*pause * 2).min(LONGEST_PAUSE);
                Ok(())
            }
        }
    }
}

fn reason(error: &SnapshotError) -> CaptureFailure {
    match error {
        SnapshotError::Full => CaptureFailure::StoreFull,
        SnapshotError::Files(_) => CaptureFailure::FilesFailed,
        SnapshotError::Missing
        | SnapshotError::Forgotten
        | SnapshotError::Damaged(_)
        | SnapshotError::Busy
        | SnapshotError::TooLarge { .. }
        | SnapshotError::NotText
        | SnapshotError::Unavailable(_) => CaptureFailure::StoreFailed,
    }
}
