//! The rules of a session.

mod files;

use super::command::{
    AgentSessionCommand, CompleteCall, MAX_MODEL_BYTES, MAX_REASON_BYTES, MAX_SECONDS, MAX_STEPS, MAX_TEXT_BYTES, MAX_TOKENS,
};
use super::event::*;
use super::message::CallOutcome;
use super::rejection::AgentSessionRejection as R;
use super::state::{AgentSession, Core, OpenCall, Status};
use crate::kernel::{Private, checked_reason, is_unseen};

type Decided = Result<Vec<AgentSessionEvent>, R>;

pub(super) fn decide(state: &AgentSession, command: AgentSessionCommand) -> Decided {
    use AgentSessionCommand as C;
    match command {
        C::Request { requested, model_has_price } => request(state, *requested, model_has_price),
        C::Fork { requested, model_has_price, forked, message, start } => {
            let (subject, by) = (format!("session-{}", requested.session_id), requested.requested_by);
            let mut events = request(state, *requested, model_has_price)?;
            events.push((*forked).into());
            match message {
                Some((message_id, text)) => {
                    check_message(&text)?;
                    events.push(MessageAdded { message_id, text: Private::open(&subject, text), added_by: by }.into());
                }
                None if start => {}
                None => events.push(Completed {}.into()),
            }
            Ok(events)
        }
        command => decide_begun(state, command),
    }
}

