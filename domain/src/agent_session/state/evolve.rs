//! How each fact changes it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{AgentSession, Core, Ending, OpenCall, Question, Spent, Verdict, Workspace};
use crate::agent_session::event::{AgentSessionEvent, Decision, Effect};
use crate::kernel::ApprovalId;

pub(in crate::agent_session) fn evolve(state: &mut AgentSession, event: &AgentSessionEvent) {
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
        E::CaptureFailed(e) => core.workspace.failed = Some(e.version),
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
