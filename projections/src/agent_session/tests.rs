use opensail_domain::agent_session::event::*;
use opensail_domain::agent_session::message::{Answer, CallOutcome, Message, Tokens, ToolCall};
use opensail_domain::agent_session::{AgentSession, AgentSessionDecider};
use opensail_domain::kernel::private::FORGOTTEN;
use opensail_domain::kernel::{AccountId, ApprovalId, Decider, MessageId, Private, SessionId};
use opensail_eventstore::{Actor, CommandId, Epoch, Recorded, StreamId};
use proptest::prelude::*;
use uuid::Uuid;

use super::Progress;
use crate::QueryError;
use crate::testing::{World, on_both, wire};

on_both!(the_past_is_what_it_was_then, a_session_read_before_is_told_as_it_is_now, a_newer_event_hides_nothing_that_was_before_it,);

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn private<T>(session: SessionId, value: T) -> Private<T> {
    Private::open(format!("session-{session}"), value)
}

/// Any event after the request, sensible or not; few ids, so that they meet.
pub(crate) fn any_event(session: SessionId) -> impl Strategy<Value = AgentSessionEvent> {
    let text = move |text: &str| private(session, text.to_owned());
    let small = 0u128..3;
    prop_oneof![
        (1u64..3).prop_map(|run| RunStarted { run, worker: "w".into() }.into()),
        (1u64..4, 1u64..3).prop_map(|(turn, attempt)| TurnStarted { turn, attempt }.into()),
        (1u64..4, any::<u32>(), prop::option::of(0u64..9)).prop_map(move |(turn, tokens, micro_usd)| {
            let call = ToolCall { call_id: format!("{turn}-0"), tool: "bash_exec".into(), arguments: r#"{"command":"ls"}"#.into() };
            TurnCompleted {
                turn,
                attempt: 1,
                calls: vec![CallName { call_id: call.call_id.clone(), tool: call.tool.clone() }],
                answer: private(session, Answer { text: "\0 hm".into(), tool_calls: vec![call] }),
                model: "scripted".into(),
                tokens: Tokens { input: tokens.into(), output: 2, cached: 0 },
                micro_usd,
                duration_ms: 1,
            }
            .into()
        }),
        small.clone().prop_map(move |n| {
            TurnFailed { turn: 1, attempt: n as u64, code: "timeout".into(), detail: text("late"), retryable: true, duration_ms: 1 }.into()
        }),
        (small.clone(), 1u64..4).prop_map(move |(n, turn)| {
            ApprovalRequested {
                approval_id: ApprovalId(id(n)),
                call_id: format!("{turn}-0"),
                tool: "bash_exec".into(),
                grant: text("ls"),
                preview: text("$ ls"),
                expires_at: 77,
            }
            .into()
        }),
        small.clone().prop_map(|n| {
            let answered_by = AccountId(id(9));
            ApprovalAnswered { approval_id: ApprovalId(id(n)), decision: Decision::Deny, reason: None, answered_by }.into()
        }),
        small.prop_map(|n| ApprovalTimedOut { approval_id: ApprovalId(id(n)) }.into()),
        Just(ToolCallStarted { call_id: "1-0".into(), tool: "bash_exec".into(), effect: Effect::Shell, changes: None }.into()),
        Just(
            ToolCallCompleted {
                call_id: "1-0".into(),
                tool: "bash_exec".into(),
                outcome: CallOutcome::Ok,
                output: text("a.txt"),
                full_output: None,
                exit_code: Some(0),
                duration_ms: 5,
            }
            .into()
        ),
        Just(MessageAdded { message_id: MessageId(id(1)), text: text("more"), added_by: AccountId(id(9)) }.into()),
        Just(Requeued {}.into()),
        Just(Paused { reason: "model_unavailable".into(), until: 99 }.into()),
        Just(Resumed {}.into()),
        Just(CancelRequested { requested_by: AccountId(id(9)) }.into()),
        Just(Completed {}.into()),
        Just(Failed { reason: "unauthorized".into(), detail: text("bad key") }.into()),
        Just(Cancelled {}.into()),
        Just(LimitReached { limit: Limit::MaxSteps }.into()),
    ]
}

fn at(position: u64) -> Recorded {
    Recorded {
        position,
        tenant_position: position,
        epoch: Epoch(id(1)),
        event_id: id(2),
        stream: StreamId::new("agent_session", id(4)),
        stream_version: position,
        event_type: String::new(),
        version: 1,
        tenant: String::new(),
        project: None,
        actor: Actor::system("test"),
        command_id: CommandId(id(3)),
        correlation_id: id(3),
        causation_id: None,
        client_address: None,
        time: position as i64,
        payload: String::new(),
        content_hash: [0; 32],
    }
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// The view folds by itself, since it keeps other things; where both say something, they say the same.
#[test]
fn the_view_agrees_with_the_rules() {
    let session = SessionId(id(4));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let world = runtime.block_on(World::on_sqlite());
    let requested = world.requested(session);
    proptest::test_runner::TestRunner::new(config(512))
        .run(&prop::collection::vec(any_event(session), 0..40), |events| {
            let mut state = AgentSession::default();
            AgentSessionDecider::evolve(&mut state, &requested.clone().into());
            let mut progress = Progress::requested((&at(1)).into());
            for (index, event) in events.iter().enumerate() {
                AgentSessionDecider::evolve(&mut state, event);
                progress.apply((&at(index as u64 + 2)).into(), event);
                let core = state.core().expect("it was requested");
                prop_assert_eq!(Some(progress.status), state.status());
                prop_assert_eq!(progress.cancel_requested, core.cancel_requested);
                prop_assert_eq!(progress.usage.steps, core.total.steps);
                prop_assert_eq!(progress.usage.input_tokens, core.total.tokens.input);
                prop_assert_eq!(progress.usage.micro_usd, core.total.micro_usd);
                let question = match &state {
                    AgentSession::WaitingApproval(_, question) => Some((question.approval_id, question.expires_at)),
                    _ => None,
                };
                prop_assert_eq!(progress.question, question);
                let until = if let AgentSession::Paused(_, until) = &state { Some(*until) } else { None };
                prop_assert_eq!(progress.paused_until, until);
            }
            Ok(())
        })
        .expect("every history");
}

/// Approval ids are unique; of the generated questions with the same id only the first is kept.
fn unique_questions(events: Vec<AgentSessionEvent>) -> Vec<AgentSessionEvent> {
    let mut asked = std::collections::HashSet::new();
    let keep = |event: &AgentSessionEvent| !matches!(event, AgentSessionEvent::ApprovalRequested(e) if !asked.insert(e.approval_id));
    events.into_iter().filter(keep).collect()
}

fn the_row_is_the_fold_of_the_stream_and_a_rebuild_gives_the_same(new_world: impl AsyncFn() -> World) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let session = SessionId(id(4));
    proptest::test_runner::TestRunner::new(config(8))
        .run(&prop::collection::vec(any_event(session), 0..25), |events| {
            let events = unique_questions(events);
            runtime.block_on(async {
                let world = new_world().await;
                world.cast().await;
                let (projections, queries) = world.caught_up().await;
                world.on_session(session, vec![wire(AgentSessionEvent::from(world.requested(session)))]).await;
                for event in &events {
                    world.on_session(session, vec![wire(event.clone())]).await;
                }
                world.settle(&projections).await;
                prop_assert_eq!(projections.parked().await.expect("a list"), []);
                let details = queries.session(session).await.expect("an answer").expect("the session");
                let replay = queries.session_at(session, None).await.expect("an answer").expect("the session");
                prop_assert_eq!(&details, &replay.session);
                prop_assert_eq!(details.position, world.store_head().await);
                let open = queries.approvals_of_session(session).await.expect("an answer");
                prop_assert_eq!(open.first().map(|approval| approval.id), details.approval_id);
                let waiting = queries.session_queue().await.expect("an answer");
                prop_assert_eq!(waiting.len(), usize::from(!details.status.finished()));
                prop_assert_eq!(queries.count_unfinished_sessions(world.boat).await.expect("an answer"), waiting.len() as u64);

                let live = world.rows().await;
                drop(projections);
                let mut tx = world.db.begin().await.expect("a transaction");
                tx.run(crate::db::sql!("UPDATE checkpoints SET version = 0")).await.expect("made old");
                tx.commit().await.expect("committed");
                world.caught_up().await;
                prop_assert_eq!(world.rows().await, live);
                Ok(())
            })
        })
        .expect("every history");
}

#[test]
fn any_history_on_sqlite() {
    the_row_is_the_fold_of_the_stream_and_a_rebuild_gives_the_same(World::on_sqlite);
}

#[test]
fn any_history_on_postgres() {
    the_row_is_the_fold_of_the_stream_and_a_rebuild_gives_the_same(World::on_postgres);
}

async fn the_past_is_what_it_was_then(world: World) {
    world.cast().await;
    let session = SessionId(Uuid::now_v7());
    let requested = world.on_session(session, vec![wire(AgentSessionEvent::from(world.requested(session)))]).await;
    world.on_session(session, vec![wire(AgentSessionEvent::from(RunStarted { run: 1, worker: "w".into() }))]).await;
    let done = world.on_session(session, vec![wire(AgentSessionEvent::from(Completed {}))]).await;
    let queries = world.queries();
    let then = |as_of| queries.session_at(session, Some(as_of));
    assert_eq!(then(requested.position - 1).await.expect("an answer"), None);
    let status = |replay: Option<crate::past::SessionReplay>| replay.expect("the session").session.status.as_str();
    assert_eq!(status(then(requested.position).await.expect("an answer")), "queued");
    assert_eq!(status(then(requested.position + 1).await.expect("an answer")), "running");
    let (projections, _) = world.caught_up().await;
    drop(projections);
    for position in 0..=done.position {
        let replay = then(position).await.expect("an answer");
        assert_eq!(queries.as_of(position).session(session).await.expect("an answer"), replay.map(|replay| replay.session));
    }
    let replay = queries.session_at(session, None).await.expect("an answer").expect("the session");
    assert_eq!((replay.position, replay.messages.len()), (done.position, 1));
}

async fn a_session_read_before_is_told_as_it_is_now(world: World) {
    world.cast().await;
    let session = SessionId(Uuid::now_v7());
    world.on_session(session, vec![wire(AgentSessionEvent::from(world.requested(session)))]).await;
    let queries = world.queries();
    let replay = async || queries.session_at(session, None).await.expect("an answer").expect("the session");
    let first = replay().await;
    assert_eq!(replay().await, first);
    let run = world.on_session(session, vec![wire(AgentSessionEvent::from(RunStarted { run: 1, worker: "w".into() }))]).await;
    let next = replay().await;
    assert_eq!((next.position, next.session.status.as_str()), (run.position, "running"));
    assert_ne!(next.session.task, FORGOTTEN);
    world.keys.destroy(&format!("session-{session}")).await.expect("destroyed");
    world.on_session(session, vec![wire(AgentSessionEvent::from(Forgotten { reason: "asked for".into() }))]).await;
    let last = replay().await;
    assert_eq!((last.session.task.as_str(), &last.messages[..]), (FORGOTTEN, &[Message::User { text: FORGOTTEN.into() }][..]));
}

async fn a_newer_event_hides_nothing_that_was_before_it(world: World) {
    world.cast().await;
    let session = SessionId(Uuid::now_v7());
    world.on_session(session, vec![wire(AgentSessionEvent::from(world.requested(session)))]).await;
    let run = world.on_session(session, vec![wire(AgentSessionEvent::from(RunStarted { run: 1, worker: "w".into() }))]).await;
    let newer = world.on_session(session, vec![("agent_session.moored".into(), 1, serde_json::json!({}))]).await;
    world.on_session(session, vec![wire(AgentSessionEvent::from(Completed {}))]).await;
    let queries = world.queries();
    // The second time as the first: nothing of it passes for the whole.
    for _ in 0..2 {
        let before = queries.session_at(session, Some(run.position)).await.expect("an answer").expect("the session");
        assert_eq!((before.position, before.session.status.as_str()), (run.position, "running"));
        for until in [None, Some(newer.position), Some(newer.position + 1)] {
            let error = queries.session_at(session, until).await.expect_err("what it changed is not known");
            assert!(matches!(&error, QueryError::NewerEvent { position, .. } if *position == newer.position), "{error}");
        }
    }
}
