//! Edit modes: `plan` has no effects, `ask` asks for each, `allow` for none.

use serde_json::json;

use super::bench::{Bench, call, say, shell, turn, write};

#[tokio::test]
async fn plan_reads_and_changes_nothing() {
    let bench = Bench::new().await;
    std::fs::write(bench.folder.join("a.txt"), "one\n").expect("written");
    let effects = turn(vec![
        call("read_file", json!({ "file_path": "a.txt" })),
        call("list_dir", json!({ "dir_path": "." })),
        call("glob", json!({ "pattern": "*" })),
        call("grep", json!({ "pattern": "one" })),
        call("write_file", json!({ "file_path": "b.txt", "content": "x" })),
        call("patch_file", json!({ "file_path": "a.txt", "old_str": "one", "new_str": "two" })),
        call("multi_edit", json!({ "file_path": "a.txt", "edits": [{ "old_str": "one", "new_str": "two" }] })),
        call("delete_file", json!({ "file_path": "a.txt" })),
        call("move_file", json!({ "from": "a.txt", "to": "c.txt" })),
        call("bash_exec", json!({ "command": "touch shell.txt" })),
    ]);
    let (session, details) = bench.run(&[effects, say("a plan")], json!({ "edit_mode": "plan" })).await;
    assert_eq!(details["status"], "completed", "{details}");
    assert_eq!(bench.outcomes(&session).await, ["ok", "ok", "ok", "ok", "denied", "denied", "denied", "denied", "denied", "denied"]);
    assert_eq!(bench.file("a.txt").as_deref(), Some("one\n"));
    assert_eq!(std::fs::read_dir(&bench.folder).expect("a folder").count(), 1);
    assert!(bench.events_of(&session, "approval_requested").await.is_empty(), "there is nothing to ask");
}

#[tokio::test]
async fn allow_asks_for_nothing() {
    let bench = Bench::new().await;
    let (session, details) = bench.run(&[write("a.txt", "one\n"), shell("cat a.txt > b.txt"), say("done")], json!({})).await;
    assert_eq!(details["status"], "completed", "{details}");
    assert_eq!(bench.file("b.txt").as_deref(), Some("one\n"));
    assert!(bench.events_of(&session, "approval_requested").await.is_empty());
}

#[tokio::test]
async fn ask_is_what_a_session_does_when_nobody_says() {
    let bench = Bench::new().await;
    std::fs::write(bench.folder.join("a.txt"), "one\n").expect("written");
    let reads = turn(vec![call("read_file", json!({ "file_path": "a.txt" }))]);
    let model = bench.world.script(&[reads, shell("touch b.txt"), say("done")]);
    let session = bench.world.session(&bench.project, json!({ "task": "t", "model": model })).await;
    let question = bench.question(&session).await;
    assert_eq!((question["tool"].as_str(), question["arguments"]["command"].as_str()), (Some("bash_exec"), Some("touch b.txt")));
    assert!(question["preview"].as_str().expect("text").contains("touch b.txt"));
    assert!(question["expires_at"].as_str() > question["requested_at"].as_str());
    assert_eq!(bench.outcomes(&session).await, ["ok"], "reading was not asked for");
    assert_eq!(bench.file("b.txt"), None);
    let details = bench.world.get(&format!("/api/v1/sessions/{session}")).await;
    assert_eq!((details["status"].as_str(), details["edit_mode"].as_str()), (Some("waiting_approval"), Some("ask")));
    bench.answer(&session, &question, json!({ "decision": "allow_once" })).await.expect(202);
    bench.world.session_is(&session, &["completed"]).await;
    assert!(bench.file("b.txt").is_some());
}
