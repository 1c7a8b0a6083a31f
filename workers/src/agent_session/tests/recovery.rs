//! What follows a crash: each test puts into the journal what stood there when the process died, and runs the session again.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use opensail_domain::agent_session::AgentSessionCommand as C;
use opensail_domain::agent_session::event::{Budget, EditMode, Effect, PlannedChange};
use opensail_domain::agent_session::message::{Answer, CallOutcome as O, Tokens, ToolCall};
use opensail_domain::kernel::SessionId;
use serde_json::{Value, json};

use crate::test_world::{World, exists, says, sha256};

/// A session whose first turn called a tool.
async fn called(world: &World, tool: &str, arguments: Value) -> SessionId {
    let session = world.request(EditMode::Allow, Budget::default()).await;
    world.tell(session, C::BeginRun { worker: "dead".into() }).await;
    world.tell(session, C::StartTurn).await;
    let call = ToolCall { call_id: "1-1".into(), tool: tool.into(), arguments: arguments.to_string() };
    let answer = Answer { text: String::new(), tool_calls: vec![call] };
    world
        .tell(session, C::CompleteTurn { answer, model: "test-1".into(), tokens: Tokens::default(), micro_usd: None, duration_ms: 1 })
        .await;
    world.model.then(says("done"));
    session
}

async fn started(world: &World, session: SessionId, effect: Effect, changes: Option<Vec<PlannedChange>>) {
    world.tell(session, C::StartCall { call_id: "1-1".into(), effect, changes }).await;
}

async fn planned(world: &World, session: SessionId, path: &str, before: Option<&str>, after: Option<&str>) -> PlannedChange {
    let (mut before_blob, mut after_blob) = (None, None);
    for (content, blob) in [(before, &mut before_blob), (after, &mut after_blob)] {
        if let Some(content) = content {
            let bytes = Bytes::copy_from_slice(content.as_bytes());
            *blob = Some(world.hands.commands.blobs().put(&format!("session-{session}"), bytes).await.expect("kept").0);
        }
    }
    PlannedChange { path: path.into(), before: before.map(sha256), before_blob, after: after.map(sha256), after_blob, mode: None }
}

#[tokio::test]
async fn a_turn_that_was_open_is_asked_again() {
    let world = World::new().await;
    let session = world.request(EditMode::Allow, Budget::default()).await;
    world.tell(session, C::BeginRun { worker: "dead".into() }).await;
    world.tell(session, C::StartTurn).await;
    world.model.then(says("done"));
    let story = world.run(session).await;
    assert_eq!(story.status(), "completed");
    assert_eq!(world.model.asked.lock().expect("unbroken")[0].attempt_index, 0);
}

#[tokio::test]
async fn reading_is_done_again() {
    let world = World::new().await;
    world.write("a.txt", "one\n");
    let session = called(&world, "read_file", json!({"file_path": "a.txt"})).await;
    started(&world, session, Effect::Read, None).await;
    let story = world.run(session).await;
    assert_eq!(story.results(), [(O::Ok, "     1\tone\n".into())]);
    assert_eq!(story.status(), "completed");
}

#[tokio::test]
async fn a_change_is_completed_as_if_undisturbed_whether_it_was_made_or_not() {
    let mut told = Vec::new();
    for on_disk in ["one\n", "two\n"] {
        let world = World::new().await;
        world.write("a.txt", on_disk);
        let session = called(&world, "write_file", json!({"file_path": "a.txt", "content": "two\n"})).await;
        let change = planned(&world, session, "a.txt", Some("one\n"), Some("two\n")).await;
        started(&world, session, Effect::Files, Some(vec![change])).await;
        let story = world.run(session).await;
        assert_eq!(world.content("a.txt").as_deref(), Some("two\n"));
        told.extend(story.results());
    }
    let world = World::new().await;
    world.write("a.txt", "one\n");
    told.push(world.call("write_file", json!({"file_path": "a.txt", "content": "two\n"})).await);
    assert!(told.iter().all(|result| *result == told[0] && result.0 == O::Ok), "{told:?}");
}

#[tokio::test]
async fn a_half_move_is_completed() {
    let world = World::new().await;
    world.write("a.txt", "x\n");
    world.write("b.txt", "x\n");
    let session = called(&world, "move_file", json!({"from": "a.txt", "to": "b.txt"})).await;
    let changes =
        vec![planned(&world, session, "b.txt", None, Some("x\n")).await, planned(&world, session, "a.txt", Some("x\n"), None).await];
    started(&world, session, Effect::Files, Some(changes)).await;
    let story = world.run(session).await;
    assert_eq!(story.results(), [(O::Ok, "Moved a.txt to b.txt.".into())]);
    assert_eq!((world.content("a.txt"), world.content("b.txt").as_deref()), (None, Some("x\n")));
}

#[tokio::test]
async fn a_half_move_whose_source_somebody_changed_is_undone() {
    let world = World::new().await;
    world.write("a.txt", "mine\n");
    world.write("b.txt", "x\n");
    let session = called(&world, "move_file", json!({"from": "a.txt", "to": "b.txt"})).await;
    let changes =
        vec![planned(&world, session, "b.txt", None, Some("x\n")).await, planned(&world, session, "a.txt", Some("x\n"), None).await];
    started(&world, session, Effect::Files, Some(changes)).await;
    let story = world.run(session).await;
    let (outcome, text) = story.results().remove(0);
    assert!(outcome == O::Failed && text.contains("changed meanwhile"), "{text}");
    assert_eq!(world.content("a.txt").as_deref(), Some("mine\n"));
    assert!(!exists(&world.root.join("b.txt")));
}

#[tokio::test]
async fn a_command_in_doubt_is_never_run_again() {
    let world = World::new().await;
    let session = called(&world, "bash_exec", json!({"command": "make deploy"})).await;
    started(&world, session, Effect::Shell, None).await;
    let story = world.run(session).await;
    assert_eq!(world.sandbox.runs.load(Ordering::SeqCst), 0);
    let (outcome, text) = story.results().remove(0);
    assert!(outcome == O::Interrupted && text.contains("Check what it did before you repeat it"), "{text}");
    assert_eq!(story.status(), "completed");
}

#[tokio::test]
async fn a_call_that_was_not_started_is_done_in_the_ordinary_way() {
    let world = World::new().await;
    let session = called(&world, "write_file", json!({"file_path": "a.txt", "content": "x"})).await;
    let story = world.run(session).await;
    assert_eq!(story.results()[0].0, O::Ok);
    assert_eq!(world.content("a.txt").as_deref(), Some("x"));
}
