//! How a server ends, well or badly, and what is left of it.

use std::time::Duration;

use opensail_tests::watch::Watch;
use opensail_tests::world::{World, until};
use serde_json::json;

use crate::PROGRAM;

fn anyone_with(mark: &str) -> bool {
    let entries = std::fs::read_dir("/proc").expect("a /proc").flatten();
    let mut lines = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines.any(|line| String::from_utf8_lossy(&line).contains(mark))
}

async fn running_command(world: &World, mark: &str) -> String {
    let (project, folder) = world.project("boat").await;
    let command = format!("touch begun; setsid sleep {mark} & sleep {mark}");
    let shell = json!({ "tool_calls": [{ "name": "bash_exec", "arguments": { "command": command } }] });
    let model = world.script(&[shell, json!({ "text": "done" })]);
    let session = world.session(&project, json!({ "task": "t", "model": model, "edit_mode": "allow" })).await;
    until("the command", async || folder.join("begun").exists().then_some(())).await;
    session
}

#[tokio::test]
async fn a_killed_server_leaves_no_command_behind() {
    let mut world = World::start(PROGRAM, &[]).await;
    let session = running_command(&world, "882201").await;
    assert!(anyone_with("882201"));
    world.kill().await;
    until("its processes to go", async || (!anyone_with("882201")).then_some(())).await;
    // A command in doubt is told as interrupted and not run again.
    world.serve(&[]).await;
    let details = world.session_is(&session, &["completed", "failed"]).await;
    assert_eq!(details["status"], "completed", "{details}");
    let events = world.events(&session).await;
    let outcomes: Vec<_> = events
        .iter()
        .filter(|event| event["type"] == "agent_session.tool_call_completed")
        .map(|event| event["data"]["outcome"].clone())
        .collect();
    assert_eq!(outcomes, ["interrupted"]);
    assert!(!anyone_with("882201"));
}

#[tokio::test]
async fn a_stop_is_tidy_and_quick() {
    let mut world = World::start(PROGRAM, &[]).await;
    let session = running_command(&world, "882202").await;
    // Readers that hold on do not hold it up.
    let mut watch = Watch::open(&world, &world.token, &format!("/api/v1/sessions/{session}/stream"), None).await.expect("a stream");
    watch.next().await;
    let idle = tokio::net::TcpStream::connect(world.url.strip_prefix("http://").expect("an address")).await.expect("connected");
    assert_eq!(world.stop().await, Some(0), "{}", world.log());
    drop(idle);
    assert!(!world.log().contains("panicked"), "{}", world.log());
    until("its processes to go", async || (!anyone_with("882202")).then_some(())).await;
    assert!(!world.home().join("server.url").exists(), "nobody is led to a server that is gone");
    world.serve(&[]).await;
    let details = world.session_is(&session, &["completed", "failed"]).await;
    assert_eq!(details["status"], "completed", "{details}");
}

/// Killed at any moment of many writes: what was acknowledged is there, and nothing twice.
#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_kill() {
    let mut world = World::start(PROGRAM, &[]).await;
    let (project, folder) = world.project("boat").await;
    let (url, token, http) = (world.url.clone(), world.token.clone(), world.http.clone());
    let writer = tokio::spawn(async move {
        let mut acknowledged = Vec::new();
        for number in 0..10_000 {
            let path = format!("{url}/api/v1/projects/{project}/files/f{number}.txt");
            let request = http.put(path).bearer_auth(&token).timeout(Duration::from_secs(10)).body(format!("{number}"));
            match request.send().await {
                Ok(answer) if answer.status() == 200 => acknowledged.push(number),
                _ => break,
            }
        }
        (project, acknowledged)
    });
    until("some writes", async || (std::fs::read_dir(&folder).expect("a folder").count() > 25).then_some(())).await;
    world.kill().await;
    let (project, acknowledged) = writer.await.expect("it ends");
    assert!(acknowledged.len() >= 20);
    world.serve(&[]).await;
    for number in &acknowledged {
        let stands = std::fs::read_to_string(folder.join(format!("f{number}.txt"))).expect("an acknowledged file");
        assert_eq!(stands, number.to_string());
    }
    let team = world.team().await;
    let mut recorded = Vec::new();
    let mut after = String::new();
    loop {
        let page = world
            .get(&format!("/api/v1/audit/events?team_id={team}&project_id={project}&type=project.file_written&limit=200&order=asc{after}"))
            .await;
        recorded.extend(
            page["items"].as_array().expect("items").iter().map(|event| event["data"]["path"].as_str().expect("a path").to_owned()),
        );
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    let wanted: Vec<String> = acknowledged.iter().map(|number| format!("f{number}.txt")).collect();
    assert_eq!(recorded[..wanted.len()], wanted, "in order, none missing");
    assert!(recorded.len() <= wanted.len() + 1, "none twice");
}
