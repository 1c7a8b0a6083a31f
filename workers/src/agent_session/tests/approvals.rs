//! Questions to people, and what follows from the answers.

use std::time::Duration;

use opensail_commands::ports::sandbox::SandboxEnd;
use opensail_domain::agent_session::AgentSessionCommand as C;
use opensail_domain::agent_session::event::{Budget, Decision, EditMode};
use opensail_domain::agent_session::message::CallOutcome as O;
use opensail_domain::kernel::{MessageId, SessionId};
use opensail_eventstore::{Filter, StreamId};
use serde_json::json;
use std::sync::atomic::Ordering;

use crate::test_world::{Play, Story, World, calls, says};

/// Runs the session beside what people do.
async fn beside<T>(world: &World, session: SessionId, people: impl Future<Output = T>) -> Story {
    let (story, _) = tokio::join!(world.run(session), people);
    story
}

async fn answer(world: &World, session: SessionId, decision: Decision, reason: Option<&str>) {
    let story = world.until(session, |story| story.status() == "waiting_approval").await;
    let approval_id = story.question().expect("a question").approval_id;
    let reason = reason.map(str::to_owned);
    world.tell(session, C::AnswerApproval { approval_id, decision, reason, answered_by: world.account }).await;
}

#[tokio::test]
async fn an_allowed_write_is_shown_as_a_diff_and_then_done() {
    let world = World::new().await;
    world.write("a.txt", "one\n");
    world.model.then(calls(&[("write_file", json!({"file_path": "a.txt", "content": "two\n"}))])).then(says("done"));
    let session = world.request(EditMode::Ask, Budget::default()).await;
    let story = beside(&world, session, answer(&world, session, Decision::AllowOnce, None)).await;
    assert_eq!(story.status(), "completed");
    let question = story.question().expect("a question");
    assert!(question.preview.text().contains("-one\n+two"), "{}", question.preview.text());
    assert_eq!(question.grant.text(), "write_file");
    assert_eq!(world.content("a.txt").as_deref(), Some("two\n"));
    let order = ["requested", "run_started", "turn_started", "turn_completed", "approval_requested", "approval_answered"];
    assert_eq!(story.types()[..6], order);
    assert_eq!(story.types()[6..], ["tool_call_started", "tool_call_completed", "turn_started", "turn_completed", "completed"]);
}

#[tokio::test]
async fn a_denied_call_has_no_effect_and_the_model_hears_why() {
    let world = World::new().await;
    world.model.then(calls(&[("bash_exec", json!({"command": "rm -rf build"}))])).then(says("I stop here"));
    let session = world.request(EditMode::Ask, Budget::default()).await;
    let story = beside(&world, session, answer(&world, session, Decision::Deny, Some("not that folder"))).await;
    assert_eq!(story.status(), "completed");
    assert_eq!(world.sandbox.runs.load(Ordering::SeqCst), 0);
    let (outcome, text) = story.results().remove(0);
    assert!(outcome == O::Denied && text.contains("not that folder"), "{text}");
    assert!(!story.types().contains(&"tool_call_started"));
    assert_eq!(story.question().map(|question| question.preview.text()), Some("$ rm -rf build\n"));
}

#[tokio::test]
async fn allowed_for_the_session_covers_the_identical_command_only() {
    let world = World::new().await;
    let exec = |command: &str, cwd: &str| calls(&[("bash_exec", json!({"command": command, "cwd": cwd}))]);
    world.model.then(exec("make", "a")).then(exec("make", "a")).then(exec("make", "b")).then(says("done"));
    world.sandbox.then(Play::Ends("1", SandboxEnd::Exited(0))).then(Play::Ends("2", SandboxEnd::Exited(0)));
    let session = world.request(EditMode::Ask, Budget::default()).await;
    let people = async {
        answer(&world, session, Decision::AllowSession, None).await;
        let two = |story: &Story| story.types().iter().filter(|name| **name == "tool_call_completed").count() == 2;
        world.until(session, two).await;
        answer(&world, session, Decision::Deny, None).await;
    };
    let story = beside(&world, session, people).await;
    let outcomes: Vec<O> = story.results().into_iter().map(|(outcome, _)| outcome).collect();
    assert_eq!(outcomes, [O::Ok, O::Ok, O::Denied]);
    assert_eq!(story.types().iter().filter(|name| **name == "approval_requested").count(), 2);
}

