//! Taking up sessions: in order, one per project, given up tidily.

use std::time::Duration;

use opensail_domain::agent_session::AgentSessionEvent;
use opensail_domain::agent_session::event::{Budget, EditMode};
use opensail_domain::project::Source;
use opensail_eventstore::LeaseError;
use serde_json::json;

use crate::project::lease_of;
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
