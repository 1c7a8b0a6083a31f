use opensail_tests::world::{World, until};
use reqwest::Method;
use serde_json::json;

use super::{holds, run, said};
use crate::PROGRAM;

const WORD: &str = "xylograph";

/// A backup of before knows the key; the list of what was forgotten since takes it away again, before anybody can ask.
#[tokio::test]
async fn a_restore_does_not_remember() {
    let mut old = World::start(PROGRAM, &[]).await;
    let (project, _) = old.project("boat").await;
    let session = said(&old, &project, WORD).await;
    let file = old.path().join("before.tar").display().to_string();
    assert_eq!(run(&old, &["backup", &file]).await.0, 0);
    old.post(&format!("/api/v1/sessions/{session}/forget"), json!({ "reason": "a password was pasted" })).await.expect(202);
    let list = old.home().join("forgotten.jsonl");
    until("the list", async || std::fs::read_to_string(&list).is_ok_and(|text| text.contains(&session)).then_some(())).await;
    let later = old.path().join("after.tar").display().to_string();
    assert_eq!(run(&old, &["backup", &later]).await.0, 0);
    old.kill().await;

    // Without the list the backup of before still tells it: that is what the list is for.
    let events = format!("/api/v1/sessions/{session}/events?limit=200");
    let mut careless = World::at_rest(PROGRAM, &[]);
    assert_eq!(run(&careless, &["restore", &file]).await.0, 0);
    careless.serve(&[]).await;
    assert!(careless.send(Method::GET, &events, None).await.text.contains(WORD));
    careless.kill().await;

    let mut new = World::at_rest(PROGRAM, &[]);
    let (code, told) = run(&new, &["restore", &file, "--forgotten", &list.display().to_string()]).await;
    assert!(code == 0 && told.contains("forgotten again: 1 "), "{told}");
    new.serve(&[]).await;
    let text = new.send(Method::GET, &events, None).await.text;
    assert!(!text.contains(WORD) && text.contains("[forgotten]"), "{text}");
    until("the new history to say so", async || {
        let last = new.events(&session).await.last()?.clone();
        (last["type"] == "agent_session.forgotten" && last["data"]["reason"] == "a password was pasted").then_some(())
    })
    .await;
    let (code, verified) = run(&new, &["audit", "verify"]).await;
    assert_eq!(code, 0, "{verified}");

    // A backup of after has nothing to forget any more. The file that was written is the project's, and its folder lies elsewhere.
    let saved = std::fs::read(&later).expect("the backup");
    assert!(holds(&saved, &session) && !holds(&saved, WORD));
    let mut after = World::at_rest(PROGRAM, &[]);
    assert_eq!(run(&after, &["restore", &later]).await.0, 0);
    after.serve(&[]).await;
    assert!(!after.send(Method::GET, &events, None).await.text.contains(WORD));
    let missing = run(&World::at_rest(PROGRAM, &[]), &["restore", &file, "--forgotten", "/nonexistent/list"]).await;
    assert_eq!(missing.0, 1, "a list that is not there is no empty list");
    for (text, says) in [("hello\ngarbage\n", "line 1 "), ("", "nothing stands in it")] {
        let wrong = old.path().join("wrong.jsonl");
        std::fs::write(&wrong, text).expect("written");
        let (code, said) = run(&World::at_rest(PROGRAM, &[]), &["restore", &file, "--forgotten", &wrong.display().to_string()]).await;
        assert!(code == 1 && said.contains(says), "{said}");
    }
}

/// In the backup the session still waits for an answer; in the restored house nothing of it could be sealed any more.
#[tokio::test]
async fn a_session_that_works_again_is_stopped_and_forgotten() {
    let mut old = World::start(PROGRAM, &[]).await;
    let (project, _) = old.project("boat").await;
    let shell = json!({ "tool_calls": [{ "name": "bash_exec", "arguments": { "command": format!("echo {WORD}") } }] });
    let model = old.script(&[shell, json!({ "text": "done" })]);
    let session = old.session(&project, json!({ "task": WORD, "model": model })).await;
    old.session_is(&session, &["waiting_approval"]).await;
    let file = old.path().join("before.tar").display().to_string();
    assert_eq!(run(&old, &["backup", &file]).await.0, 0);
    old.post(&format!("/api/v1/sessions/{session}/cancel"), json!({})).await.expect(202);
    old.session_is(&session, &["cancelled"]).await;
    old.post(&format!("/api/v1/sessions/{session}/forget"), json!({ "reason": "x" })).await.expect(202);
    let list = old.home().join("forgotten.jsonl");
    until("the list", async || std::fs::read_to_string(&list).is_ok_and(|text| text.contains(&session)).then_some(())).await;
    old.kill().await;

    let mut new = World::at_rest(PROGRAM, &[]);
    assert_eq!(run(&new, &["restore", &file, "--forgotten", &list.display().to_string()]).await.0, 0);
    new.serve(&[]).await;
    new.session_is(&session, &["cancelled"]).await;
    until("the new history to say so", async || (new.events(&session).await.last()?["type"] == "agent_session.forgotten").then_some(()))
        .await;
    assert!(!new.send(Method::GET, &format!("/api/v1/sessions/{session}/export"), None).await.text.contains(WORD));
}
