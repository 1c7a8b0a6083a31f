//! A backup of a running server, brought back elsewhere: a new epoch, the same history.

use opensail_tests::watch::Watch;
use opensail_tests::world::World;
use reqwest::Method;
use serde_json::{Value, json};

use crate::PROGRAM;

#[tokio::test]
async fn backed_up_while_it_runs_and_brought_back() {
    let mut old = World::start(PROGRAM, &[]).await;
    let body = json!({ "team_id": old.team().await, "name": "kept" });
    let project = old.post("/api/v1/projects", body).await.expect(201)["id"].as_str().expect("an id").to_owned();
    opensail_tests::world::until("the project", async || {
        (old.get(&format!("/api/v1/projects/{project}")).await["status"] == "ready").then_some(())
    })
    .await;
    let call = |name: &str, arguments: Value| json!({ "tool_calls": [{ "name": name, "arguments": arguments }] });
    let model = old.script(&[
        call("write_file", json!({ "file_path": "a.txt", "content": "kept content" })),
        call("bash_exec", json!({ "command": "seq 1 20000" })),
        json!({ "text": "done" }),
    ]);
    let session = old.session(&project, json!({ "task": "remember me", "model": model, "edit_mode": "allow" })).await;
    old.session_is(&session, &["completed"]).await;

    let file = old.path().join("backup.tar");
    let backup = old.command(&["backup", &file.display().to_string()]).output().await.expect("it runs");
    assert_eq!(backup.status.code(), Some(0), "{}", String::from_utf8_lossy(&backup.stderr));
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(&file).expect("a file").permissions().mode() & 0o077, 0, "it holds every key");
    let again = old.command(&["backup", &file.display().to_string()]).output().await.expect("it runs");
    assert_eq!(again.status.code(), Some(1), "a backup is not written over");

    // Later than the backup: the old server goes on.
    let later = old.post("/api/v1/teams", json!({ "name": "later" })).await;
    let late_cursor = later.headers["opensail-position"].to_str().expect("text").to_owned();
    let exported = old.send(Method::GET, &format!("/api/v1/sessions/{session}/export"), None).await.text;
    let events = old.events(&session).await;
    let old_cursor = format!("{}.{}", late_cursor.split('.').next().expect("an epoch"), events[0]["position"]);
    old.kill().await;

    // Not over what lives there, and not from what is none.
    let refused = old.command(&["restore", &file.display().to_string()]).output().await.expect("it runs");
    assert_eq!(refused.status.code(), Some(1));
    let mut new = World::at_rest(PROGRAM, &[]);
    let junk = new.path().join("junk.tar");
    std::fs::write(&junk, "no backup").expect("written");
    assert_eq!(new.command(&["restore", &junk.display().to_string()]).output().await.expect("it runs").status.code(), Some(1));
    // One that was cut off is served by nobody, and not restored into.
    let cut = new.path().join("cut.tar");
    let whole = std::fs::read(&file).expect("the backup");
    std::fs::write(&cut, &whole[..whole.len() - 20_000]).expect("written");
    let half = World::at_rest(PROGRAM, &[]);
    for (source, says) in [(&cut, "empty "), (&file, "did not come to its end")] {
        let refused = half.command(&["restore", &source.display().to_string()]).output().await.expect("it runs");
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(refused.status.code() == Some(1) && said.contains(says), "{said}");
    }
    let taken = half.command(&["backup", &half.path().join("half.tar").display().to_string()]).output().await.expect("it runs");
    assert!(taken.status.code() == Some(1) && String::from_utf8_lossy(&taken.stderr).contains("not whole"), "{taken:?}");
    let (code, said) = half.refuses_to_serve(&[]).await;
    assert!(code == Some(1) && said.contains("restore again"), "{said}");
    let restored = new.command(&["restore", &file.display().to_string()]).output().await.expect("it runs");
    assert_eq!(restored.status.code(), Some(0), "{}", String::from_utf8_lossy(&restored.stderr));
    new.serve(&[]).await;

    assert_eq!(new.events(&session).await, events, "the same history, word for word");
    let there = new.send(Method::GET, &format!("/api/v1/projects/{project}/files/a.txt"), None).await;
    assert_eq!((there.status.as_u16(), there.text.as_str()), (200, "kept content"));
    let lines = |text: &str| -> Vec<String> { text.lines().skip(1).map(String::from).collect() };
    let again = new.send(Method::GET, &format!("/api/v1/sessions/{session}/export"), None).await.text;
    assert_eq!(lines(&again), lines(&exported), "the blobs open");
    let teams = new.get("/api/v1/teams").await.to_string();
    assert!(!teams.contains("later"), "{teams}");

    // A cursor from the history that is over is told so, with the point both have in common.
    for cursor in [&late_cursor, &old_cursor] {
        for path in [
            format!("/api/v1/sessions/{session}/events?after={cursor}"),
            format!("/api/v1/audit/events?after={cursor}"),
            format!("/api/v1/teams?min_position={cursor}"),
        ] {
            let gone = new.send(Method::GET, &path, None).await;
            assert_eq!((gone.status.as_u16(), gone.body["code"].as_str()), (410, Some("epoch_changed")), "{path}: {}", gone.text);
            let common = gone.body["common_position"].as_u64().expect("a position");
            assert!(common < late_cursor.split('.').nth(1).expect("a position").parse().expect("a number"), "{}", gone.text);
        }
    }
    let stream = format!("/api/v1/sessions/{session}/stream");
    assert_eq!(Watch::open(&new, &new.token, &stream, Some(&late_cursor)).await.err(), Some(410));
    // And it lives: the new history goes on.
    let written = new.post("/api/v1/teams", json!({ "name": "after" })).await;
    let cursor = written.headers["opensail-position"].to_str().expect("text").to_owned();
    assert_ne!(cursor.split('.').next(), late_cursor.split('.').next());
    new.get(&format!("/api/v1/teams?min_position={cursor}")).await;
    new.post(&format!("/api/v1/sessions/{session}/messages"), json!({ "text": "and now?" })).await.expect(202);
}
