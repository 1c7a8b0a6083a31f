//! The loop: look at the session as its events have it, do the one next thing, record it, look again. Everything the loop knows
//! it reads from the events, so that it goes on after a crash as if there had been none.

use std::path::PathBuf;
use std::time::Duration;

use opensail_domain::agent_session::message::Message;
use opensail_domain::agent_session::state::Question;
use opensail_domain::agent_session::{AgentSession, AgentSessionCommand, AgentSessionDecider, Core};
use opensail_domain::kernel::{Decider, Micros, SessionId};
use opensail_eventstore::subscription::Subscription;
use opensail_eventstore::{Fence, Filter, StreamId};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::capture_files::Capturing;
use super::desk::{Desk, Halt, Sent};
use crate::Hands;

/// The wall clock is looked at again at least this often while a run waits for a time: it may be set meanwhile.
const LOOK_AT_CLOCK: Duration = Duration::from_secs(10);
/// Refusals in a row after which a run is given up as broken: each follows a fresh reading, so one or two are races.
const MAX_REFUSALS: u32 = 20;
/// Why a session failed that the worker itself could not go on with.
pub(super) const WORKER_ERROR: &str = "worker_error";
const CANCEL_REQUESTED: &str = "agent_session.cancel_requested";

/// One run of one session, under a lease.
pub(super) struct Run {
    pub(super) hands: Hands,
    pub(super) desk: Desk,
    /// Where the project's files lie.
    pub(super) root: PathBuf,
    /// The session's own events, as they are written by whomever.
    pub(super) feed: Subscription,
    /// The lease is lost or the process stops: drop everything, write nothing.
    pub(super) halt: CancellationToken,
    /// What the provider asked for with the last failure; not an event, so a crash forgets it.
    pub(super) retry_after: Option<Duration>,
    /// When a failed turn may be tried again, once that is known.
    pub(super) retry_at: Option<Micros>,
    /// The files are being captured.
    pub(super) capturing: Option<Capturing>,
}

/// Runs a session until it is finished; `Err` when the run was given up before. `root` says where its files lie, once it was read.
pub async fn run_session(
    hands: Hands,
    session_id: SessionId,
    root: impl AsyncFnOnce(&Core) -> Result<PathBuf, Halt>,
    fence: Fence,
    halt: CancellationToken,
) -> Result<(), Halt> {
    let streams = vec![StreamId::new(AgentSessionDecider::TYPE, session_id)];
    // Subscribed before reading: nothing falls between.
    let feed = hands.tail.subscribe(hands.tail.position(), Filter { streams, ..Filter::default() });
    let mut desk = Desk::new(hands.commands.clone(), session_id, fence, halt.clone());
    desk.refresh().await?;
    let root = root(desk.core()?).await?;
    let mut run = Run { hands, desk, root, feed, halt, retry_after: None, retry_at: None, capturing: None };
    let ended = run.run().await;
    let ended = match ended {
        Ok(()) => run.captured().await,
        ended => ended,
    };
    run.hands.commands.live().settle(session_id);
    run.hands.commands.outputs().settle(session_id);
    ended
}

impl Run {
    async fn run(&mut self) -> Result<(), Halt> {
        if self.finished() {
            return Ok(());
        }
        self.desk.send(AgentSessionCommand::BeginRun { worker: self.hands.worker.clone() }).await?;
        self.capture_at_start()?;
        self.recover().await?;
        let mut refusals = 0;
        while !self.finished() {
            match self.step().await? {
                Sent::Done => refusals = 0,
                Sent::Refused { code } => {
                    refusals += 1;
                    tracing::debug!(code, refusals, "a step did not fit the session any more");
                    if refusals > MAX_REFUSALS {
                        let detail = format!("the session refuses every step: {code}");
                        self.end(AgentSessionCommand::Fail { reason: WORKER_ERROR.into(), detail }).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Ends the session, after its files are captured: whoever works in the folder next changes them.
    pub(super) async fn end(&mut self, command: AgentSessionCommand) -> Result<Sent, Halt> {
        self.captured().await?;
        self.desk.send(command).await
    }

    fn finished(&self) -> bool {
        matches!(self.desk.session, AgentSession::Finished(..) | AgentSession::Absent)
    }

    /// The one next thing.
    async fn step(&mut self) -> Result<Sent, Halt> {
        if self.desk.halted() {
            return Err(Halt::Lost);
        }
        let core = self.desk.core()?;
        if core.cancel_requested {
            return self.end(AgentSessionCommand::ConfirmCancel).await;
        }
        match &self.desk.session {
            AgentSession::WaitingApproval(_, question) => {
                let question = question.clone();
                self.wait_for_answer(question).await
            }
            AgentSession::Paused(_, until) => {
                let until = *until;
                if !self.wait_until(until).await? {
                    return Ok(Sent::Done);
                }
                // The pause was the wait.
                self.retry_at = Some(0);
                self.desk.send(AgentSessionCommand::Resume).await
            }
            _ if core.calls.is_empty() && self.answered() => self.end(AgentSessionCommand::Complete).await,
            _ => match core.exhausted() {
                Some(limit) => self.end(AgentSessionCommand::ReachLimit { limit }).await,
                None if core.calls.is_empty() => self.turn_or_wait().await,
                None => self.settle_next_call().await,
            },
        }
    }

    /// The model has said its last word: an answer without calls, and nobody said anything since.
    fn answered(&self) -> bool {
        matches!(self.desk.transcript.messages.last(), Some(Message::Assistant(answer)) if answer.tool_calls.is_empty())
    }

    async fn wait_for_answer(&mut self, question: Question) -> Result<Sent, Halt> {
        if !self.wait_until(question.expires_at).await? {
            return Ok(Sent::Done);
        }
        // The time has passed even when the clock was set back meanwhile.
        let (approval_id, now) = (question.approval_id, self.now().max(question.expires_at));
        self.desk.send(AgentSessionCommand::TimeOutApproval { approval_id, now }).await
    }

    pub(super) fn now(&self) -> Micros {
        self.hands.commands.clock().now()
    }

    /// Waits for a time by the wall clock, or for as long as it was away when the waiting began, whichever comes first: a clock set
    /// forward is believed, one set back is not waited for. True when it has come, false when something happened to the session.
    pub(super) async fn wait_until(&mut self, until: Micros) -> Result<bool, Halt> {
        // The one the decision to wait rests on: what was written since has to be looked at.
        let version = self.desk.version();
        let left = |now: Micros| Duration::from_micros(u64::try_from(until.saturating_sub(now)).unwrap_or(0));
        let end = Instant::now() + left(self.now());
        if self.desk.refreshed().await? != version {
            return Ok(false);
        }
        while self.now() < until && Instant::now() < end {
            let nap = left(self.now()).min(LOOK_AT_CLOCK);
            tokio::select! {
                () = self.halt.cancelled() => return Err(Halt::Lost),
                () = happened(&mut self.feed) => {}
                () = tokio::time::sleep_until(end.min(Instant::now() + nap)) => {}
            }
            if self.desk.refreshed().await? != version {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Something was written to the session. A feed that fails leaves the timers, which look for themselves.
async fn happened(feed: &mut Subscription) {
    if feed.next().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Somebody wants the session to end.
pub(super) async fn cancel_requested(feed: &mut Subscription) {
    loop {
        match feed.next().await {
            Ok(delivery) if delivery.event.event_type == CANCEL_REQUESTED => return,
            Ok(_) => {}
            Err(_) => std::future::pending().await,
        }
    }
}
