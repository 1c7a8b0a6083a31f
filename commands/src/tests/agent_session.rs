//! Sessions as people and workers change them.

use opensail_domain::agent_session::command::CompleteCall;
use opensail_domain::agent_session::event::{Decision, Effect};
use opensail_domain::agent_session::message::{Answer, CallOutcome, Tokens, ToolCall};
use opensail_domain::agent_session::{AgentSessionCommand as C, Status};
use opensail_domain::kernel::{AccountId, ApprovalId, SessionId};
use opensail_eventstore::{Fence, Leases};
use uuid::Uuid;

use super::world::{World, code};
use crate::agent_session::{AddMessage, AnswerApproval, CancelSession, ForkSession, UndoSession};
use crate::ports::clock::Clock;
use crate::ports::snapshots::Choices;
use crate::{Caller, CommandError};

/// Drives a session to a question.
async fn ask(world: &World, fence: &Fence, session: SessionId) -> ApprovalId {
    let approval_id = ApprovalId(Uuid::now_v7());
    let call = ToolCall { call_id: "1-0".into(), tool: "bash_exec".into(), arguments: "{}".into() };
    let answer = Answer { text: String::new(), tool_calls: vec![call] };
    let tokens = Tokens { input: 1, output: 1, cached: 0 };
    for command in [
        C::BeginRun { worker: "w".into() },
        C::StartTurn,
        C::CompleteTurn { answer, model: "m".into(), tokens, micro_usd: None, duration_ms: 1 },
        C::RequestApproval { approval_id, call_id: "1-0".into(), grant: "g".into(), preview: "rm".into(), now: world.clock.now() },
    ] {
        world.drive(fence, session, command).await.expect("driven");
    }
    approval_id
}

