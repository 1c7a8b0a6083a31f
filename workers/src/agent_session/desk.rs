//! The session as a run sees it: read from its stream, moved on by commands that all carry the lease's fence.
//!
//! The journal being away is waited out here, however long it takes: an effect that was done is followed by its completion, or
//! the run is halted and the next one finds the call started.

use std::pin::pin;
use std::time::Duration;

use async_trait::async_trait;
use futures::TryStreamExt;
use opensail_commands::{Caller, Change, Command, CommandError, Commands, Place, Shown};
use opensail_domain::agent_session::{AgentSession, AgentSessionCommand, AgentSessionDecider, AgentSessionEvent, Core, Transcript};
use opensail_domain::kernel::{Decider, Event, SessionId};
use opensail_eventstore::{CommandId, Fence, Recorded, StreamId, private};
use tokio_util::sync::CancellationToken;

use super::memory::Memory;
use crate::crash::crash_point;

/// Events read at once.
const PAGE: usize = 500;
/// Pauses while the journal is away: the first, doubled up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Why a run ends before its session does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Halt {
    /// Another worker has the project, or this one is stopping: nothing more is written.
    Lost,
    /// What is stored cannot be read or written; a person has to look at it.
    Broken(String),
}

/// What became of a command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Sent {
    Done,
    /// The session moved meanwhile and the rules say no; it was read again.
    Refused {
        code: &'static str,
    },
}

pub(super) struct Desk {
    commands: Commands,
    stream: StreamId,
    fence: Fence,
    halt: CancellationToken,
    version: u64,
    /// Its correlation goes on in every command.
    last: Option<Recorded>,
    pub(super) session: AgentSession,
    pub(super) transcript: Transcript,
    pub(super) memory: Memory,
}

impl Desk {
    pub(super) fn new(commands: Commands, session_id: SessionId, fence: Fence, halt: CancellationToken) -> Self {
        let stream = StreamId::new(AgentSessionDecider::TYPE, session_id);
        let (session, transcript, memory) = Default::default();
        Desk { commands, stream, fence, halt, version: 0, last: None, session, transcript, memory }
    }

    pub(super) fn core(&self) -> Result<&Core, Halt> {
        self.session.core().ok_or_else(|| Halt::Broken(format!("{} does not exist", self.stream)))
    }

    pub(super) fn fence(&self) -> &Fence {
        &self.fence
    }

    /// The platform, because of the session's last event.
    pub(super) fn platform(&self) -> Caller {
        let caller = Caller::system("agent_worker").fenced(self.fence.clone());
        match &self.last {
            Some(last) => caller.because_of(last),
            None => caller,
        }
    }

    pub(super) fn halted(&self) -> bool {
        self.halt.is_cancelled()
    }

