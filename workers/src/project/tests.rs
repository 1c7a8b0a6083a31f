//! Preparing projects, with the workers running.

use std::time::Duration;

use opensail_domain::kernel::ProjectId;
use opensail_domain::project::{Project, Source};
use opensail_eventstore::{Filter, StreamId};

use super::load;
use crate::supervisor::Supervisor;
use crate::test_world::{Play, World, exists};

async fn prepared(world: &World, source: Source) -> (ProjectId, Project) {
    let project = ProjectId(uuid::Uuid::now_v7());
    let streams = vec![StreamId::new("project", project)];
    let mut feed = world.hands.tail.subscribe(0, Filter { streams, ..Filter::default() });
    let supervisor = Supervisor::default();
    crate::start(&supervisor, world.hands.clone());
    world.create_project(project, source).await;
    let wait = async {
        loop {
            match load(&world.hands.commands, project).await.expect("a project") {
                Project::Absent | Project::Preparing(_) => feed.next().await.map(drop).expect("a journal"),
                settled => return settled,
            }
        }
    };
    let settled = tokio::time::timeout(Duration::from_secs(30), wait).await.expect("an end");
    supervisor.stop(Duration::from_secs(10)).await;
    (project, settled)
}

#[tokio::test]
async fn an_empty_project_gets_a_folder() {
    let world = World::new().await;
    let (project, state) = prepared(&world, Source::Empty).await;
    assert!(state.ready());
    assert!(exists(&world.hands.commands.project_root(state.home().expect("a home"), project)));
}

#[tokio::test]
async fn a_template_is_written_over_whatever_a_half_try_left() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new().await;
    let (_, state) = prepared(&world, Source::Template { name: "shell-starter".into() }).await;
    assert!(state.ready());
    let (project, state) = prepared(&world, Source::Template { name: "static-site".into() }).await;
    let root = world.hands.commands.project_root(state.home().expect("a home"), project);
    assert!(exists(&root.join("index.html")));
    let starter = std::fs::read_dir(root.parent().expect("a folder")).expect("projects").flatten();
    let script = starter.map(|entry| entry.path().join("tests/run.sh")).find(|path| exists(path)).expect("the starter");
    assert_eq!(script.metadata().expect("a file").permissions().mode() & 0o777, 0o755);
}

#[tokio::test]
async fn an_unknown_template_fails_with_a_reason() {
    let world = World::new().await;
    let (_, state) = prepared(&world, Source::Template { name: "none".into() }).await;
    assert!(matches!(state, Project::Failed(_)));
}

#[tokio::test]
async fn a_failing_clone_fails_the_project_and_runs_with_network_and_without_hooks() {
    let world = World::new().await;
    world.sandbox.then(Play::Ends("fatal: repository not found", opensail_commands::ports::sandbox::SandboxEnd::Exited(128)));
    let source = Source::Git { url: "https://192.0.2.1/none.git".into(), reference: Some("main".into()) };
    let (_, state) = prepared(&world, source).await;
    assert!(matches!(state, Project::Failed(_)));
    let ran = world.sandbox.ran.lock().expect("unbroken");
    assert!(ran[0].network.is_some());
    for wanted in ["core.hooksPath=/dev/null", "credential.helper=", "protocol.file.allow=never", "--no-recurse-submodules"] {
        assert!(ran[0].argv.iter().any(|argument| argument == wanted), "{wanted}");
    }
}