#[tokio::test]
async fn a_question_that_nobody_answers_times_out_as_denied() {
    let world = World::new().await;
    world.model.then(calls(&[("delete_file", json!({"file_path": "a.txt"}))])).then(says("done"));
    world.write("a.txt", "a");
    let session = world.request(EditMode::Ask, Budget::default()).await;
    let people = async {
        world.until(session, |story| story.status() == "waiting_approval").await;
        world.clock.forward(Duration::from_secs(24 * 3600 + 1));
        // Anything that happens makes the run look at the clock.
        let message = C::AddMessage { message_id: MessageId(uuid::Uuid::now_v7()), text: "?".into(), added_by: world.account };
        world.tell(session, message).await;
    };
    let story = beside(&world, session, people).await;
    assert!(story.types().contains(&"approval_timed_out"));
    assert!(story.results()[0].1.contains("timed_out"));
    assert_eq!(world.content("a.txt").as_deref(), Some("a"));
}

#[tokio::test]
async fn a_clock_set_back_leaves_a_question_open_and_a_run_going() {
    let world = World::new().await;
    world.model.then(calls(&[("delete_file", json!({"file_path": "a.txt"}))])).then(says("done"));
    world.write("a.txt", "a");
    let session = world.request(EditMode::Ask, Budget::default()).await;
    let people = async {
        world.until(session, |story| story.status() == "waiting_approval").await;
        world.clock.back(Duration::from_secs(48 * 3600));
        answer(&world, session, Decision::AllowOnce, None).await;
    };
    let story = beside(&world, session, people).await;
    assert_eq!(story.status(), "completed");
    assert!(!story.types().contains(&"approval_timed_out"));
    assert_eq!(world.content("a.txt"), None);
    let times: Vec<_> = {
        let filter = Filter { streams: vec![StreamId::new("agent_session", session)], ..Filter::default() };
        let page = world.hands.commands.journal().read_all(0, 1000, &filter).await.expect("events");
        page.events.iter().map(|event| event.time).collect()
    };
    assert!(times.is_sorted(), "time in the journal never goes back");
}

#[tokio::test]
async fn what_was_agreed_to_is_not_done_when_it_would_be_something_else_by_now() {
    let world = World::new().await;
    world.write("a.txt", "one\n");
    world.model.then(calls(&[("write_file", json!({"file_path": "a.txt", "content": "two\n"}))])).then(says("done"));
    let session = world.request(EditMode::Ask, Budget::default()).await;
    let people = async {
        world.until(session, |story| story.status() == "waiting_approval").await;
        world.write("a.txt", "mine\n");
        answer(&world, session, Decision::AllowOnce, None).await;
    };
    let story = beside(&world, session, people).await;
    assert_eq!(story.results()[0].0, O::Denied);
    assert_eq!(world.content("a.txt").as_deref(), Some("mine\n"));
}

#[tokio::test]
async fn plan_means_nothing_with_effects() {
    let world = World::new().await;
    world.write("a.txt", "a");
    let effects = [
        ("bash_exec", json!({"command": "id"})),
        ("write_file", json!({"file_path": "b", "content": "x"})),
        ("delete_file", json!({"file_path": "a.txt"})),
        ("read_file", json!({"file_path": "a.txt"})),
    ];
    world.model.then(calls(&effects)).then(says("the plan"));
    let session = world.request(EditMode::Plan, Budget::default()).await;
    let story = world.run(session).await;
    let outcomes: Vec<O> = story.results().into_iter().map(|(outcome, _)| outcome).collect();
    assert_eq!(outcomes, [O::Denied, O::Denied, O::Denied, O::Ok]);
    assert_eq!((world.content("a.txt").as_deref(), world.content("b")), (Some("a"), None));
}
