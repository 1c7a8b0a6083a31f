//! A role is taken away while a command is under way: the command ends as the role does.

use opensail_tests::people::Person;
use opensail_tests::world::World;
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::PROGRAM;

async fn remove(world: &World, team: &str, person: &Person) {
    world.send(Method::DELETE, &format!("/api/v1/teams/{team}/members/{}", person.id), None).await.expect(200);
}

/// The right was there when the head was read; when the last byte comes it is gone.
#[tokio::test]
async fn while_a_file_is_being_sent() {
    let world = World::start(PROGRAM, &[("OPENSAIL_REGISTRATION", "open")]).await;
    let (project, folder) = world.project("boat").await;
    let (team, bob) = (world.team().await, world.register("bob").await);
    world.join(&team, &bob, "editor").await;
    let host = world.url.strip_prefix("http://").expect("an address");
    let mut connection = tokio::net::TcpStream::connect(host).await.expect("connected");
    let head = format!(
        "PUT /api/v1/projects/{project}/files/a.txt HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\n\
         Content-Length: 10\r\nConnection: close\r\n\r\nhalf ",
        bob.token
    );
    connection.write_all(head.as_bytes()).await.expect("sent");
    remove(&world, &team, &bob).await;
    connection.write_all(b"whole").await.expect("sent");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    assert!(!folder.join("a.txt").exists());
}

/// A session that was asked for keeps running, as the team's work; who asked for it answers none of its questions any more.
#[tokio::test]
async fn while_a_question_is_open() {
    let world = World::start(PROGRAM, &[("OPENSAIL_REGISTRATION", "open")]).await;
    let (project, folder) = world.project("boat").await;
    let (team, bob) = (world.team().await, world.register("bob").await);
    world.join(&team, &bob, "editor").await;
    let write = json!({ "tool_calls": [{ "name": "write_file", "arguments": { "file_path": "a.txt", "content": "a" } }] });
    let wish = json!({ "task": "t", "model": world.script(&[write, json!({ "text": "done" })]), "edit_mode": "ask" });
    let started = bob.post(&world, &format!("/api/v1/projects/{project}/sessions"), wish).await.expect(201);
    let session = started["id"].as_str().expect("an id").to_owned();
    let question = world.session_is(&session, &["waiting_approval"]).await["approval_id"].as_str().expect("a question").to_owned();
    remove(&world, &team, &bob).await;
    let path = format!("/api/v1/sessions/{session}/approvals/{question}");
    bob.post(&world, &path, json!({ "decision": "allow_once" })).await.expect(404);
    bob.post(&world, &format!("/api/v1/sessions/{session}/messages"), json!({ "text": "go on" })).await.expect(404);
    bob.send(&world, Method::POST, &format!("/api/v1/sessions/{session}/cancel"), None).await.expect(404);
    assert!(!folder.join("a.txt").exists());
    world.post(&path, json!({ "decision": "allow_once" })).await.expect(202);
    assert_eq!(world.session_is(&session, &["completed", "failed"]).await["status"], "completed");
}
