//! The files after each call with effects.

use opensail_domain::agent_session::command::CompleteCall;
use opensail_domain::agent_session::event::{Budget, EditMode, Effect, WorkspaceCaptured};
use opensail_domain::agent_session::message::CallOutcome;
use opensail_domain::agent_session::{AgentSessionCommand, AgentSessionEvent};
use opensail_domain::kernel::Private;
use opensail_domain::project::Source;
use serde_json::json;

use crate::test_world::{Play, Story, World, calls, says};
use opensail_commands::ports::sandbox::SandboxEnd;

fn captures(story: &Story) -> Vec<&WorkspaceCaptured> {
    let captured = story.events.iter().filter_map(|event| match event {
        AgentSessionEvent::WorkspaceCaptured(captured) => Some(captured),
        _ => None,
    });
    captured.collect()
}

/// Versions at which calls were completed, with their ids.
fn completed(story: &Story) -> Vec<(String, u64)> {
    let events = story.events.iter().zip(1..);
    let completed = events.filter_map(|(event, version)| match event {
        AgentSessionEvent::ToolCallCompleted(done) => Some((done.call_id.clone(), version)),
        _ => None,
    });
    completed.collect()
}

async fn project(world: &World) {
    let path = world.root.display().to_string();
    world.create_project(world.project, Source::Folder { path }).await;
}

#[tokio::test]
async fn each_call_with_effects_is_followed_by_its_files() {
    let world = World::new().await;
    project(&world).await;
    world.sandbox.then(Play::Ends("", SandboxEnd::Exited(0)));
    world.model.then(calls(&[
        ("write_file", json!({ "file_path": "a.txt", "content": "one" })),
        ("read_file", json!({ "file_path": "a.txt" })),
        ("bash_exec", json!({ "command": "true" })),
        ("write_file", json!({ "file_path": "a.txt", "content": "two" })),
    ]));
    world.model.then(says("done"));
    let session = world.request(EditMode::Allow, Budget::default()).await;
    let story = world.run(session).await;
    assert_eq!(story.status(), "completed");
    let done = completed(&story);
    let captured = captures(&story);
    let of: Vec<_> = captured.iter().map(|captured| (captured.call_id.clone(), captured.version)).collect();
    let call = |at: usize| (Some(done[at].0.clone()), done[at].1);
    assert_eq!(of[1..], [call(0), call(2), call(3)], "reading has no files of its own");
    assert_eq!(of[0].0, None, "and the run began with some");
    assert!(captured.iter().all(|captured| !captured.late));
    assert_eq!(captured[1].paths.as_ref().and_then(Private::value), Some(&vec!["a.txt".to_owned()]));
    assert_eq!((captured[1].changed, captured[2].changed), (Some(1), Some(0)));
    let read = async |at: usize| {
        let snapshots = world.hands.commands.snapshots();
        snapshots.read(world.project, &captured[at].tree.snapshot, "a.txt", 100).await.expect("read").map(|bytes| bytes.to_vec())
    };
    assert_eq!((read(0).await, read(1).await, read(3).await), (None, Some(b"one".to_vec()), Some(b"two".to_vec())));
    // Each effect waited for the files before it.
    let place = |wanted: &dyn Fn(&AgentSessionEvent) -> bool| story.events.iter().position(wanted).expect("there");
    let captured_first = place(&|event| matches!(event, AgentSessionEvent::WorkspaceCaptured(e) if e.call_id.as_ref() == Some(&done[0].0)));
    let shell = place(&|event| matches!(event, AgentSessionEvent::ToolCallStarted(e) if e.effect == Effect::Shell));
    assert!(captured_first < shell);
    let end = place(&|event| matches!(event, AgentSessionEvent::Completed(_)));
    assert!(story.events.iter().rposition(|event| matches!(event, AgentSessionEvent::WorkspaceCaptured(_))).expect("there") < end);
}

#[tokio::test]
async fn a_capture_that_a_crash_prevented_is_made_up() {
    let world = World::new().await;
    project(&world).await;
    let session = world.request(EditMode::Allow, Budget::default()).await;
    // What an earlier run left: a completed call, and no files.
    world.tell(session, AgentSessionCommand::BeginRun { worker: "dead".into() }).await;
    world.tell(session, AgentSessionCommand::StartTurn).await;
    let answer = opensail_domain::agent_session::message::Answer {
        text: String::new(),
        tool_calls: vec![opensail_domain::agent_session::message::ToolCall {
            call_id: "1-1".into(),
            tool: "bash_exec".into(),
            arguments: json!({ "command": "true" }).to_string(),
        }],
    };
    let (model, tokens) = ("test".to_owned(), Default::default());
    world.tell(session, AgentSessionCommand::CompleteTurn { answer, model, tokens, micro_usd: None, duration_ms: 1 }).await;
    let (call_id, effect) = ("1-1".to_owned(), Effect::Shell);
    world.tell(session, AgentSessionCommand::StartCall { call_id: call_id.clone(), effect, changes: None }).await;
    let (outcome, output) = (CallOutcome::Ok, String::new());
    let done = CompleteCall { call_id, outcome, output, full_output: None, exit_code: Some(0), duration_ms: 1 };
    world.tell(session, AgentSessionCommand::CompleteCall(Box::new(done))).await;
    world.write("made.txt", "by the command");
    world.model.then(says("done"));
    let story = world.run(session).await;
    let captured = captures(&story);
    assert_eq!(captured.len(), 1, "it stands for the beginning of the run too");
    assert_eq!((captured[0].call_id.as_deref(), captured[0].version, captured[0].late), (Some("1-1"), completed(&story)[0].1, true));
    let snapshots = world.hands.commands.snapshots();
    let made = snapshots.read(world.project, &captured[0].tree.snapshot, "made.txt", 100).await.expect("read");
    assert_eq!(made.as_deref(), Some(b"by the command".as_slice()));
}