    /// Reads what has happened since the last reading.
    pub(super) async fn refresh(&mut self) -> Result<(), Halt> {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.read().await {
                Ok(()) => return Ok(()),
                Err(error) => self.wait_out(error, &mut pause).await?,
            }
        }
    }

    /// The version of the stream that was read last.
    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// Reads on, and answers the version it has come to.
    pub(super) async fn refreshed(&mut self) -> Result<u64, Halt> {
        self.refresh().await?;
        Ok(self.version)
    }

    async fn read(&mut self) -> Result<(), CommandError> {
        let first = self.last.is_none();
        if first {
            let mut pages = pin!(self.commands.events_after::<AgentSessionEvent>(&self.stream, self.version));
            while let Some(page) = pages.try_next().await? {
                page.iter().for_each(|(version, event)| self.take_in(*version, event));
            }
        }
        loop {
            // The last one is read again when all that is known of it is what it changed.
            let after = self.version - u64::from(self.last.is_none() && self.version > 0);
            let page = self.commands.journal().read_stream(&self.stream, after, PAGE).await?;
            let full = page.len() == PAGE;
            for recorded in page {
                if recorded.stream_version > self.version {
                    let event = self.open(&recorded).await?;
                    self.take_in(recorded.stream_version, &event);
                }
                self.last = Some(recorded);
            }
            if !full {
                if first {
                    self.commands.know_session(&self.stream, self.version, &self.session);
                }
                return Ok(());
            }
        }
    }

    fn take_in(&mut self, version: u64, event: &AgentSessionEvent) {
        AgentSessionDecider::evolve(&mut self.session, event);
        self.transcript.apply(event);
        self.memory.apply(event);
        self.version = version;
    }

    async fn open(&self, recorded: &Recorded) -> Result<AgentSessionEvent, CommandError> {
        let payload = private::open_text(self.commands.keyring(), &recorded.payload).await?;
        let event = AgentSessionEvent::read(&recorded.event_type, recorded.version, &payload);
        event.map_err(|error| CommandError::unreadable(&recorded.stream, recorded.position, &error))
    }

    /// Appends what the command decides, and reads the session again.
    pub(super) async fn send(&mut self, command: AgentSessionCommand) -> Result<Sent, Halt> {
        let name = name_of(&command);
        crash_point!(format!("before_{name}"));
        let caller = self.caller(&command)?;
        let drive = self.drive(command)?;
        let mut pause = FIRST_PAUSE;
        let mut unsure = false;
        loop {
            if self.halted() {
                return Err(Halt::Lost);
            }
            let error = match self.commands.execute(&caller, &drive).await {
                Ok(_) => break,
                Err(error) => error,
            };
            match error {
                // A sending whose outcome was unknown may have been done after all: then the rules refuse it now.
                CommandError::Rejected(rejection) => {
                    if unsure && self.has(caller.command_id).await? {
                        break;
                    }
                    self.refresh().await?;
                    return Ok(Sent::Refused { code: rejection.code });
                }
                error => {
                    unsure |= matches!(error, CommandError::Unknown { .. });
                    self.wait_out(error, &mut pause).await?;
                }
            }
        }
        crash_point!(format!("after_{name}"));
        self.refresh().await?;
        Ok(Sent::Done)
    }

    /// Whether the command's events stand in the stream.
    async fn has(&mut self, command_id: CommandId) -> Result<bool, Halt> {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.commands.journal().command(command_id).await {
                Ok(known) => return Ok(known.is_some()),
                Err(error) => self.wait_out(error.into(), &mut pause).await?,
            }
        }
    }

    async fn wait_out(&self, error: CommandError, pause: &mut Duration) -> Result<(), Halt> {
        let wait = match error {
            CommandError::Fenced => return Err(Halt::Lost),
            CommandError::Overloaded { retry_after } => retry_after.max(*pause),
            CommandError::Conflict | CommandError::Unknown { .. } => *pause,
            CommandError::Unavailable { log } => {
                tracing::warn!(session = %self.stream, error = log, "the journal is away; trying again");
                *pause
            }
            error => return Err(Halt::Broken(error.log_text())),
        };
        *pause = (*pause * 2).min(LONGEST_PAUSE);
        tokio::select! {
            () = self.halt.cancelled() => Err(Halt::Lost),
            () = tokio::time::sleep(wait) => Ok(()),
        }
    }

    /// What the model said and did is the agent's; starting, limits and endings are the worker's.
    fn caller(&self, command: &AgentSessionCommand) -> Result<Caller, Halt> {
        use AgentSessionCommand as C;
        let core = self.core()?;
        let caller = match command {
            C::CompleteTurn { .. } | C::RequestApproval { .. } | C::StartCall { .. } | C::CompleteCall(_) => {
                Caller::agent(core.session_id, &core.model)
            }
            _ => Caller::system("agent_worker"),
        };
        let caller = caller.fenced(self.fence.clone());
        Ok(match &self.last {
            Some(last) => caller.because_of(last),
            None => caller,
        })
    }

    fn drive(&self, command: AgentSessionCommand) -> Result<Drive, Halt> {
        let core = self.core()?;
        let place = Place::project(core.team_id, core.project_id);
        Ok(Drive { session_id: core.session_id, place, command })
    }
}

/// One step of a run. Its right is the lease, which the append checks.
struct Drive {
    session_id: SessionId,
    place: Place,
    command: AgentSessionCommand,
}

#[async_trait]
impl Command for Drive {
    type Answer = ();

    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        change.decide::<AgentSessionDecider>(self.session_id, self.place.clone(), self.command.clone()).await?;
        Ok(())
    }

    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}

/// For crash points.
const fn name_of(command: &AgentSessionCommand) -> &'static str {
    use AgentSessionCommand as C;
    match command {
        C::Request { .. } => "request",
        C::AddMessage { .. } => "add_message",
        C::Fork { .. } => "fork",
        C::StartUndo(_) => "start_undo",
        C::FinishUndo(_) => "finish_undo",
        C::StartMerge(_) => "start_merge",
        C::FinishMerge(_) => "finish_merge",
        C::StartForkMerge(_) => "start_fork_merge",
        C::FinishForkMerge(_) => "finish_fork_merge",
        C::Discard(_) => "discard",
        C::NameSnapshot(_) => "name_snapshot",
        C::ReleaseSnapshots(_) => "release_snapshots",
        C::Capture(_) => "capture",
        C::FailCapture(_) => "fail_capture",
        C::AnswerApproval { .. } => "answer_approval",
        C::Cancel(_) => "cancel",
        C::Forget { .. } => "forget",
        C::BeginRun { .. } => "begin_run",
        C::StartTurn => "start_turn",
        C::CompleteTurn { .. } => "complete_turn",
        C::FailTurn { .. } => "fail_turn",
        C::RequestApproval { .. } => "request_approval",
        C::TimeOutApproval { .. } => "time_out_approval",
        C::StartCall { .. } => "start_call",
        C::CompleteCall(_) => "complete_call",
        C::Pause { .. } => "pause",
        C::Resume => "resume",
        C::Complete => "complete",
        C::Fail { .. } => "fail",
        C::ConfirmCancel => "confirm_cancel",
        C::ReachLimit { .. } => "reach_limit",
    }
}
