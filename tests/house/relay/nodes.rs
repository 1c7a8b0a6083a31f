//! Readers at several nodes: what one node shows another shows, and who loses one goes on at the next.

use std::time::Duration;

use opensail_tests::world::until;
use serde_json::json;

use super::{Fleet, until_text, until_text_from};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_goes_on_at_another_node_and_words_reach_both() {
    let fleet = Fleet::with_relays().await;
    let (one, other) = fleet.two_api_nodes().await;
    let _worker = fleet.cluster.start("worker").await;
    let token = fleet.admin(&one).await;
    let (_, project, _) = fleet.cluster.project(&one, &token).await;

    let words = fleet.author.answer();
    fleet.author.call("write_file", json!({ "file_path": "a.txt", "content": "a" }));
    let last = fleet.author.answer();
    words.write("Schöne ");
    let session = fleet.cluster.session(&one, &token, &project, json!({ "task": "sail", "edit_mode": "allow" })).await;
    let mut here = fleet.watch(&one, &token, &session, None).await;
    let mut there = fleet.watch(&other, &token, &session, None).await;
    let mut seen = until_text(&mut here, "Schöne ").await;
    until_text(&mut there, "Schöne ").await;
    words.write("Grüße ");
    words.write("⛵");
    // Somebody who comes late is told what was written.
    let mut late = fleet.watch(&other, &token, &session, None).await;
    until_text(&mut late, "Schöne Grüße ⛵").await;
    seen.extend(until_text_from(&mut here, "Schöne ", "Schöne Grüße ⛵").await);

    one.kill().await;
    drop(words);
    let at = seen.last().and_then(|frame| frame.id.clone()).expect("a place");
    let mut resumed = fleet.watch(&other, &token, &session, Some(&at)).await;
    // The first answer called nothing, so the session ends; it is asked to go on.
    seen.extend(resumed.until("end").await);
    let path = format!("/api/v1/sessions/{session}/messages");
    fleet.cluster.post(&other, &token, &path, json!({ "text": "and now?" })).await.expect(202);
    let at = seen.last().and_then(|frame| frame.id.clone()).expect("a place");
    let mut resumed = fleet.watch(&other, &token, &session, Some(&at)).await;
    last.write("done");
    drop(last);
    seen.extend(resumed.until("end").await);

    fleet.saw_it_all(&other, &token, &session, &seen).await;
    fleet.cluster.session_is(&other, &token, &session, &["completed"]).await;
}

/// A command's output is written in a worker and read at an API node.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commands_output_reaches_another_node_while_it_runs() {
    let fleet = Fleet::with_relays().await;
    let (node, worker) = (fleet.cluster.start("api").await, fleet.cluster.start("worker").await);
    let token = fleet.admin(&node).await;
    let (_, project, folder) = fleet.cluster.project(&node, &token).await;
    let pipe = folder.join("words");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
    fleet.author.call("bash_exec", json!({ "command": "cat words" }));
    let session = fleet.cluster.session(&node, &token, &project, json!({ "task": "sail", "edit_mode": "allow" })).await;
    let mut watch = fleet.watch(&node, &token, &session, None).await;
    let writing = tokio::task::spawn_blocking(move || std::fs::OpenOptions::new().write(true).open(pipe).expect("the command reads"));
    let mut writing = writing.await.expect("no panic");
    std::io::Write::write_all(&mut writing, b"ahoy\n").expect("written");
    loop {
        let frame = watch.next().await.expect("the stream goes on");
        if frame.event == "progress" && frame.data.contains("ahoy") {
            break;
        }
        assert_ne!(frame.event, "agent_session.tool_call_completed", "{}", worker.log());
    }
    drop(writing);
    fleet.cluster.session_is(&node, &token, &session, &["completed"]).await;
}

/// What a node keeps in memory is right when another has changed it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_chosen_at_one_node_is_every_nodes_model() {
    let author = super::Author::start().await;
    // Nothing in the settings, so that it may be chosen.
    let cluster = opensail_tests::cluster::Cluster::new(crate::PROGRAM, &[]).await;
    let (one, other) = (cluster.start("api").await, cluster.start("api").await);
    let worker = cluster.start("worker").await;
    let token = cluster.sign_in(&one, super::ADMIN).await;
    let (_, project, _) = cluster.project(&other, &token).await;
    let choice = json!({ "provider": "openai", "name": "author", "base_url": author.base_url, "api_key": "sk-author" });
    cluster.ask(&one, &token, reqwest::Method::PUT, "/api/v1/model", Some(&choice)).await.expect(200);
    until("the other node to use it", async || {
        let tested = cluster.post(&other, &token, "/api/v1/model/test", json!({})).await.expect(200);
        (tested["ok"] == true && tested["model"] == "author").then_some(())
    })
    .await;
    let asked = author.asked();
    let session = cluster.session(&other, &token, &project, json!({ "task": "sail" })).await;
    cluster.session_is(&other, &token, &session, &["completed"]).await;
    assert!(author.asked() > asked, "the worker asked the model that was chosen: {}", worker.log());
}

/// Events need nothing but PostgreSQL to reach a reader at another node.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_relays_everything_is_the_same_but_the_words() {
    let fleet = Fleet::without_relays().await;
    let (one, other) = fleet.two_api_nodes().await;
    let _worker = fleet.cluster.start("worker").await;
    let token = fleet.admin(&one).await;
    let (_, project, folder) = fleet.cluster.project(&one, &token).await;
    fleet.author.call("write_file", json!({ "file_path": "a.txt", "content": "a" }));
    let session = fleet.cluster.session(&one, &token, &project, json!({ "task": "sail", "edit_mode": "allow" })).await;
    let mut there = fleet.watch(&other, &token, &session, None).await;
    let seen = tokio::time::timeout(Duration::from_secs(60), there.until("end")).await.expect("an end");
    let listed = fleet.cluster.events(&other, &token, &session).await;
    let durable: Vec<_> = seen.iter().filter(|frame| frame.event.starts_with("agent_session.")).collect();
    assert_eq!(durable.len(), listed.len());
    assert_eq!(std::fs::read_to_string(folder.join("a.txt")).expect("written"), "a");
}
