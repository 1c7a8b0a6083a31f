//! Taking up sessions: in order, one per project, given up tidily.

use std::time::Duration;

use opensail_commands::Caller;
use opensail_commands::ports::sandbox::SandboxEnd;
use opensail_domain::agent_session::event::{Budget, EditMode, UndoStarted};
use opensail_domain::agent_session::{AgentSessionCommand, AgentSessionEvent};
use opensail_domain::kernel::{AccountId, Event};
use opensail_domain::project::Source;
use opensail_eventstore::LeaseError;
use serde_json::json;
use uuid::Uuid;

use crate::project::lease_of;
use crate::reconciler::Reconciler;
use crate::supervisor::Supervisor;
use crate::test_world::{Line, Play, World, calls, says};

async fn with_project(world: &World) {
    world.create_project(world.project, Source::Folder { path: world.root.to_string_lossy().into_owned() }).await;
}

#[tokio::test]
async fn the_sessions_of_a_project_run_one_after_the_other_in_their_order() {
    let world = World::new().await;
    with_project(&world).await;
    world.model.then(calls(&[("write_file", json!({"file_path": "a.txt", "content": "1"}))])).then(says("one")).then(says("two"));
    let first = world.request(EditMode::Allow, Budget::default()).await;
    let second = world.request(EditMode::Allow, Budget::default()).await;
    let supervisor = Supervisor::default();
    crate::start(&supervisor, world.hands.clone());
    world.until(second, |story| story.status() == "completed").await;
    assert_eq!(world.story(first).await.status(), "completed");
    let asked: Vec<u64> = world.model.asked.lock().expect("unbroken").iter().map(|request| request.attempt_index).collect();
    assert_eq!(asked, [0, 1, 0]);
    supervisor.stop(Duration::from_secs(10)).await;
}

#[tokio::test]
async fn stopping_abandons_the_run_and_gives_the_lease_back() {
    let world = World::new().await;
    with_project(&world).await;
    world.model.then(calls(&[("bash_exec", json!({"command": "sleep 100"}))]));
    world.sandbox.then(Play::Hangs("partial"));
    let session = world.request(EditMode::Allow, Budget::default()).await;
    let supervisor = Supervisor::default();
    crate::start(&supervisor, world.hands.clone());
    world.until(session, |story| story.types().contains(&"tool_call_started")).await;
    let resource = lease_of(world.project);
    let other = world.hands.leases.acquire(&resource, "another", Duration::from_secs(1)).await;
    assert!(matches!(other, Err(LeaseError::Held { .. })));
    supervisor.stop(Duration::from_secs(10)).await;
    assert_eq!(world.story(session).await.types().last(), Some(&"tool_call_started"));
    world.hands.leases.acquire(&resource, "another", Duration::from_secs(1)).await.expect("free");
}

#[tokio::test]
async fn a_session_whose_project_is_gone_fails_and_says_so() {
    let world = World::new().await;
    let session = world.request(EditMode::Allow, Budget::default()).await;
    world.model.then(Line::Hangs);
    let supervisor = Supervisor::default();
    crate::start(&supervisor, world.hands.clone());
    let story = world.until(session, |story| story.status() == "failed").await;
    assert_eq!(story.types().last(), Some(&"failed"));
    supervisor.stop(Duration::from_secs(10)).await;
}

#[tokio::test]
async fn a_session_whose_runs_panic_fails_and_the_next_one_runs() {
    let world = World::new().await;
    with_project(&world).await;
    let panicking = world.request(EditMode::Allow, Budget::default()).await;
    // The sandbox panics on a command it has no play for. A started command is not run again, so each run needs a new call.
    for _ in 0..3 {
        world.model.then(calls(&[("bash_exec", json!({"command": "unplayed"}))]));
    }
    let supervisor = Supervisor::default();
    crate::start(&supervisor, world.hands.clone());
    let story = world.until(panicking, |story| story.status() == "failed").await;
    assert!(matches!(story.events.last(), Some(AgentSessionEvent::Failed(e)) if e.reason == "worker_error"));
    supervisor.stop(Duration::from_secs(10)).await;
}

