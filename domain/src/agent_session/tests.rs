//! Given/when/then of the session, and properties of its fold.

use super::command::{APPROVAL_TIMEOUT, CompleteCall, MAX_TEXT_BYTES};
use super::event::*;
use super::message::{Answer, CallOutcome, Message, Tokens, ToolCall};
use super::state::{Status, Verdict};
use super::{AgentSession, AgentSessionCommand as C, AgentSessionDecider, AgentSessionEvent, AgentSessionRejection as R, Transcript};
use crate::kernel::decider::fold;
use crate::kernel::spec::{Given, given};
use crate::kernel::{AccountId, ApprovalId, Decider, MessageId, Private, ProjectId, SessionId, TeamId};
use proptest::prelude::*;
use uuid::Uuid;

const ADA: AccountId = AccountId(Uuid::from_u128(1));
const SESSION: SessionId = SessionId(Uuid::from_u128(4));
const QUESTION: ApprovalId = ApprovalId(Uuid::from_u128(5));
const NOW: i64 = 1_000_000;

mod files;

fn private<T>(value: T) -> Private<T> {
    Private::open(format!("session-{SESSION}"), value)
}
fn requested() -> Requested {
    Requested {
        session_id: SESSION,
        project_id: ProjectId(Uuid::from_u128(3)),
        team_id: TeamId(Uuid::from_u128(2)),
        task: private("do it".into()),
        title: private("do it".into()),
        model: "m".into(),
        edit_mode: EditMode::Ask,
        budget: Budget { max_steps: 2, ..Budget::default() },
        requested_by: ADA,
    }
}
fn run(n: u64) -> AgentSessionEvent {
    RunStarted { run: n, worker: "w".into() }.into()
}
fn turn(turn: u64, attempt: u64) -> AgentSessionEvent {
    TurnStarted { turn, attempt }.into()
}
fn answered(turn: u64, tools: &[&str]) -> AgentSessionEvent {
    let calls: Vec<ToolCall> = tools
        .iter()
        .enumerate()
        .map(|(i, tool)| ToolCall { call_id: format!("{turn}-{i}"), tool: (*tool).into(), arguments: "{}".into() })
        .collect();
    TurnCompleted {
        turn,
        attempt: 1,
        calls: calls.iter().map(|c| CallName { call_id: c.call_id.clone(), tool: c.tool.clone() }).collect(),
        answer: private(Answer { text: "ok".into(), tool_calls: calls }),
        model: "m".into(),
        tokens: Tokens { input: 5, output: 5, cached: 0 },
        micro_usd: None,
        duration_ms: 10,
    }
    .into()
}
fn asked() -> AgentSessionEvent {
    ApprovalRequested {
        approval_id: QUESTION,
        call_id: "1-0".into(),
        tool: "bash_exec".into(),
        grant: private("bash_exec:ls".into()),
        preview: private("ls".into()),
        expires_at: NOW + APPROVAL_TIMEOUT,
    }
    .into()
}
fn answer(decision: Decision) -> AgentSessionEvent {
    ApprovalAnswered { approval_id: QUESTION, decision, reason: None, answered_by: ADA }.into()
}
fn started(call_id: &str) -> AgentSessionEvent {
    ToolCallStarted { call_id: call_id.into(), tool: "bash_exec".into(), effect: Effect::Shell, changes: None }.into()
}
fn done(call_id: &str, outcome: CallOutcome) -> C {
    C::CompleteCall(Box::new(CompleteCall {
        call_id: call_id.into(),
        outcome,
        output: "out".into(),
        full_output: None,
        exit_code: None,
        duration_ms: 1,
    }))
}
fn completed(call_id: &str, outcome: CallOutcome) -> AgentSessionEvent {
    ToolCallCompleted {
        call_id: call_id.into(),
        tool: "bash_exec".into(),
        outcome,
        output: private("out".into()),
        full_output: None,
        exit_code: None,
        duration_ms: 1,
    }
    .into()
}
fn said() -> AgentSessionEvent {
    MessageAdded { message_id: MessageId(Uuid::from_u128(6)), text: private("more".into()), added_by: ADA }.into()
}
fn say(text: &str) -> C {
    C::AddMessage { message_id: MessageId(Uuid::from_u128(6)), text: text.into(), added_by: ADA }
}
fn cancel() -> CancelRequested {
    CancelRequested { requested_by: ADA }
}
fn session(events: impl IntoIterator<Item = AgentSessionEvent>) -> Given<AgentSessionDecider> {
    given(std::iter::once(requested().into()).chain(events))
}
fn status(events: impl IntoIterator<Item = AgentSessionEvent>) -> Option<Status> {
    let events: Vec<_> = std::iter::once(requested().into()).chain(events).collect();
    fold::<AgentSessionDecider>(&events).status()
}
fn request(change: impl FnOnce(&mut Requested)) -> C {
    let mut wish = requested();
    change(&mut wish);
    C::Request { requested: Box::new(wish), model_has_price: false }
}

