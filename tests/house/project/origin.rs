//! `projects/{id}/file-origin`: which event wrote a file last, a person's or an agent's.

use opensail_tests::world::{World, until};
use reqwest::Method;
use serde_json::{Value, json};

use crate::PROGRAM;

#[tokio::test]
async fn the_last_who_wrote_is_told() {
    let world = World::start(PROGRAM, &[]).await;
    let (project, folder) = world.project("boat").await;
    let bearer = format!("Bearer {}", world.token);
    let headers = [("authorization", bearer.as_str())];
    let file = format!("/api/v1/projects/{project}/files/a.txt");
    let origin = async |path: &str| world.get(&format!("/api/v1/projects/{project}/file-origin?path={path}")).await;
    let last = async |event_type: &str| {
        until(event_type, async || Some(origin("a.txt").await).filter(|found| found["event"]["type"] == event_type)).await
    };

    std::fs::write(folder.join("b.txt"), "from outside").expect("written");
    assert_eq!(origin("b.txt").await, json!({ "path": "b.txt", "hash": null, "event": null }));
    world.ask(Method::PUT, &file, &headers, "mine").await.expect(200);
    let mine = last("project.file_written").await;
    let etag = world.ask(Method::GET, &file, &headers, "").await.headers["etag"].to_str().expect("text").to_owned();
    assert_eq!(format!("\"{}\"", mine["hash"].as_str().expect("a hash")), etag);

    let write = json!({ "tool_calls": [{ "name": "write_file", "arguments": { "file_path": "a.txt", "content": "the agent's" } }] });
    let body = json!({ "task": "t", "edit_mode": "allow", "model": world.script(&[write, json!({ "text": "done" })]) });
    let session = world.session(&project, body).await;
    world.session_is(&session, &["completed"]).await;
    let agents = last("agent_session.tool_call_started").await;
    assert_eq!(
        (&agents["event"]["stream"], &agents["event"]["actor"]["kind"]),
        (&json!(format!("agent_session-{session}")), &json!("agent"))
    );

    world.ask(Method::DELETE, &file, &headers, "").await.expect(200);
    assert_eq!(last("project.file_deleted").await["hash"], Value::Null);
}
