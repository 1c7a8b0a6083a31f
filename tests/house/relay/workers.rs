//! Workers that die or sleep: their sessions go on elsewhere, and what a ghost still does lands nowhere.

use std::time::{Duration, Instant};

use opensail_tests::world::{until, until_within};
use rustix::process::Signal;
use serde_json::{Value, json};

use super::{Fleet, until_text};

/// With the worker dies the node at which its session is watched.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_workers_session_goes_on_at_the_other_and_its_reader_at_another_node() {
    let fleet = Fleet::with_relays().await;
    let cluster = &fleet.cluster;
    let (one, other) = fleet.two_api_nodes().await;
    let first = cluster.start("worker").await;
    let token = fleet.admin(&one).await;
    let (_, project, folder) = cluster.project(&one, &token).await;
    fleet.author.call("write_file", json!({ "file_path": "a.txt", "content": "a" }));
    // It never ends: the worker dies in the midst of it.
    let words = fleet.author.answer();
    words.write("half a sen");
    let session = cluster.session(&one, &token, &project, json!({ "task": "sail", "edit_mode": "allow" })).await;
    let mut here = fleet.watch(&one, &token, &session, None).await;
    let mut seen = until_text(&mut here, "half a sen").await;
    let _second = cluster.start("worker").await;
    fleet.author.call("write_file", json!({ "file_path": "b.txt", "content": "b" }));
    let last = fleet.author.answer();
    tokio::join!(first.kill(), one.kill());
    let killed = Instant::now();

    seen.extend(here.until("end").await);
    let at = seen.last().and_then(|frame| frame.id.clone()).expect("a place");
    let mut there = fleet.watch(&other, &token, &session, Some(&at)).await;
    until("the other worker to ask", async || (fleet.author.asked() > 2).then_some(())).await;
    println!("a killed worker's session went on after {:.1} s", killed.elapsed().as_secs_f64());
    // It begins as the dead one's, which the node may still remember.
    last.write("half a sentence");
    seen.extend(until_text(&mut there, "half a sentence").await);
    drop(last);
    seen.extend(there.until("end").await);

    fleet.saw_it_all(&other, &token, &session, &seen).await;
    cluster.session_is(&other, &token, &session, &["completed"]).await;
    for (name, content) in [("a.txt", "a"), ("b.txt", "b")] {
        assert_eq!(std::fs::read_to_string(folder.join(name)).expect("written"), content);
    }
    let events = cluster.events(&other, &token, &session).await;
    let runs = events.iter().filter(|event| event["type"] == "agent_session.run_started");
    let workers: Vec<&Value> = runs.map(|event| &event["data"]["worker"]).collect();
    assert!(workers.len() == 2 && workers[0] != workers[1], "{workers:?}");
    // What was done before was not done again.
    for (of_type, times) in [("agent_session.tool_call_started", 2), ("agent_session.completed", 1)] {
        assert_eq!(cluster.count(&other, &token, &session, of_type).await, times, "{of_type}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_workers_ghost_is_fenced() {
    let fleet = Fleet::with_relays().await;
    let cluster = &fleet.cluster;
    let (node, ghost) = (cluster.start("api").await, cluster.start("worker").await);
    let token = fleet.admin(&node).await;
    let (_, project, folder) = cluster.project(&node, &token).await;
    let pipe = folder.join("go");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
    fleet.author.call("bash_exec", json!({ "command": "cat go" }));
    let session = cluster.session(&node, &token, &project, json!({ "task": "sail", "edit_mode": "allow" })).await;
    until("the command to run", async || {
        (cluster.count(&node, &token, &session, "agent_session.tool_call_started").await == 1).then_some(())
    })
    .await;
    ghost.signal(Signal::STOP);
    let stopped = Instant::now();
    let _second = cluster.start("worker").await;
    // Longer than a lease lasts, whatever the machine is doing.
    until_within(Duration::from_secs(180), "the other worker to take over", async || {
        let details = cluster.get(&node, &token, &format!("/api/v1/sessions/{session}")).await;
        (details["status"] == "completed").then_some(())
    })
    .await;
    println!("a stopped worker's session went on after {:.1} s", stopped.elapsed().as_secs_f64());
    let before = cluster.events(&node, &token, &session).await;

    // The command ends, and its worker wakes up and wants to say so.
    let open = tokio::task::spawn_blocking(move || std::fs::OpenOptions::new().write(true).read(true).open(pipe).expect("opened"));
    let mut open = open.await.expect("no panic");
    ghost.signal(Signal::CONT);
    std::io::Write::write_all(&mut open, b"from the ghost\n").expect("written");
    drop(open);
    until("the ghost to find its lease gone", async || {
        let log = ghost.log();
        (log.contains("its run is dropped") || log.contains("went to another worker")).then_some(())
    })
    .await;
    // It works again for whoever asks; what it did as a ghost is nowhere.
    fleet.author.call("write_file", json!({ "file_path": "later.txt", "content": "later" }));
    let next = cluster.session(&node, &token, &project, json!({ "task": "sail on", "edit_mode": "allow" })).await;
    cluster.session_is(&node, &token, &next, &["completed"]).await;
    assert_eq!(cluster.events(&node, &token, &session).await, before);
    let outcomes: Vec<&Value> = before.iter().filter(|event| event["type"] == "agent_session.tool_call_completed").collect();
    assert_eq!(outcomes.len(), 1);
    assert_eq!(outcomes[0]["data"]["outcome"], "interrupted", "{}", outcomes[0]);
}

/// Work is shared: of many sessions each is done once, whoever does it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_do_each_session_once() {
    let fleet = Fleet::with_relays().await;
    let cluster = &fleet.cluster;
    let node = cluster.start("api").await;
    let _workers = fleet.two_workers().await;
    let token = fleet.admin(&node).await;
    let mut sessions = Vec::new();
    for _ in 0..6 {
        let (_, project, _) = cluster.project(&node, &token).await;
        sessions.push(cluster.session(&node, &token, &project, json!({ "task": "sail" })).await);
    }
    for session in &sessions {
        fleet.completes_once(&node, &token, session, 1).await;
    }
    assert_eq!(fleet.author.asked(), sessions.len());
}