#[test]
fn a_finished_session_is_forgotten_for_ever() {
    let forget = |reason: &str| C::Forget { reason: reason.into() };
    let completed: AgentSessionEvent = Completed {}.into();
    let gone: AgentSessionEvent = Forgotten { reason: "it held a secret".into() }.into();
    let begun = || vec![requested().into(), run(1), turn(1, 1), answered(1, &[]), completed.clone()];
    given::<AgentSessionDecider>(begun()).when(forget(" it held a secret ")).then([gone.clone()]);
    given::<AgentSessionDecider>(begun()).when(forget(" ")).then_refused(R::BadReason);
    given::<AgentSessionDecider>([requested().into()]).when(forget("x")).then_refused(R::NotFinished { status: "queued" });
    given::<AgentSessionDecider>([]).when(forget("x")).then_refused(R::Absent);
    let after = || begun().into_iter().chain([gone.clone()]);
    given::<AgentSessionDecider>(after()).when(forget("again")).then_nothing();
    let more = C::AddMessage { message_id: MessageId(Uuid::from_u128(9)), text: "more".into(), added_by: ADA };
    given::<AgentSessionDecider>(after()).when(more).then_refused(R::Forgotten);
}

#[test]
fn a_task_is_requested_once() {
    given::<AgentSessionDecider>([]).when(request(|_| {})).then([requested().into()]);
    session([]).when(request(|_| {})).then_refused(R::Exists);
    given::<AgentSessionDecider>([]).when(C::StartTurn).then_refused(R::Absent);
}

#[test]
fn tasks_and_budgets_are_checked() {
    let new = || given::<AgentSessionDecider>([]);
    new().when(request(|r| r.task = private(" \n".into()))).then_refused(R::EmptyTask);
    new().when(request(|r| r.task = private("x".repeat(MAX_TEXT_BYTES + 1)))).then_refused(R::TextTooLong {
        bytes: MAX_TEXT_BYTES + 1,
        limit: MAX_TEXT_BYTES,
        pointer: "/task",
    });
    for model in [String::new(), "a\0".into(), "m".repeat(super::command::MAX_MODEL_BYTES + 1)] {
        new().when(request(|r| r.model = model)).then_refused(R::BadModel);
    }
    new().when(request(|r| r.budget.max_steps = 0)).then_refused(R::BudgetOutOfRange {
        field: "max_steps",
        max: super::command::MAX_STEPS,
        pointer: "/budget/max_steps",
    });
    new().when(request(|r| r.budget.max_micro_usd = Some(5))).then_refused(R::NoPrice { model: "m".into() });
}

#[test]
fn turns_follow_each_other_within_the_budget() {
    session([]).when(C::StartTurn).then_refused(R::WrongPhase { status: "queued" });
    session([run(1)]).when(C::StartTurn).then([turn(1, 1)]);
    session([run(1), turn(1, 1)]).when(C::StartTurn).then_refused(R::Unsettled { what: "a turn" });
    session([run(1), turn(1, 1), answered(1, &["a"])]).when(C::StartTurn).then_refused(R::Unsettled { what: "tool calls" });
    session([run(1), turn(1, 1), answered(1, &[]), said()]).when(C::StartTurn).then([turn(2, 1)]);
    session([run(1), turn(1, 1), answered(1, &[]), turn(2, 1), answered(2, &[])])
        .when(C::StartTurn)
        .then_refused(R::LimitReached { limit: "max_steps" });
}