fn decide_begun(state: &AgentSession, command: AgentSessionCommand) -> Decided {
    use AgentSessionCommand as C;
    let (Some(core), Some(status)) = (state.core(), state.status()) else { return Err(R::Absent) };
    let subject = format!("session-{}", core.session_id);
    let private = |text: String| Private::open(&subject, text);
    // Its files may still be its project's, into which forks are merged.
    let about_files = matches!(command, C::ReleaseSnapshots(_) | C::StartForkMerge(_) | C::FinishForkMerge(_) | C::Capture(_));
    if core.forgotten && !about_files && !matches!(command, C::Forget { .. }) {
        return Err(R::Forgotten);
    }
    match command {
        C::Forget { .. } if core.forgotten => Ok(vec![]),
        C::Forget { .. } if !status.finished() => Err(R::NotFinished { status: status.as_str() }),
        // What is open could not be ended afterwards.
        C::Forget { .. } if core.workspace.open().is_some() => files::settled(core).map(|()| vec![]),
        C::Forget { reason } => Ok(vec![Forgotten { reason: checked_reason(&reason).ok_or(R::BadReason)? }.into()]),
        C::Request { .. } | C::Fork { .. } => Err(R::Exists),
        C::StartUndo(_)
        | C::FinishUndo(_)
        | C::StartMerge(_)
        | C::FinishMerge(_)
        | C::StartForkMerge(_)
        | C::FinishForkMerge(_)
        | C::Discard(_)
        | C::NameSnapshot(_)
        | C::ReleaseSnapshots(_)
        | C::Capture(_)
        | C::FailCapture(_) => files::decide(core, status, command),
        C::AddMessage { message_id, text, added_by } => {
            check_message(&text)?;
            files::movable(core)?;
            let mut events = vec![MessageAdded { message_id, text: private(text), added_by }.into()];
            if status.finished() {
                events.push(Requeued {}.into());
            }
            Ok(events)
        }
        C::AnswerApproval { approval_id, decision, reason, answered_by } => {
            if let Some(reason) = &reason {
                check_text(reason, MAX_REASON_BYTES, "/reason")?;
            }
            match core.answered.get(&approval_id) {
                Some(first) if *first == Some(decision) => return Ok(vec![]),
                Some(_) => return Err(R::AnsweredOtherwise),
                None => {}
            }
            match state {
                AgentSession::WaitingApproval(_, question) if question.approval_id == approval_id => {
                    Ok(vec![ApprovalAnswered { approval_id, decision, reason: reason.map(private), answered_by }.into()])
                }
                _ => Err(R::UnknownApproval),
            }
        }
        C::Cancel(cancel) => match status {
            Status::Cancelled => Ok(vec![]),
            _ if status.finished() => Err(R::Finished { status: status.as_str() }),
            _ if core.cancel_requested => Ok(vec![]),
            Status::Queued => Ok(vec![cancel.into(), Cancelled {}.into()]),
            _ => Ok(vec![cancel.into()]),
        },
        C::BeginRun { worker } => match status {
            _ if status.finished() => Err(R::Finished { status: status.as_str() }),
            _ => Ok(vec![RunStarted { run: core.runs + 1, worker }.into()]),
        },
        C::StartTurn => {
            running(state)?;
            if core.cancel_requested {
                return Err(R::CancelRequested);
            }
            if let Some(limit) = core.exhausted() {
                return Err(R::LimitReached { limit: limit.as_str() });
            }
            if !core.calls.is_empty() {
                return Err(R::Unsettled { what: "tool calls" });
            }
            if core.turn_open {
                return Err(R::Unsettled { what: "a turn" });
            }
            let again = core.attempt > 0;
            let turn = if again { core.turn } else { core.turn + 1 };
            Ok(vec![TurnStarted { turn, attempt: core.attempt + 1 }.into()])
        }
        C::CompleteTurn { answer, model, tokens, micro_usd, duration_ms } => {
            open_turn(state, core)?;
            let calls = answer.tool_calls.iter().map(|call| CallName { call_id: call.call_id.clone(), tool: call.tool.clone() }).collect();
            Ok(vec![
                TurnCompleted {
                    turn: core.turn,
                    attempt: core.attempt,
                    answer: Private::open(&subject, answer),
                    calls,
                    model,
                    tokens,
                    micro_usd,
                    duration_ms,
                }
                .into(),
            ])
        }
        C::FailTurn { code, detail, retryable, duration_ms } => {
            open_turn(state, core)?;
            Ok(vec![TurnFailed { turn: core.turn, attempt: core.attempt, code, detail: private(detail), retryable, duration_ms }.into()])
        }
        C::RequestApproval { approval_id, call_id, grant, preview, now } => {
            running(state)?;
            let call = next_call(core, &call_id)?;
            if call.started {
                return Err(R::CallStarted { call_id });
            }
            if call.verdict.is_some() {
                return Err(R::AnsweredOtherwise);
            }
            if core.cancel_requested {
                return Err(R::CancelRequested);
            }
            Ok(vec![
                ApprovalRequested {
                    approval_id,
                    tool: call.name.tool.clone(),
                    call_id,
                    grant: private(grant),
                    preview: private(preview),
                    expires_at: now + super::command::APPROVAL_TIMEOUT,
                }
                .into(),
            ])
        }
        C::TimeOutApproval { approval_id, now } => match state {
            AgentSession::WaitingApproval(_, question) if question.approval_id == approval_id => {
                if now < question.expires_at {
                    return Err(R::NotExpired);
                }
                Ok(vec![ApprovalTimedOut { approval_id }.into()])
            }
            _ if core.answered.contains_key(&approval_id) => Ok(vec![]),
            _ => Err(R::UnknownApproval),
        },
        C::StartCall { call_id, effect, changes } => {
            running(state)?;
            let call = next_call(core, &call_id)?;
            if call.started {
                return Err(R::CallStarted { call_id });
            }
            if core.cancel_requested {
                return Err(R::CancelRequested);
            }
            let changes = changes.map(|changes| Private::open(&subject, changes));
            Ok(vec![ToolCallStarted { call_id, tool: call.name.tool.clone(), effect, changes }.into()])
        }
        C::CompleteCall(done) => complete_call(state, core, &subject, *done),
        C::Pause { reason, until } => {
            running(state)?;
            if core.turn_open {
                return Err(R::Unsettled { what: "a turn" });
            }
            Ok(vec![Paused { reason, until }.into()])
        }
        C::Resume => match state {
            AgentSession::Paused(..) => Ok(vec![Resumed {}.into()]),
            AgentSession::Running(_) => Ok(vec![]),
            _ => Err(R::WrongPhase { status: status.as_str() }),
        },
        C::Complete => {
            running(state)?;
            if core.turn_open || !core.calls.is_empty() {
                return Err(R::Unsettled { what: "tool calls" });
            }
            if core.unread {
                return Err(R::Unsettled { what: "a message" });
            }
            Ok(vec![Completed {}.into()])
        }
        C::Fail { reason, detail } => match status {
            _ if status.finished() => Err(R::Finished { status: status.as_str() }),
            _ => Ok(vec![Failed { reason, detail: private(detail) }.into()]),
        },
        C::ConfirmCancel => match status {
            Status::Cancelled => Ok(vec![]),
            _ if status.finished() => Err(R::Finished { status: status.as_str() }),
            _ if !core.cancel_requested => Err(R::CancelNotRequested),
            _ => Ok(vec![Cancelled {}.into()]),
        },
        C::ReachLimit { limit } => match status {
            _ if status.finished() => Err(R::Finished { status: status.as_str() }),
            _ => Ok(vec![LimitReached { limit }.into()]),
        },
    }
}

