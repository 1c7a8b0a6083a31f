//! A full disk: refused in words, nothing half done, and well again once there is room.

use opensail_tests::small_disk::SmallDisk;
use opensail_tests::world::{World, until};
use reqwest::Method;
use serde_json::json;

use crate::PROGRAM;

#[tokio::test]
async fn a_full_data_folder_refuses_and_recovers() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("not root: a small disk cannot be mounted; the csi suite covers the files");
        return;
    }
    let mut world = World::at_rest(PROGRAM, &[]);
    let Some(disk) = SmallDisk::mount(&world.home(), "24m") else { return };
    world.serve(&[]).await;
    let (project, folder) = world.project("boat").await;
    let teams = world.get("/api/v1/teams").await["items"].as_array().map(Vec::len).expect("items");
    disk.fill();

    // A write of some size cannot be kept: a clear problem, and no trace of it.
    let name = "n".repeat(90);
    let mut refused = None;
    let mut made = 0;
    for _ in 0..400 {
        let answer = world.post("/api/v1/teams", json!({ "name": name })).await;
        match answer.status.as_u16() {
            201 => made += 1,
            _ => {
                refused = Some(answer);
                break;
            }
        }
    }
    let refused = refused.expect("a full disk refuses");
    assert!(matches!(refused.status.as_u16(), 503 | 507), "{}", refused.text);
    assert_eq!(refused.headers["content-type"], "application/problem+json");
    assert!(refused.headers.contains_key("retry-after"));
    // Reading goes on, and readiness says what is wrong if it says anything.
    world.get(&format!("/api/v1/projects/{project}")).await;
    assert_eq!(world.send(Method::GET, "/healthz", None).await.status, 200);
    // A person's write: the project is on another disk, the event is not to be had: neither is done.
    let bearer = format!("Bearer {}", world.token);
    let path = format!("/api/v1/projects/{project}/files/half.txt");
    let write = async || world.ask(Method::PUT, &path, &[("authorization", bearer.as_str())], "whole").await.status.as_u16();
    let status = write().await;
    assert!(matches!(status, 503 | 507 | 200), "{status}");
    if status != 200 {
        assert!(!folder.join("half.txt").exists(), "a write that was refused is undone");
    }

    disk.free();
    until("writes to work again", async || (write().await == 200).then_some(())).await;
    assert_eq!(std::fs::read_to_string(folder.join("half.txt")).expect("written"), "whole");
    let position = world.post("/api/v1/teams", json!({ "name": "after" })).await.expect(201)["position"].clone();
    let listed = world.get(&format!("/api/v1/teams?limit=200&min_position={position}")).await;
    let named = |text: &str| listed["items"].as_array().expect("items").iter().filter(|team| team["name"] == text).count();
    // The one that was refused for want of an answer may be there once, never half: every team has its admin.
    assert!((made..=made + 1).contains(&named(&name)) && named("after") == 1, "{made} {listed}");
    assert!(listed["items"].as_array().expect("items").len() > teams + made);
    assert!(!world.log().contains("panicked"), "{}", world.log());

    // A session runs to its end as if nothing had been, and a restart finds it all.
    let call = json!({ "tool_calls": [{ "name": "write_file", "arguments": { "file_path": "a.txt", "content": "a" } }] });
    let session = world
        .session(&project, json!({ "task": "t", "model": world.script(&[call, json!({ "text": "done" })]), "edit_mode": "allow" }))
        .await;
    world.session_is(&session, &["completed"]).await;
    world.kill().await;
    world.serve(&[]).await;
    assert_eq!(world.get(&format!("/api/v1/sessions/{session}")).await["status"], "completed");
    world.kill().await;
    drop(disk);
}