#[test]
fn a_turn_that_failed_or_was_cut_by_a_crash_is_tried_again() {
    let failed: AgentSessionEvent =
        TurnFailed { turn: 1, attempt: 1, code: "timeout".into(), detail: private("slow".into()), retryable: true, duration_ms: 1 }.into();
    session([run(1), turn(1, 1)])
        .when(C::FailTurn { code: "timeout".into(), detail: "slow".into(), retryable: true, duration_ms: 1 })
        .then([failed.clone()]);
    session([run(1), turn(1, 1), failed]).when(C::StartTurn).then([turn(1, 2)]);
    session([run(1), turn(1, 1), run(2)]).when(C::StartTurn).then([turn(1, 2)]);
    session([run(1)])
        .when(C::FailTurn { code: "x".into(), detail: String::new(), retryable: true, duration_ms: 0 })
        .then_refused(R::Unsettled { what: "no turn is open" });
}

#[test]
fn calls_are_settled_in_order_each_started_before_it_ends() {
    let two = [run(1), turn(1, 1), answered(1, &["bash_exec", "bash_exec"])];
    let started_one = || two.clone().into_iter().chain([started("1-0")]);
    let start = |call_id: &str| C::StartCall { call_id: call_id.into(), effect: Effect::Shell, changes: None };
    session(two.clone()).when(start("1-1")).then_refused(R::NotNextCall { call_id: "1-1".into() });
    session(two.clone()).when(start("1-0")).then([started("1-0")]);
    session(started_one()).when(start("1-0")).then_refused(R::CallStarted { call_id: "1-0".into() });
    session(two.clone()).when(done("1-0", CallOutcome::Ok)).then_refused(R::CallNotStarted { call_id: "1-0".into() });
    for outcome in [CallOutcome::Invalid, CallOutcome::Denied, CallOutcome::Cancelled] {
        session(two.clone()).when(done("1-0", outcome)).then([completed("1-0", outcome)]);
    }
    session(started_one()).when(done("1-0", CallOutcome::Ok)).then([completed("1-0", CallOutcome::Ok)]);
    session(started_one().chain([completed("1-0", CallOutcome::Ok)]))
        .when(done("1-0", CallOutcome::Ok))
        .then_refused(R::NotNextCall { call_id: "1-0".into() });
}

#[test]
fn a_question_holds_the_session_until_it_is_answered_once() {
    let asking = [run(1), turn(1, 1), answered(1, &["bash_exec"])];
    let waiting = || asking.clone().into_iter().chain([asked()]);
    let say_so = |decision| C::AnswerApproval { approval_id: QUESTION, decision, reason: None, answered_by: ADA };
    let ask =
        C::RequestApproval { approval_id: QUESTION, call_id: "1-0".into(), grant: "bash_exec:ls".into(), preview: "ls".into(), now: NOW };
    session(asking.clone()).when(ask.clone()).then([asked()]);
    assert_eq!(status(waiting()), Some(Status::WaitingApproval));
    session(waiting()).when(C::StartTurn).then_refused(R::WrongPhase { status: "waiting_approval" });
    session(waiting()).when(say_so(Decision::AllowOnce)).then([answer(Decision::AllowOnce)]);
    let allowed = || waiting().chain([answer(Decision::AllowOnce)]);
    session(allowed()).when(say_so(Decision::AllowOnce)).then_nothing();
    session(allowed()).when(say_so(Decision::Deny)).then_refused(R::AnsweredOtherwise);
    session(allowed()).when(ask).then_refused(R::AnsweredOtherwise);
    session(asking).when(say_so(Decision::Deny)).then_refused(R::UnknownApproval);
}

#[test]
fn nobody_answering_counts_as_denied() {
    let waiting = || [run(1), turn(1, 1), answered(1, &["bash_exec"]), asked()];
    let time_out = |now| C::TimeOutApproval { approval_id: QUESTION, now };
    session(waiting()).when(time_out(NOW)).then_refused(R::NotExpired);
    session(waiting()).when(time_out(NOW + APPROVAL_TIMEOUT)).then([ApprovalTimedOut { approval_id: QUESTION }.into()]);
    let events: Vec<_> =
        std::iter::once(requested().into()).chain(waiting()).chain([ApprovalTimedOut { approval_id: QUESTION }.into()]).collect();
    let state = fold::<AgentSessionDecider>(&events);
    assert_eq!(state.core().and_then(|core| core.calls[0].verdict), Some(Verdict::TimedOut));
}