/// Two processes look for work in one journal: each session runs once, on one of them, and no two of a project at the same time.
#[tokio::test]
async fn two_workers_after_the_same_sessions_do_each_once() {
    let world = World::new().await;
    with_project(&world).await;
    let sessions = 0..4;
    for _ in sessions.clone() {
        world.model.then(calls(&[("bash_exec", json!({"command": "count"}))])).then(says("done"));
        world.sandbox.then(Play::Ends("counted", SandboxEnd::Exited(0)));
    }
    let supervisors = [Supervisor::default(), Supervisor::default()];
    for (number, supervisor) in supervisors.iter().enumerate() {
        crate::start(supervisor, crate::Hands { worker: format!("node{number}/boot"), ..world.hands.clone() });
    }
    let mut requested = Vec::new();
    for _ in sessions.clone() {
        requested.push(world.request(EditMode::Allow, Budget::default()).await);
    }
    let mut spans = Vec::new();
    for session in requested {
        let story = world.until(session, |story| matches!(story.status(), "completed" | "failed")).await;
        assert_eq!(story.status(), "completed");
        for once in ["run_started", "tool_call_started", "tool_call_completed", "completed"] {
            assert_eq!(story.types().iter().filter(|kind| **kind == once).count(), 1, "{once} in {:?}", story.types());
        }
        let (events, _) = world.hands.commands.read_session(session, None).await.expect("a session");
        let at = |wanted: &str| {
            events.iter().find(|(_, event)| event.event_type() == wanted).map(|(recorded, _)| recorded.position).expect("its event")
        };
        spans.push((at("agent_session.run_started"), at("agent_session.completed")));
    }
    assert!(spans.windows(2).all(|pair| pair[0].1 < pair[1].0), "one after the other: {spans:?}");
    assert_eq!(world.sandbox.ran.lock().expect("unbroken").len(), sessions.len());
    assert_eq!(world.model.asked.lock().expect("unbroken").len(), 2 * sessions.len());
    for supervisor in supervisors {
        supervisor.stop(Duration::from_secs(10)).await;
    }
}

#[tokio::test]
async fn what_a_crash_left_open_in_the_files_is_ended_before_a_run_begins_there() {
    let world = World::new().await;
    world.create_team().await;
    with_project(&world).await;
    world.model.then(calls(&[("write_file", json!({"file_path": "a.txt", "content": "1"}))])).then(says("one")).then(says("two"));
    let first = world.request(EditMode::Allow, Budget::default()).await;
    let snapshots: Vec<String> = world.run(first).await.events.iter().filter_map(captured).collect();
    let [goal, before] = &snapshots[..] else { panic!("two snapshots: {snapshots:?}") };
    // An undo whose process died when its plan was written.
    let second = world.request(EditMode::Allow, Budget::default()).await;
    let lease = world.hands.leases.acquire(&lease_of(world.project), "undo/dead", Duration::from_secs(60)).await.expect("free");
    let plan = UndoStarted { to: 2, before: before.clone(), goal: goal.clone(), requested_by: AccountId(Uuid::now_v7()) };
    let undo = AgentSessionCommand::StartUndo(plan);
    world.hands.commands.drive(&Caller::system("test"), lease.fence(), first, undo).await.expect("planned");
    world.hands.leases.release(&lease).await.expect("free again");
    let take_up = crate::agent_session::TakeUpSessions::new(world.hands.clone());
    let head = world.hands.commands.journal().head().await.expect("a head");
    world.hands.feed.wait_for(head.position).await.expect("seen");
    // Alone: nobody else ends it.
    take_up.reconcile().await.expect("looked");
    world.until(second, |story| story.status() == "completed").await;
    take_up.stop().await;
    assert!(world.story(first).await.types().contains(&"undone"));
    let began = world.story(second).await.events.iter().find_map(captured);
    assert_eq!(began.as_ref(), Some(goal), "it began with the files as the undo left them");
}

fn captured(event: &AgentSessionEvent) -> Option<String> {
    match event {
        AgentSessionEvent::WorkspaceCaptured(captured) => Some(captured.tree.snapshot.clone()),
        _ => None,
    }
}
