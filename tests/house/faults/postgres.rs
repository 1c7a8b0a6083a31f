//! PostgreSQL goes away and comes back; and the same house stands on it.

use opensail_tests::postgres;
use opensail_tests::world::World;
use reqwest::Method;
use serde_json::json;

use crate::PROGRAM;

#[tokio::test]
async fn the_house_stands_on_postgres_too() {
    let database = postgres::fresh_database().await;
    let settings = [
        ("DATABASE_URL", database.app_url.as_str()),
        ("DATABASE_OWNER_URL", database.owner_url.as_str()),
        ("OPENSAIL_REGISTRATION", "open"),
    ];
    let mut world = World::start(PROGRAM, &settings).await;
    let (project, folder) = world.project("boat").await;
    let bob = world.register("bob").await;
    let team = world.team().await;
    world.join(&team, &bob, "editor").await;
    let call = json!({ "text": "with \u{0} in it", "tool_calls": [{ "name": "bash_exec", "arguments": { "command": "printf 'a\\0b'; touch made" } }] });
    let wish = json!({ "task": "task \u{0}", "model": world.script(&[call, json!({ "text": "done" })]), "edit_mode": "ask" });
    let session =
        bob.post(&world, &format!("/api/v1/projects/{project}/sessions"), wish).await.expect(201)["id"].as_str().expect("an id").to_owned();
    let approval = world.session_is(&session, &["waiting_approval"]).await["approval_id"].as_str().expect("a question").to_owned();
    world.kill().await;
    world.serve(&[]).await;
    bob.post(&world, &format!("/api/v1/sessions/{session}/approvals/{approval}"), json!({ "decision": "allow_once" })).await.expect(202);
    let details = world.session_is(&session, &["completed", "failed"]).await;
    assert_eq!((details["status"].as_str(), details["task"].as_str()), (Some("completed"), Some("task \u{0}")), "{details}");
    assert!(folder.join("made").exists());
    let events = world.events(&session).await;
    assert!(events.iter().any(|event| event["data"]["output"].as_str().is_some_and(|output| output.contains("a\u{0}b"))));
    let audit = world.get(&format!("/api/v1/audit/events?team_id={team}&actor={}", bob.id)).await;
    assert!(!audit["items"].as_array().expect("items").is_empty());
    let password = database.app_url.split('@').next().and_then(|head| head.rsplit(':').next()).unwrap_or_default().to_owned();
    assert!(password.len() < 4 || !world.log().contains(&password), "the database's password is in the log");
    let exported = world.send(Method::GET, &format!("/api/v1/sessions/{session}/export"), None).await;
    assert_eq!(exported.status, 200);
}