#[test]
fn a_grant_for_the_session_is_remembered() {
    let events: Vec<_> = std::iter::once(requested().into())
        .chain([run(1), turn(1, 1), answered(1, &["bash_exec"]), asked(), answer(Decision::AllowSession)])
        .collect();
    let state = fold::<AgentSessionDecider>(&events);
    assert!(state.core().is_some_and(|core| core.grants.contains("bash_exec:ls")));
}

#[test]
fn a_message_steers_and_wakes_a_finished_session_with_a_fresh_budget() {
    session([run(1)]).when(say("more")).then([said()]);
    session([run(1)]).when(say(" ")).then_refused(R::EmptyText);
    let over = || [run(1), turn(1, 1), answered(1, &[]), turn(2, 1), answered(2, &[]), LimitReached { limit: Limit::MaxSteps }.into()];
    session(over()).when(say("more")).then([said(), Requeued {}.into()]);
    let woken = over().into_iter().chain([said(), Requeued {}.into(), run(2)]);
    session(woken.clone()).when(C::StartTurn).then([turn(3, 1)]);
    assert_eq!(status(woken), Some(Status::Running));
}

#[test]
fn it_completes_when_all_is_answered() {
    session([run(1), turn(1, 1), answered(1, &[])]).when(C::Complete).then([Completed {}.into()]);
    session([run(1), turn(1, 1), said(), answered(1, &[])]).when(C::Complete).then_refused(R::Unsettled { what: "a message" });
    session([run(1), turn(1, 1), answered(1, &["a"])]).when(C::Complete).then_refused(R::Unsettled { what: "tool calls" });
}

#[test]
fn cancelling_a_waiting_session_is_at_once_a_running_one_is_confirmed() {
    session([]).when(C::Cancel(cancel())).then([cancel().into(), Cancelled {}.into()]);
    session([run(1)]).when(C::Cancel(cancel())).then([cancel().into()]);
    session([run(1), cancel().into()]).when(C::Cancel(cancel())).then_nothing();
    session([run(1), cancel().into()]).when(C::StartTurn).then_refused(R::CancelRequested);
    session([run(1), cancel().into()]).when(C::ConfirmCancel).then([Cancelled {}.into()]);
    session([run(1)]).when(C::ConfirmCancel).then_refused(R::CancelNotRequested);
    session([run(1), Completed {}.into()]).when(C::Cancel(cancel())).then_refused(R::Finished { status: "completed" });
}

#[test]
fn every_limit_is_told_apart() {
    let core = |budget: Budget| {
        let wish = Requested { budget, ..requested() };
        let priced = match answered(1, &[]) {
            AgentSessionEvent::TurnCompleted(e) => TurnCompleted { micro_usd: Some(7), duration_ms: 1000, ..e },
            other => panic!("{other:?}"),
        };
        let events = vec![wish.into(), run(1), turn(1, 1), priced.into()];
        fold::<AgentSessionDecider>(&events).core().and_then(super::Core::exhausted)
    };
    let roomy = Budget { max_steps: 9, max_seconds: 9, max_tokens: 99, max_micro_usd: Some(99) };
    assert_eq!(core(roomy.clone()), None);
    assert_eq!(core(Budget { max_steps: 1, ..roomy.clone() }), Some(Limit::MaxSteps));
    assert_eq!(core(Budget { max_seconds: 1, ..roomy.clone() }), Some(Limit::MaxSeconds));
    assert_eq!(core(Budget { max_tokens: 10, ..roomy.clone() }), Some(Limit::MaxTokens));
    assert_eq!(core(Budget { max_micro_usd: Some(7), ..roomy }), Some(Limit::MaxMicroUsd));
}

#[test]
fn the_transcript_keeps_results_with_their_calls_and_messages_after_them() {
    let events = [
        requested().into(),
        run(1),
        turn(1, 1),
        answered(1, &["bash_exec", "bash_exec"]),
        started("1-0"),
        said(),
        completed("1-0", CallOutcome::Ok),
        cancel().into(),
        Cancelled {}.into(),
    ];
    let transcript = Transcript::of(&events);
    let roles: Vec<_> = transcript
        .messages
        .iter()
        .map(|message| match message {
            Message::User { text } => format!("user {text}"),
            Message::Assistant(_) => "assistant".into(),
            Message::Tool { call_id, outcome, .. } => format!("{call_id} {outcome:?}"),
        })
        .collect();
    assert_eq!(roles, ["user do it", "assistant", "1-0 Ok", "1-1 Cancelled", "user more"]);
    assert!(transcript.pending.is_empty());
}

