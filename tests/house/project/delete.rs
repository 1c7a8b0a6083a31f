//! `DELETE projects/{id}`: the person's own folder stays, the platform's goes.

use opensail_tests::world::{World, until};
use reqwest::Method;
use serde_json::json;

use super::made;
use crate::PROGRAM;

#[tokio::test]
async fn a_folder_stays_and_the_platforms_own_files_go() {
    let world = World::start(PROGRAM, &[]).await;
    let (project, folder) = world.project("boat").await;
    std::fs::write(folder.join("hull.txt"), "oak").expect("written");
    let path = format!("/api/v1/projects/{project}");
    let position = world.send(Method::DELETE, &path, None).await.expect(200)["position"].clone();
    assert_eq!(std::fs::read_to_string(folder.join("hull.txt")).expect("it stays"), "oak");
    world.send(Method::GET, &path, None).await.expect(404);
    world.send(Method::GET, &format!("{path}/files/hull.txt"), None).await.expect(404);
    let listed = world.get(&format!("/api/v1/projects?min_position={position}")).await;
    assert_eq!(listed["items"], json!([]));

    let own = made(&world, json!({ "kind": "template", "name": "shell-starter" })).await;
    let id = own["id"].as_str().expect("an id");
    let kept = world.home().join("projects").join(id);
    assert!(kept.exists());
    world.send(Method::DELETE, &format!("/api/v1/projects/{id}"), None).await.expect(200);
    assert!(!kept.exists());
}

#[tokio::test]
async fn not_while_somebody_works_in_it() {
    let world = World::start(PROGRAM, &[]).await;
    let (project, _) = world.project("boat").await;
    let call = json!({ "tool_calls": [{ "name": "bash_exec", "arguments": { "command": "true" } }] });
    let model = world.script(&[call, json!({ "text": "done" })]);
    let session = world.session(&project, json!({ "task": "t", "model": model })).await;
    world.session_is(&session, &["waiting_approval"]).await;
    let path = format!("/api/v1/projects/{project}");
    let refused = world.send(Method::DELETE, &path, None).await;
    assert_eq!((refused.status.as_u16(), refused.body["code"].as_str()), (409, Some("state")), "{}", refused.text);
    world.post(&format!("/api/v1/sessions/{session}/cancel"), json!({})).await.expect(202);
    world.session_is(&session, &["cancelled"]).await;
    until("the project to go", async || (world.send(Method::DELETE, &path, None).await.status == 200).then_some(())).await;
}
