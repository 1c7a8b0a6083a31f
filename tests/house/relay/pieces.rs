//! Pieces of work that come again, in another order, too late, or whose NATS dies while they are in somebody's hands: what they stand for is
//! done once.

use opensail_eventstore::conformance::relay::servers::{Kind, RelayServer};
use opensail_tests::world::until;
use rustix::process::Signal;
use serde_json::json;

use super::Fleet;
use super::outages::readiness_is;
use super::stranger::Stranger;

/// Sessions at work at once.
const SESSIONS: usize = 3;

async fn with_nats() -> Fleet {
    Fleet::new(None, Some(RelayServer::start(Kind::Nats).await)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pieces_that_come_again_begin_nothing_again() {
    let mut fleet = with_nats().await;
    // Who is stopped below keeps what it works on.
    fleet.cluster.set("OPENSAIL_LEASE_SECONDS", "60");
    let node = fleet.cluster.start("api").await;
    let (one, other) = fleet.two_workers().await;
    let token = fleet.admin(&node).await;
    let (mut answers, mut sessions) = (Vec::new(), Vec::new());
    for _ in 0..SESSIONS {
        answers.push(fleet.author.answer());
        let (_, project, _) = fleet.cluster.project(&node, &token).await;
        sessions.push(fleet.cluster.session(&node, &token, &project, json!({ "task": "sail" })).await);
    }
    until("every session's turn", async || (fleet.author.asked() == SESSIONS).then_some(())).await;

    let mut stranger = Stranger::at(&fleet).await;
    stranger.echo().await;
    stranger.is_looked_at(&[&one, &other]).await;
    until("a piece in the hands of a worker that stands still", async || {
        stranger.foretell().await;
        one.signal(Signal::STOP);
        // The other has one at most.
        let held = stranger.in_hands().await == 2;
        if !held {
            one.signal(Signal::CONT);
        }
        held.then_some(())
    })
    .await;
    until("the other worker to be given that one too", async || (stranger.in_hands().await == 0).then_some(())).await;
    one.signal(Signal::CONT);

    answers.iter().for_each(|answer| answer.write("aye"));
    drop(answers);
    for session in &sessions {
        fleet.completes_once(&node, &token, session, 1).await;
    }
    // And when all is over.
    stranger.echo().await;
    stranger.is_looked_at(&[&one, &other]).await;
    for session in &sessions {
        fleet.completes_once(&node, &token, session, 1).await;
    }
    assert_eq!(fleet.author.asked(), SESSIONS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_dies_while_pieces_are_in_hand_and_a_command_runs() {
    let mut fleet = with_nats().await;
    let node = fleet.cluster.start("api").await;
    let (one, other) = fleet.two_workers().await;
    let token = fleet.admin(&node).await;
    let (_, project, folder) = fleet.cluster.project(&node, &token).await;
    let (_, another, _) = fleet.cluster.project(&node, &token).await;
    let pipe = folder.join("go");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
    fleet.author.call("bash_exec", json!({ "command": "echo ran >> ran && cat go" }));
    let answer = fleet.author.answer();
    let session = fleet.cluster.session(&node, &token, &project, json!({ "task": "sail", "edit_mode": "allow" })).await;
    // It goes on when it is written to.
    let writing = tokio::task::spawn_blocking(move || std::fs::OpenOptions::new().write(true).open(pipe).expect("the command reads"));
    let writing = writing.await.expect("no panic");
    let mut stranger = Stranger::at(&fleet).await;
    until("a piece in each worker's hands", async || {
        stranger.foretell().await;
        (stranger.in_hands().await == 2).then_some(())
    })
    .await;

    fleet.nats.as_mut().expect("a NATS").kill().await;
    drop(writing);
    until("the second turn", async || (fleet.author.asked() == 2).then_some(())).await;
    // Asked for while nobody can say so.
    let next = fleet.cluster.session(&node, &token, &another, json!({ "task": "sail on" })).await;
    fleet.nats.as_mut().expect("a NATS").back_empty().await;
    readiness_is(&fleet, &[&node, &one, &other], "ready").await;
    answer.write("aye");
    drop(answer);

    fleet.completes_once(&node, &token, &session, 2).await;
    fleet.completes_once(&node, &token, &next, 1).await;
    for once in ["agent_session.tool_call_started", "agent_session.tool_call_completed"] {
        assert_eq!(fleet.cluster.count(&node, &token, &session, once).await, 1, "{once}");
    }
    assert_eq!(std::fs::read_to_string(folder.join("ran")).expect("written"), "ran\n");
    assert_eq!(fleet.author.asked(), 3);
}