fn check_message(text: &str) -> Result<(), R> {
    check_text(text, MAX_TEXT_BYTES, "/text")?;
    if text.trim().is_empty() { Err(R::EmptyText) } else { Ok(()) }
}

fn request(state: &AgentSession, requested: Requested, model_has_price: bool) -> Decided {
    if state.core().is_some() {
        return Err(R::Exists);
    }
    if let Some(task) = requested.task.value() {
        check_text(task, MAX_TEXT_BYTES, "/task")?;
        if task.trim().is_empty() {
            return Err(R::EmptyTask);
        }
    }
    let model = &requested.model;
    if model.is_empty() || model.len() > MAX_MODEL_BYTES || model.chars().any(is_unseen) {
        return Err(R::BadModel);
    }
    let budget = &requested.budget;
    for (field, pointer, value, max) in [
        ("max_steps", "/budget/max_steps", budget.max_steps, MAX_STEPS),
        ("max_seconds", "/budget/max_seconds", budget.max_seconds, MAX_SECONDS),
        ("max_tokens", "/budget/max_tokens", budget.max_tokens, MAX_TOKENS),
    ] {
        if value == 0 || value > max {
            return Err(R::BudgetOutOfRange { field, max, pointer });
        }
    }
    if budget.max_micro_usd == Some(0) {
        return Err(R::BudgetOutOfRange { field: "max_micro_usd", max: u64::MAX, pointer: "/budget/max_micro_usd" });
    }
    if budget.max_micro_usd.is_some() && !model_has_price {
        return Err(R::NoPrice { model: requested.model });
    }
    Ok(vec![requested.into()])
}

fn complete_call(state: &AgentSession, core: &Core, subject: &str, done: CompleteCall) -> Decided {
    match state {
        AgentSession::Running(_) => {}
        // A question whose session is being cancelled is settled by cancelling its call.
        AgentSession::WaitingApproval(..) if core.cancel_requested && done.outcome == CallOutcome::Cancelled => {}
        _ => return Err(R::WrongPhase { status: state.status().map_or("absent", Status::as_str) }),
    }
    let call = next_call(core, &done.call_id)?;
    let had_no_effect = matches!(done.outcome, CallOutcome::Invalid | CallOutcome::Denied | CallOutcome::Cancelled);
    if !call.started && !had_no_effect {
        return Err(R::CallNotStarted { call_id: done.call_id });
    }
    Ok(vec![
        ToolCallCompleted {
            tool: call.name.tool.clone(),
            call_id: done.call_id,
            outcome: done.outcome,
            output: Private::open(subject, done.output),
            full_output: done.full_output,
            exit_code: done.exit_code,
            duration_ms: done.duration_ms,
        }
        .into(),
    ])
}

fn running(state: &AgentSession) -> Result<(), R> {
    match state {
        AgentSession::Running(_) => Ok(()),
        other => Err(R::WrongPhase { status: other.status().map_or("absent", Status::as_str) }),
    }
}

fn open_turn(state: &AgentSession, core: &Core) -> Result<(), R> {
    running(state)?;
    if core.turn_open { Ok(()) } else { Err(R::Unsettled { what: "no turn is open" }) }
}

fn next_call<'a>(core: &'a Core, call_id: &str) -> Result<&'a OpenCall, R> {
    core.calls.front().filter(|call| call.name.call_id == call_id).ok_or_else(|| R::NotNextCall { call_id: call_id.into() })
}

fn check_text(text: &str, limit: usize, pointer: &'static str) -> Result<(), R> {
    if text.len() > limit {
        return Err(R::TextTooLong { bytes: text.len(), limit, pointer });
    }
    Ok(())
}
