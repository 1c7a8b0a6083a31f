//! What the next decision about a session needs.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::event::{
    AgentSessionEvent, Budget, CallName, Decision, EditMode, Effect, ForkMergeStarted, Limit, MergeStarted, Origin, UndoStarted,
};
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

pub(super) fn evolve(state: &mut AgentSession, event: &AgentSessionEvent) {
    use AgentSessionEvent as E;
    if let E::Requested(e) = event {
        *state = AgentSession::Queued(Box::new(Core {
            session_id: e.session_id,
            project_id: e.project_id,
            team_id: e.team_id,
            requested_by: e.requested_by,
            model: e.model.clone(),
            edit_mode: e.edit_mode,
            budget: e.budget.clone(),
            runs: 0,
            turn: 0,
            attempt: 0,
            turn_open: false,
            attempts_settled: 0,
            failures: 0,
            calls: VecDeque::new(),
            spent: Spent::default(),
            total: Spent::default(),
            grants: BTreeSet::new(),
            answered: BTreeMap::new(),
            unread: true,
            cancel_requested: false,
            forgotten: false,
            version: 1,
            workspace: Workspace::default(),
        }));
        return;
    }
    let Some(core) = state.core_mut() else { return };
    core.version += 1;
    match event {
        E::Requested(_) => {}
        E::Forgotten(_) => core.forgotten = true,
        E::RunStarted(e) => {
            core.runs = e.run;
            core.turn_open = false;
            if matches!(state, AgentSession::Queued(_)) {
                state.go(AgentSession::Running);
            }
        }
        E::TurnStarted(e) => {
            core.turn = e.turn;
            core.attempt = e.attempt;
            core.turn_open = true;
            core.unread = false;
        }
        E::TurnCompleted(e) => {
            core.turn_open = false;
            core.attempt = 0;
            core.failures = 0;
            core.attempts_settled += 1;
            core.calls = e.calls.iter().map(|name| OpenCall { name: name.clone(), started: false, effect: None, verdict: None }).collect();
            for spent in [&mut core.spent, &mut core.total] {
                spent.steps += 1;
                spent.tokens.input = spent.tokens.input.saturating_add(e.tokens.input);
                spent.tokens.output = spent.tokens.output.saturating_add(e.tokens.output);
                spent.tokens.cached = spent.tokens.cached.saturating_add(e.tokens.cached);
                spent.micro_usd = spent.micro_usd.saturating_add(e.micro_usd.unwrap_or(0));
            }
            core.work(e.duration_ms);
        }
        E::TurnFailed(e) => {
            core.turn_open = false;
            core.failures += 1;
            core.attempts_settled += 1;
            // What was said before this turn is still unanswered.
            core.unread = true;
            core.work(e.duration_ms);
        }
        E::ApprovalRequested(e) => {
            let question = Question {
                approval_id: e.approval_id,
                call_id: e.call_id.clone(),
                grant: e.grant.value().cloned(),
                expires_at: e.expires_at,
            };
            state.go(|core| AgentSession::WaitingApproval(core, question));
        }
        E::ApprovalAnswered(e) => {
            let verdict = match e.decision {
                Decision::AllowOnce | Decision::AllowSession => Verdict::Allowed,
                Decision::Deny => Verdict::Denied,
            };
            settle_question(state, e.approval_id, Some(e.decision), verdict);
        }
        E::ApprovalTimedOut(e) => settle_question(state, e.approval_id, None, Verdict::TimedOut),
        E::ToolCallStarted(e) => {
            if let Some(call) = core.calls.front_mut().filter(|call| call.name.call_id == e.call_id) {
                call.started = true;
                call.effect = Some(e.effect);
            }
        }
        E::ToolCallCompleted(e) => {
            let effects = |call: &OpenCall| matches!(call.effect, Some(Effect::Files | Effect::Shell));
            if core.calls.iter().any(|call| call.name.call_id == e.call_id && effects(call)) {
                core.workspace.uncaptured = Some((e.call_id.clone(), core.version));
            }
            core.calls.retain(|call| call.name.call_id != e.call_id);
            core.work(e.duration_ms);
        }
        E::MessageAdded(_) => core.unread = true,
        E::Requeued(_) => {
            core.spent = Spent::default();
            core.failures = 0;
            core.attempt = 0;
            core.cancel_requested = false;
            state.go(AgentSession::Queued);
        }
        E::Paused(e) => {
            let until = e.until;
            state.go(|core| AgentSession::Paused(core, until));
        }
        E::Resumed(_) => state.go(AgentSession::Running),
        E::CancelRequested(_) => core.cancel_requested = true,
        E::Completed(_) => state.finish(Ending::Completed),
        E::Failed(_) => state.finish(Ending::Failed),
        E::Cancelled(_) => state.finish(Ending::Cancelled),
        E::LimitReached(e) => state.finish(Ending::LimitReached(e.limit)),
        E::WorkspaceCaptured(e) => {
            core.workspace.snapshot = Some(e.tree.snapshot.clone());
            if core.workspace.uncaptured.as_ref().is_some_and(|(_, version)| *version <= e.version) {
                core.workspace.uncaptured = None;
            }
        }
        E::UndoStarted(e) => core.workspace.undo = Some(e.clone()),
        E::Undone(e) => {
            core.workspace.undo = None;
            core.workspace.uncaptured = None;
            core.workspace.snapshot = Some(e.tree.snapshot.clone());
            core.calls.clear();
            core.turn_open = false;
            core.attempt = 0;
            core.failures = 0;
            core.unread = false;
            core.grants.clear();
        }
        E::Forked(e) => {
            core.workspace.snapshot = Some(e.origin.snapshot.clone());
            core.workspace.origin = Some(e.origin.clone());
            core.turn = e.turn;
            core.attempts_settled = e.attempts;
            core.unread = !e.answered;
        }
        E::MergeStarted(e) => core.workspace.merge = Some(e.clone()),
        E::Merged(e) => {
            core.workspace.merge = None;
            core.workspace.merged = Some(e.theirs.clone());
        }
        E::ForkMergeStarted(e) => core.workspace.fork_merge = Some(e.clone()),
        E::ForkMerged(e) => {
            core.workspace.fork_merge = None;
            core.workspace.snapshot = Some(e.tree.snapshot.clone());
        }
        E::WorkspaceDiscarded(e) => {
            core.workspace.discarded = true;
            if let Some(last) = &e.last {
                core.workspace.snapshot = Some(last.snapshot.clone());
            }
        }
        E::SnapshotNamed(_) | E::SnapshotsReleased(_) => {}
    }
}

fn settle_question(state: &mut AgentSession, approval_id: ApprovalId, decision: Option<Decision>, verdict: Verdict) {
    let question = match state {
        AgentSession::WaitingApproval(_, question) if question.approval_id == approval_id => question.clone(),
        _ => return,
    };
    state.go(|mut core| {
        core.answered.insert(approval_id, decision);
        if let (Some(Decision::AllowSession), Some(grant)) = (decision, question.grant) {
            core.grants.insert(grant);
        }
        if let Some(call) = core.calls.iter_mut().find(|call| call.name.call_id == question.call_id) {
            call.verdict = Some(verdict);
        }
        AgentSession::Running(core)
    });
}
