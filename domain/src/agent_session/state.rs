//! What the next decision about a session needs.

mod evolve;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

pub(super) use evolve::evolve;

use super::event::{Budget, CallName, Decision, EditMode, Effect, ForkMergeStarted, Limit, MergeStarted, Origin, UndoStarted};
use super::message::Tokens;
use crate::kernel::{AccountId, ApprovalId, Micros, ProjectId, SessionId, TeamId};

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub enum AgentSession {
    #[default]
    Absent,
    Queued(Box<Core>),
    Running(Box<Core>),
    WaitingApproval(Box<Core>, Question),
    /// Until a time, in microseconds.
    Paused(Box<Core>, Micros),
    Finished(Box<Core>, Ending),
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Question {
    pub approval_id: ApprovalId,
    pub call_id: String,
    pub grant: Option<String>,
    pub expires_at: Micros,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Ending {
    Completed,
    Failed,
    Cancelled,
    LimitReached(Limit),
}

/// The session's status as clients see it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    Queued,
    Running,
    WaitingApproval,
    Paused,
    Completed,
    Failed,
    Cancelled,
    LimitReached,
}

impl Status {
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Queued => "queued",
            Status::Running => "running",
            Status::WaitingApproval => "waiting_approval",
            Status::Paused => "paused",
            Status::Completed => "completed",
            Status::Failed => "failed",
            Status::Cancelled => "cancelled",
            Status::LimitReached => "limit_reached",
        }
    }
    pub const fn finished(self) -> bool {
        match self {
            Status::Queued | Status::Running | Status::WaitingApproval | Status::Paused => false,
            Status::Completed | Status::Failed | Status::Cancelled | Status::LimitReached => true,
        }
    }
}

/// Amounts used up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Spent {
    pub steps: u64,
    pub work_ms: u64,
    pub tokens: Tokens,
    pub micro_usd: u64,
}

/// How an approval of a call went.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Verdict {
    Allowed,
    Denied,
    TimedOut,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OpenCall {
    pub name: CallName,
    pub started: bool,
    /// What it can do, once it is started.
    pub effect: Option<Effect>,
    /// What people said of it.
    pub verdict: Option<Verdict>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Core {
    pub session_id: SessionId,
    pub project_id: ProjectId,
    pub team_id: TeamId,
    pub requested_by: AccountId,
    pub model: String,
    pub edit_mode: EditMode,
    pub budget: Budget,
    /// Times a worker took it up.
    pub runs: u64,
    /// The last turn started or completed.
    pub turn: u64,
    /// Tries of the present turn; 0 when none is begun.
    pub attempt: u64,
    pub turn_open: bool,
    /// Tries that were answered or failed, over all turns.
    pub attempts_settled: u64,
    /// Failed tries of the present turn since the last answer.
    pub failures: u64,
    /// Calls of the last answer that are not settled yet, in order.
    pub calls: VecDeque<OpenCall>,
    /// Since the session was last queued; the budget is held against it.
    pub spent: Spent,
    /// Over the whole session.
    pub total: Spent,
    /// Grants given for the rest of the session.
    pub grants: BTreeSet<String>,
    /// Answered questions, so that a repeated answer is told from another one.
    pub answered: BTreeMap<ApprovalId, Option<Decision>>,
    /// Somebody said something that the model has not seen.
    pub unread: bool,
    pub cancel_requested: bool,
    /// Its key is destroyed.
    #[serde(default)]
    pub forgotten: bool,
    /// Events of the stream.
    pub version: u64,
    pub workspace: Workspace,
}

/// Where a session's files are in their history.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Workspace {
    /// Of a fork; its files are its own.
    pub origin: Option<Origin>,
    /// The last snapshot.
    pub snapshot: Option<String>,
    /// A call with effects whose files are not captured yet: its id and the version at which it was completed.
    pub uncaptured: Option<(String, u64)>,
    /// The version whose capture was told last to have failed.
    pub failed: Option<u64>,
    pub undo: Option<UndoStarted>,
    pub merge: Option<MergeStarted>,
    /// A fork of it is being merged into its files.
    pub fork_merge: Option<ForkMergeStarted>,
    /// This session's snapshot that was merged last: the next merge's base.
    pub merged: Option<String>,
    pub discarded: bool,
}