#[tokio::test]
async fn the_same_answer_twice_is_granted_and_another_refused() {
    let world = World::new().await;
    let ada = world.person("ada@example.org").await;
    let team = world.team(ada).await;
    let project = world.project(ada, team).await;
    let session_id = world.session(ada, project).await;
    let fence = world.lease("project", "w").await;
    let approval_id = ask(&world, &fence, session_id).await;
    let answer = |decision| AnswerApproval { session_id, approval_id, decision, reason: None };
    let caller = Caller::person(ada);
    let (one, two) = (answer(Decision::AllowOnce), answer(Decision::Deny));
    let second = caller.clone().next_command();
    let (first, other) = tokio::join!(world.a.execute(&caller, &one), world.b.execute(&second, &two));
    let (granted, refused) = if first.is_ok() { (one, other) } else { (two, first) };
    assert_eq!(code(refused), "approval_answered");
    let again = world.b.execute(&Caller::person(ada), &granted).await.expect("the same answer");
    assert_eq!(again.position, world.events().await.len() as u64);
    assert_eq!(world.count("agent_session.approval_answered").await, 1);
    let unknown = AnswerApproval { approval_id: ApprovalId(Uuid::now_v7()), ..granted };
    assert_eq!(world.a.execute(&Caller::person(ada), &unknown).await.map(|_| ()), Err(CommandError::NotFound));
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_writes_nothing() {
    let world = World::new().await;
    let ada = world.person("ada@example.org").await;
    let team = world.team(ada).await;
    let project = world.project(ada, team).await;
    let session = world.session(ada, project).await;
    let ghost = world.lease("project", "ghost").await;
    world.store.void_others("w").await.expect("voided");
    let fence = world.lease("project", "w").await;
    let begin = || C::BeginRun { worker: "w".into() };
    assert_eq!(world.drive(&ghost, session, begin()).await.map(|_| ()), Err(CommandError::Fenced));
    let driven = world.drive(&fence, session, begin()).await.expect("driven");
    assert_eq!((driven.events.len(), driven.state.status()), (1, Some(Status::Running)));
    assert_eq!(world.count("agent_session.run_started").await, 1);
}

#[tokio::test]
async fn a_message_meanwhile_does_not_stop_the_worker() {
    let world = World::new().await;
    let ada = world.person("ada@example.org").await;
    let team = world.team(ada).await;
    let project = world.project(ada, team).await;
    let session_id = world.session(ada, project).await;
    let fence = world.lease("project", "w").await;
    world.drive(&fence, session_id, C::BeginRun { worker: "w".into() }).await.expect("driven");
    world.b.execute(&Caller::person(ada), &AddMessage { session_id, text: "and more".into() }).await.expect("added");
    world.drive(&fence, session_id, C::StartTurn).await.expect("driven");
    let (events, state) = world.b.read_session(session_id, None).await.expect("read");
    let types: Vec<_> = events.iter().map(|(recorded, _)| recorded.event_type.as_str()).collect();
    let expected = ["requested", "run_started", "message_added", "turn_started"].map(|name| format!("agent_session.{name}"));
    assert_eq!(types, expected);
    assert_eq!(state, world.drive(&fence, session_id, C::Resume).await.expect("nothing to do").state);
    assert!(events[0].0.actor.id == ada.to_string() && events[1].0.actor.id == session_id.to_string());
}

#[tokio::test]
async fn commands_driven_together_are_one_append() {
    let world = World::new().await;
    let ada = world.person("ada@example.org").await;
    let team = world.team(ada).await;
    let project = world.project(ada, team).await;
    let session = world.session(ada, project).await;
    let fence = world.lease("project", "w").await;
    let agent = Caller::agent(session, "scripted");
    let both = vec![C::BeginRun { worker: "w".into() }, C::StartTurn];
    let driven = world.a.drive_all(&agent, fence.clone(), session, both).await.expect("driven");
    assert_eq!(driven.events.len(), 2);
    let half = vec![C::FailTurn { code: "timeout".into(), detail: "slow".into(), retryable: true, duration_ms: 1 }, C::ConfirmCancel];
    assert_eq!(code(world.a.drive_all(&agent, fence, session, half).await), "cancel_not_requested");
    assert_eq!(world.count("agent_session.turn_failed").await, 0);
}

#[tokio::test]
async fn a_queued_session_is_cancelled_at_once_and_a_busy_project_is_not_deleted() {
    let world = World::new().await;
    let ada = world.person("ada@example.org").await;
    let team = world.team(ada).await;
    let project = world.project(ada, team).await;
    let session_id = world.session(ada, project).await;
    let caller = Caller::person(ada);
    assert_eq!(code(world.a.delete_project(&caller, project).await), "sessions_open");
    let cancel = CancelSession { session_id };
    world.a.execute(&Caller::person(ada), &cancel).await.expect("cancelled");
    assert_eq!(world.a.read_session(session_id, None).await.expect("read").1.status(), Some(Status::Cancelled));
    world.a.delete_project(&Caller::person(ada), project).await.expect("deleted");
    assert_eq!(world.b.execute(&Caller::person(ada), &cancel).await.map(|_| ()), Err(CommandError::NotFound));
}

#[tokio::test]
async fn a_money_limit_needs_a_price() {
    let world = World::new().await;
    let ada = world.person("ada@example.org").await;
    let team = world.team(ada).await;
    let project = world.project(ada, team).await;
    let mut start = World::task(project, "go");
    start.budget.max_micro_usd = Some(1);
    assert_eq!(code(world.a.execute(&Caller::person(ada), &start).await), "model_without_price");
    start.model = Some("priced".into());
    world.a.execute(&Caller::person(ada), &start).await.expect("started");
}

/// A session that ended with a step whose files were not captured.
async fn uncaptured(world: &World, ada: AccountId) -> SessionId {
    let team = world.team(ada).await;
    let project = world.project(ada, team).await;
    let session = world.session(ada, project).await;
    let fence = world.lease("project", "w").await;
    let call = ToolCall { call_id: "1-0".into(), tool: "bash_exec".into(), arguments: "{}".into() };
    let answer = Answer { text: String::new(), tool_calls: vec![call] };
    let tokens = Tokens { input: 1, output: 1, cached: 0 };
    let outcome = CallOutcome::Ok;
    let (output, full_output, exit_code) = (String::new(), None, Some(0));
    for command in [
        C::BeginRun { worker: "w".into() },
        C::StartTurn,
        C::CompleteTurn { answer, model: "m".into(), tokens, micro_usd: None, duration_ms: 1 },
        C::StartCall { call_id: "1-0".into(), effect: Effect::Shell, changes: None },
        C::CompleteCall(Box::new(CompleteCall { call_id: "1-0".into(), outcome, output, full_output, exit_code, duration_ms: 1 })),
        C::Complete,
    ] {
        world.drive(&fence, session, command).await.expect("driven");
    }
    session
}

#[tokio::test]
async fn a_full_store_refuses_an_undo_and_a_fork_before_anything_is_changed() {
    let world = World::new().await;
    let ada = world.person("ada@example.org").await;
    let session_id = uncaptured(&world, ada).await;
    let before = world.events().await.len();
    let undo = UndoSession { session_id, to: 1, choices: Choices::default() };
    assert_eq!(world.a.undo_session(&Caller::person(ada), undo).await.map(|_| ()), Err(CommandError::StoreFull));
    let (at, message, model, edit_mode, budget, start) = (None, None, None, None, None, false);
    let fork = ForkSession { session_id, at, message, model, edit_mode, budget, start };
    assert_eq!(world.a.fork_session(&Caller::person(ada), &fork).await.map(|_| ()), Err(CommandError::StoreFull));
    assert_eq!(world.events().await.len(), before);
}
