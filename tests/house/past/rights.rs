//! The past is asked with the rights of today.

use opensail_tests::world::World;
use reqwest::Method;
use serde_json::json;

use super::{OPEN, position, texts, then};
use crate::PROGRAM;

#[tokio::test]
async fn who_may_not_see_it_today_may_not_see_its_past() {
    let world = World::start(PROGRAM, OPEN).await;
    let (ada, bob, eve) = (world.register("ada").await, world.register("bob").await, world.register("eve").await);
    let made = ada.post(&world, "/api/v1/teams", json!({ "name": "Sailors" })).await.expect(201);
    let team = made["id"].as_str().expect("an id").to_owned();
    let members = format!("/api/v1/teams/{team}/members");
    ada.post(&world, &members, json!({ "email": bob.email, "role": "editor" })).await.expect(201);
    let project = bob.post(&world, "/api/v1/projects", json!({ "team_id": team, "name": "Boat" })).await.expect(201);
    let boat = format!("/api/v1/projects/{}", project["id"].as_str().expect("an id"));
    let both = position(&project);
    assert_eq!(texts(&then(&world, &bob, "/api/v1/projects", both).await, "name"), ["Boat"]);

    let removed = ada.send(&world, Method::DELETE, &format!("{members}/{}", bob.id), None).await.expect(200);
    for path in [boat.clone(), format!("/api/v1/teams/{team}"), members.clone(), format!("{boat}/sessions")] {
        bob.get(&world, &format!("{path}?as_of={both}")).await.expect(404);
    }
    let waits = format!("&min_position={}", position(&removed));
    for list in ["/api/v1/projects", "/api/v1/teams", "/api/v1/approvals"] {
        assert_eq!(then(&world, &bob, &format!("{list}?{}", &waits[1..]), both).await["items"], json!([]), "{list}");
    }

    // Who came later sees what was before, as far as today's role goes.
    ada.post(&world, &members, json!({ "email": eve.email, "role": "viewer" })).await.expect(201);
    assert_eq!(then(&world, &eve, &boat, both).await["name"], "Boat");
    assert_eq!(texts(&then(&world, &eve, &members, both).await, "role"), ["admin", "editor"]);
    eve.get(&world, &format!("/api/v1/teams/{team}/invitations?as_of={both}")).await.expect(403);
    assert_eq!(then(&world, &eve, "/api/v1/teams", both).await["items"], json!([]), "then it was not hers");

    // What was deleted is seen by the team that had it, and with the team it goes.
    let gone = ada.send(&world, Method::DELETE, &boat, None).await.expect(200);
    eve.get(&world, &boat).await.expect(404);
    assert_eq!(then(&world, &eve, &boat, both).await["name"], "Boat");
    assert_eq!(texts(&then(&world, &eve, &format!("/api/v1/projects?team_id={team}"), both).await, "name"), ["Boat"]);
    eve.get(&world, &format!("{boat}?as_of={}", position(&gone))).await.expect(404);
    bob.get(&world, &format!("{boat}?as_of={both}")).await.expect(404);
    ada.send(&world, Method::DELETE, &format!("/api/v1/teams/{team}"), None).await.expect(200);
    ada.get(&world, &format!("{boat}?as_of={both}")).await.expect(404);
}

#[tokio::test]
async fn what_was_forgotten_stays_so() {
    let world = World::start(PROGRAM, OPEN).await;
    let (ada, bob) = (world.register("ada").await, world.register("bob").await);
    let made = ada.post(&world, "/api/v1/teams", json!({ "name": "Sailors" })).await.expect(201);
    let members = format!("/api/v1/teams/{}/members", made["id"].as_str().expect("an id"));
    let joined = ada.post(&world, &members, json!({ "email": bob.email, "role": "viewer" })).await.expect(201);
    assert_eq!(texts(&then(&world, &ada, &members, position(&joined)).await, "name"), ["ada", "bob"]);
    bob.post(&world, &format!("/api/v1/accounts/{}/forget", bob.id), json!({ "reason": "I leave" })).await.expect(202);
    let list = then(&world, &ada, &members, position(&joined)).await;
    assert_eq!(list["items"].as_array().map(Vec::len), Some(2));
    assert!(!list.to_string().contains("bob"), "{list}");
}
