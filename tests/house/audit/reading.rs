//! Who looks at the audit stands in it, and looking does not flood it.

use opensail_tests::world::World;
use serde_json::{Value, json};

use crate::PROGRAM;

/// The readings of a team, oldest first.
async fn readings(world: &World, team: &str) -> Vec<Value> {
    let page = world.get(&format!("/api/v1/audit/events?team_id={team}&type=team.audit_read&limit=200&order=asc")).await;
    page["items"].as_array().expect("items").clone()
}

#[tokio::test]
async fn a_look_at_the_audit_is_recorded_once_for_each_question() {
    let world = World::start(PROGRAM, &[("OPENSAIL_REGISTRATION", "open")]).await;
    let (project, _) = world.project("boat").await;
    let team = world.team().await;
    let bob = world.register("bob").await;
    world.join(&team, &bob, "admin").await;
    let path = |query: &str| format!("/api/v1/audit/events?team_id={team}&{query}");
    // Page after page and again: one record.
    for _ in 0..3 {
        for limit in 1..4 {
            bob.get(&world, &path(&format!("limit={limit}"))).await.expect(200);
        }
    }
    bob.get(&world, &path(&format!("project_id={project}&actor={}", bob.id))).await.expect(200);
    bob.get(&world, &path("actor=bob@example.org")).await.expect(200);
    let position = world.get(&path("limit=1")).await["items"][0]["position"].clone();
    for _ in 0..2 {
        bob.get(&world, &format!("/api/v1/audit/proof?position={position}")).await.expect(200);
    }
    let all = readings(&world, &team).await;
    let of_bob: Vec<&Value> = all.iter().filter(|event| event["data"]["by"] == *bob.id).collect();
    let questions: Vec<&Value> = of_bob.iter().map(|event| &event["data"]["question"]).collect();
    let wanted = [json!({}), json!({ "project_id": project, "actor": bob.id }), json!({ "actor": "?" }), json!({ "proofs": true })];
    assert_eq!(questions, wanted.iter().collect::<Vec<_>>());
    for event in of_bob {
        assert_eq!((&event["actor"]["name"], &event["client_address"]), (&json!("bob"), &json!("127.0.0.1")));
    }
    // Who is refused has seen nothing; who looks at his own account's events alone is nobody else's concern.
    let carol = world.register("carol").await;
    carol.get(&world, &path("limit=1")).await.expect(404);
    carol.get(&world, "/api/v1/audit/events").await.expect(200);
    assert!(readings(&world, &team).await.iter().all(|event| event["data"]["by"] != *carol.id));
    let own = carol.get(&world, "/api/v1/audit/events?type=team.audit_read").await.expect(200);
    assert_eq!(own["items"], json!([]));
}
