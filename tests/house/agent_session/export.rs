//! Replay and export, from events alone.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};

use super::bench::{Bench, call, say, shell, turn, write};

#[tokio::test]
async fn a_replay_stops_where_it_is_told() {
    let bench = Bench::new().await;
    let (session, _) = bench.run(&[write("a.txt", "1"), shell("cat a.txt"), say("done")], json!({})).await;
    let path = format!("/api/v1/sessions/{session}/replay");
    let events = bench.world.events(&session).await;
    let (mut before, mut statuses) = (0, Vec::new());
    for event in &events {
        let replay = bench.world.get(&format!("{path}?until={}", event["position"])).await;
        let messages = replay["messages"].as_array().expect("messages").len();
        assert!(messages >= before, "a conversation only grows");
        before = messages;
        assert_eq!(replay["position"], event["position"]);
        statuses.push(replay["session"]["status"].as_str().expect("text").to_owned());
        // Captures of the files stand beside the rest, in no fixed place.
        if event["type"] == "agent_session.workspace_captured" {
            continue;
        }
        let calls = replay["pending"].as_array().expect("calls");
        assert_eq!(
            !calls.is_empty(),
            matches!(event["type"].as_str(), Some("agent_session.tool_call_started"))
                || (event["type"] == "agent_session.turn_completed" && event["data"]["calls"] != json!([])),
            "{event}"
        );
    }
    assert_eq!((statuses.first().map(String::as_str), statuses.last().map(String::as_str)), (Some("queued"), Some("completed")));
    let whole = bench.world.get(&path).await;
    assert_eq!(whole["messages"].as_array().map(Vec::len), Some(before));
    assert_eq!(whole["usage"]["steps"], 3);
    // Before it began there is none of it; and a cursor is as good as a position.
    let first = events[0]["position"].as_u64().expect("a position");
    assert_eq!(bench.world.send(Method::GET, &format!("{path}?until={}", first - 1), None).await.status, 404);
    assert_eq!(bench.world.send(Method::GET, &format!("{path}?until=x"), None).await.status, 422);
}

#[tokio::test]
async fn what_is_exported_holds_all_of_it() {
    let bench = Bench::new().await;
    let lines = [
        write("a.txt", "the content"),
        shell("seq 1 20000"),
        turn(vec![call("delete_file", json!({ "file_path": "a.txt" }))]),
        say("done"),
    ];
    let (session, _) = bench.run(&lines, json!({ "task": "export me" })).await;
    let path = format!("/api/v1/sessions/{session}/export");
    let jsonl = bench.world.send(Method::GET, &path, None).await;
    assert_eq!(jsonl.status, 200);
    let lines: Vec<Value> = jsonl.text.lines().map(|line| serde_json::from_str(line).expect("JSON lines")).collect();
    let events: Vec<&Value> = lines.iter().filter(|line| line.get("type").is_some()).collect();
    assert_eq!(events.into_iter().cloned().collect::<Vec<_>>(), bench.world.events(&session).await);
    assert_eq!(lines[0]["session_id"].as_str(), Some(session.as_str()));
    let blobs: Vec<Vec<u8>> =
        lines.iter().filter_map(|line| line["base64"].as_str()).map(|text| STANDARD.decode(text).expect("base64")).collect();
    assert!(blobs.iter().any(|blob| blob == b"the content"), "files before and after are in it");
    assert!(blobs.iter().any(|blob| blob.ends_with(b"20000\n")), "the full output is in it");

    let atif = bench.world.send(Method::GET, &format!("{path}?format=atif"), None).await.expect(200);
    assert!(atif["schema_version"].as_str().expect("a version").starts_with("ATIF"), "{atif}");
    let steps = atif["steps"].as_array().expect("steps");
    assert_eq!((steps[0]["source"].as_str(), steps[0]["message"].as_str()), (Some("user"), Some("export me")));
    for (step, number) in steps.iter().zip(1..) {
        assert_eq!(step["step_id"], number);
    }
    assert!(steps.iter().any(|step| step["tool_calls"][0]["function_name"] == "bash_exec"));
    assert_eq!(bench.world.send(Method::GET, &format!("{path}?format=csv"), None).await.status, 422);

    // An export plays again: the same turns in another project.
    let file = bench.world.path().join("export.jsonl");
    std::fs::write(&file, &jsonl.text).expect("written");
    let again = bench
        .world
        .session(&bench.project, json!({ "task": "again", "model": format!("scripted:{}", file.display()), "edit_mode": "allow" }))
        .await;
    let details = bench.world.session_is(&again, super::bench::ENDED).await;
    assert_eq!(details["status"], "completed", "{details}");
    assert_eq!(bench.outcomes(&again).await, bench.outcomes(&session).await);
}

#[tokio::test]
async fn the_diff_is_of_what_the_session_did() {
    let bench = Bench::new().await;
    std::fs::write(bench.folder.join("old.txt"), "one\ntwo\n").expect("written");
    let lines = [
        turn(vec![call("patch_file", json!({ "file_path": "old.txt", "old_str": "two", "new_str": "2" }))]),
        write("new.txt", "new\n"),
        write("gone.txt", "x"),
        turn(vec![call("delete_file", json!({ "file_path": "gone.txt" }))]),
        say("done"),
    ];
    let (session, details) = bench.run(&lines, json!({})).await;
    assert_eq!(details["status"], "completed");
    // What others do afterwards is not the session's.
    std::fs::write(bench.folder.join("old.txt"), "somebody else").expect("written");
    let diff = bench.world.get(&format!("/api/v1/sessions/{session}/diff")).await;
    let files = diff["items"].as_array().expect("files");
    let paths: Vec<_> = files.iter().map(|file| file["path"].as_str().expect("a path")).collect();
    assert_eq!(paths, ["new.txt", "old.txt"], "{diff}");
    assert!(files[1]["diff"].as_str().expect("a diff").contains("-two\n+2"), "{diff}");
}