fn any_event() -> impl Strategy<Value = AgentSessionEvent> {
    prop_oneof![
        Just(requested().into()),
        (1..3u64).prop_map(run),
        (1..3u64, 1..3u64).prop_map(|(t, a)| turn(t, a)),
        (1..3u64, 0..3usize).prop_map(|(t, n)| answered(t, &["bash_exec", "read_file", "x"][..n])),
        Just(asked()),
        Just(answer(Decision::AllowSession)),
        Just(answer(Decision::Deny)),
        Just(ApprovalTimedOut { approval_id: QUESTION }.into()),
        Just(started("1-0")),
        Just(completed("1-0", CallOutcome::Ok)),
        Just(said()),
        Just(Requeued {}.into()),
        Just(Paused { reason: "r".into(), until: 5 }.into()),
        Just(Resumed {}.into()),
        Just(cancel().into()),
        Just(Completed {}.into()),
        Just(Cancelled {}.into()),
        Just(LimitReached { limit: Limit::MaxTokens }.into()),
    ]
}

fn any_command() -> impl Strategy<Value = C> {
    prop_oneof![
        Just(C::BeginRun { worker: "w".into() }),
        Just(C::StartTurn),
        (0..3usize).prop_map(|n| C::CompleteTurn {
            answer: Answer {
                text: String::new(),
                tool_calls: (0..n)
                    .map(|i| ToolCall { call_id: format!("1-{i}"), tool: "bash_exec".into(), arguments: "{}".into() })
                    .collect(),
            },
            model: "m".into(),
            tokens: Tokens::default(),
            micro_usd: None,
            duration_ms: 1,
        }),
        Just(C::RequestApproval { approval_id: QUESTION, call_id: "1-0".into(), grant: "g".into(), preview: "p".into(), now: 0 }),
        Just(C::AnswerApproval { approval_id: QUESTION, decision: Decision::AllowOnce, reason: None, answered_by: ADA }),
        Just(C::StartCall { call_id: "1-0".into(), effect: Effect::Read, changes: None }),
        Just(done("1-0", CallOutcome::Ok)),
        Just(done("1-1", CallOutcome::Denied)),
        Just(say("hello")),
        Just(C::Cancel(cancel())),
        Just(C::ConfirmCancel),
        Just(C::Complete),
        Just(C::Pause { reason: "r".into(), until: 1 }),
        Just(C::Resume),
        Just(C::ReachLimit { limit: Limit::MaxSteps }),
    ]
}

proptest! {
    #[test]
    fn no_history_however_absurd_breaks_the_fold(events in proptest::collection::vec(any_event(), 0..40)) {
        let state = fold::<AgentSessionDecider>(&events);
        let json = serde_json::to_string(&state).expect("serialises");
        prop_assert_eq!(serde_json::from_str::<AgentSession>(&json).expect("reads"), state);
        let _ = Transcript::of(&events);
    }

    #[test]
    fn whatever_is_wished_a_call_is_completed_at_most_once_and_a_finished_session_has_none_open(
        commands in proptest::collection::vec(any_command(), 0..60)
    ) {
        let mut state = AgentSession::default();
        AgentSessionDecider::evolve(&mut state, &requested().into());
        let mut open: Vec<String> = Vec::new();
        for command in commands {
            let Ok(events) = AgentSessionDecider::decide(&state, command) else { continue };
            for event in events {
                AgentSessionDecider::evolve(&mut state, &event);
                match &event {
                    AgentSessionEvent::TurnCompleted(e) => {
                        prop_assert!(open.is_empty());
                        open = e.calls.iter().map(|c| c.call_id.clone()).collect();
                    }
                    AgentSessionEvent::ToolCallCompleted(e) => {
                        prop_assert_eq!(open.first(), Some(&e.call_id));
                        open.remove(0);
                    }
                    _ => {}
                }
            }
            if state.status().is_some_and(Status::finished) {
                open.clear();
                prop_assert!(state.core().is_some_and(|core| core.calls.is_empty()));
            }
        }
    }
}