/// The disk fills while an agent works: the session waits or fails in words, and loses nothing.
#[tokio::test]
async fn a_session_outlives_a_full_disk() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let mut world = World::at_rest(PROGRAM, &[]);
    let Some(disk) = SmallDisk::mount(&world.home(), "24m") else { return };
    world.serve(&[]).await;
    let (project, folder) = world.project("boat").await;
    let shell = |command: &str| json!({ "tool_calls": [{ "name": "bash_exec", "arguments": { "command": command } }] });
    let model = world.script(&[
        shell("touch begun; while [ ! -e go ]; do sleep 0.05; done; seq 1 30000"),
        shell("echo second"),
        json!({ "text": "done" }),
    ]);
    let session = world.session(&project, json!({ "task": "t", "model": model, "edit_mode": "allow" })).await;
    until("the command", async || folder.join("begun").exists().then_some(())).await;
    disk.fill();
    std::fs::write(folder.join("go"), "").expect("written");
    until("the disk to be noticed", async || (world.log().contains("WARN") || world.log().contains("ERROR")).then_some(())).await;
    disk.free();
    let details = world.session_is(&session, &["completed", "failed"]).await;
    assert_eq!(details["status"], "completed", "{details} {}", world.log());
    let events = world.events(&session).await;
    let outcomes: Vec<_> = events
        .iter()
        .filter(|event| event["type"] == "agent_session.tool_call_completed")
        .map(|event| event["data"]["outcome"].clone())
        .collect();
    assert_eq!(outcomes, ["ok", "ok"]);
    world.kill().await;
    drop(disk);
}

/// The store of files alone is full: told at the step, nothing of the tries is left there, and all well once there is room.
#[tokio::test]
async fn a_step_that_the_store_has_no_room_for_is_told_and_the_next_one_is_kept() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let mut world = World::at_rest(PROGRAM, &[]);
    let blobs = world.home().join("blobs");
    let Some(disk) = SmallDisk::mount(&blobs, "8m") else { return };
    world.serve(&[]).await;
    let (project, folder) = world.project("boat").await;
    let step = |name: &str| {
        let command = format!("touch {name}.begun; while [ ! -e {name}.go ]; do sleep 0.05; done; echo {name} > {name}");
        json!({ "tool_calls": [{ "name": "bash_exec", "arguments": { "command": command } }] })
    };
    let model = world.script(&[step("one"), step("two"), step("three"), json!({ "text": "done" })]);
    let session = world.session(&project, json!({ "task": "t", "model": model, "edit_mode": "allow" })).await;
    for (name, room) in [("one", false), ("two", true), ("three", false)] {
        // The call before is captured by then, or was given up.
        until(name, async || folder.join(format!("{name}.begun")).exists().then_some(())).await;
        if room {
            disk.free()
        } else {
            disk.fill()
        }
        std::fs::write(folder.join(format!("{name}.go")), "").expect("written");
    }
    world.session_is(&session, &["completed"]).await;
    let events = world.events(&session).await;
    let of = |name: &str| events.iter().filter(|event| event["type"] == format!("agent_session.{name}")).collect::<Vec<_>>();
    let calls: Vec<_> = of("tool_call_completed").iter().map(|event| event["stream_version"].clone()).collect();
    let told: Vec<_> =
        of("capture_failed").iter().map(|event| (event["data"]["version"].clone(), event["data"]["reason"].clone())).collect();
    let full = json!("store_full");
    assert_eq!(told, [(calls[0].clone(), full.clone()), (calls[2].clone(), full.clone())]);
    assert!(of("workspace_captured").iter().any(|event| event["data"]["version"] == calls[1]));

    let fork = async || world.post(&format!("/api/v1/sessions/{session}/fork"), json!({})).await;
    let refused = fork().await;
    assert_eq!((refused.status.as_u16(), &refused.body["code"]), (507, &full), "{}", refused.text);
    assert!(refused.text.contains("Make room on that disk"), "{}", refused.text);
    let packs = std::fs::read_dir(blobs.join("packs")).expect("packs").map(|entry| entry.expect("an entry").file_name());
    let others: Vec<_> = packs.filter(|name| name != "epoch.spare" && !name.to_string_lossy().ends_with(".pack")).collect();
    assert!(others.is_empty(), "{others:?}");
    disk.free();
    fork().await.expect(201);
    world.kill().await;
    drop(disk);
}