impl Workspace {
    /// What is being done to files just now and must end first.
    pub fn open(&self) -> Option<&'static str> {
        match (&self.undo, &self.merge, &self.fork_merge) {
            (Some(_), ..) => Some("an undo"),
            (None, Some(_), _) => Some("a merge"),
            (None, None, Some(_)) => Some("a merge of a fork into its files"),
            (None, None, None) => None,
        }
    }
}

impl Core {
    /// A call has begun to take effect and its end is not recorded yet.
    pub fn call_running(&self) -> bool {
        self.calls.front().is_some_and(|call| call.started)
    }

    /// The first part of the budget that is used up.
    pub fn exhausted(&self) -> Option<Limit> {
        let (spent, budget) = (&self.spent, &self.budget);
        if spent.steps >= budget.max_steps {
            Some(Limit::MaxSteps)
        } else if spent.work_ms >= budget.max_seconds.saturating_mul(1000) {
            Some(Limit::MaxSeconds)
        } else if spent.tokens.input.saturating_add(spent.tokens.output) >= budget.max_tokens {
            Some(Limit::MaxTokens)
        } else if budget.max_micro_usd.is_some_and(|max| spent.micro_usd >= max) {
            Some(Limit::MaxMicroUsd)
        } else {
            None
        }
    }

    /// Milliseconds of work left before `max_seconds`.
    pub fn work_ms_left(&self) -> u64 {
        self.budget.max_seconds.saturating_mul(1000).saturating_sub(self.spent.work_ms)
    }

    fn work(&mut self, duration_ms: u64) {
        for spent in [&mut self.spent, &mut self.total] {
            spent.work_ms = spent.work_ms.saturating_add(duration_ms);
        }
    }
}

impl Limit {
    pub const fn as_str(self) -> &'static str {
        match self {
            Limit::MaxSteps => "max_steps",
            Limit::MaxSeconds => "max_seconds",
            Limit::MaxTokens => "max_tokens",
            Limit::MaxMicroUsd => "max_micro_usd",
        }
    }
}

impl AgentSession {
    pub fn core(&self) -> Option<&Core> {
        match self {
            AgentSession::Absent => None,
            AgentSession::Queued(core)
            | AgentSession::Running(core)
            | AgentSession::WaitingApproval(core, _)
            | AgentSession::Paused(core, _)
            | AgentSession::Finished(core, _) => Some(core),
        }
    }

    pub fn status(&self) -> Option<Status> {
        Some(match self {
            AgentSession::Absent => return None,
            AgentSession::Queued(_) => Status::Queued,
            AgentSession::Running(_) => Status::Running,
            AgentSession::WaitingApproval(..) => Status::WaitingApproval,
            AgentSession::Paused(..) => Status::Paused,
            AgentSession::Finished(_, Ending::Completed) => Status::Completed,
            AgentSession::Finished(_, Ending::Failed) => Status::Failed,
            AgentSession::Finished(_, Ending::Cancelled) => Status::Cancelled,
            AgentSession::Finished(_, Ending::LimitReached(_)) => Status::LimitReached,
        })
    }

    fn core_mut(&mut self) -> Option<&mut Core> {
        match self {
            AgentSession::Absent => None,
            AgentSession::Queued(core)
            | AgentSession::Running(core)
            | AgentSession::WaitingApproval(core, _)
            | AgentSession::Paused(core, _)
            | AgentSession::Finished(core, _) => Some(core),
        }
    }

    fn into_core(self) -> Option<Box<Core>> {
        match self {
            AgentSession::Absent => None,
            AgentSession::Queued(core)
            | AgentSession::Running(core)
            | AgentSession::WaitingApproval(core, _)
            | AgentSession::Paused(core, _)
            | AgentSession::Finished(core, _) => Some(core),
        }
    }

    fn go(&mut self, next: impl FnOnce(Box<Core>) -> AgentSession) {
        if let Some(core) = std::mem::take(self).into_core() {
            *self = next(core);
        }
    }

    fn finish(&mut self, ending: Ending) {
        self.go(|mut core| {
            core.calls.clear();
            core.turn_open = false;
            core.cancel_requested = false;
            AgentSession::Finished(core, ending)
        });
    }
}
