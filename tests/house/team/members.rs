//! `teams/{id}/members`: who is in, as what, and that somebody remains to decide.

use opensail_tests::people::Person;
use opensail_tests::world::World;
use reqwest::Method;
use serde_json::json;

use super::OPEN;
use crate::PROGRAM;

async fn team_of(world: &World, person: &Person) -> String {
    let made = person.post(world, "/api/v1/teams", json!({ "name": "Sailors" })).await.expect(201);
    format!("/api/v1/teams/{}", made["id"].as_str().expect("an id"))
}

#[tokio::test]
async fn people_come_by_their_address_and_go() {
    let world = World::start(PROGRAM, OPEN).await;
    let (ada, bob, eve) = (world.register("ada").await, world.register("bob").await, world.register("eve").await);
    let team = team_of(&world, &ada).await;
    let members = format!("{team}/members");

    bob.get(&world, &team).await.expect(404);
    let added = ada.post(&world, &members, json!({ "email": "BOB@example.org", "role": "viewer" })).await.expect(201);
    assert_eq!((added["account_id"].as_str(), added["role"].as_str()), (Some(bob.id.as_str()), Some("viewer")));
    bob.get(&world, &team).await.expect(200);
    let again = ada.post(&world, &members, json!({ "email": bob.email, "role": "editor" })).await;
    assert_eq!((again.status.as_u16(), again.body["code"].as_str()), (409, Some("exists")));
    for (body, pointer) in [
        (json!({ "email": "nobody@example.org", "role": "viewer" }), "/email"),
        (json!({ "email": "no address", "role": "viewer" }), "/email"),
        (json!({ "email": eve.email, "role": "king" }), "/role"),
    ] {
        let refused = ada.post(&world, &members, body.clone()).await;
        assert_eq!(
            (refused.status.as_u16(), refused.body["errors"][0]["pointer"].as_str()),
            (422, Some(pointer)),
            "{body} {}",
            refused.text
        );
    }

    let list = bob.get(&world, &members).await.expect(200);
    let listed: Vec<_> =
        list["items"].as_array().expect("items").iter().map(|item| (item["email"].as_str(), item["role"].as_str())).collect();
    assert_eq!(listed, [(Some("ada@example.org"), Some("admin")), (Some("bob@example.org"), Some("viewer"))]);

    // A viewer looks on; an editor works; only an admin decides who is in.
    let project = json!({ "team_id": team.rsplit('/').next(), "name": "p" });
    bob.post(&world, "/api/v1/projects", project.clone()).await.expect(403);
    bob.post(&world, &members, json!({ "email": eve.email, "role": "viewer" })).await.expect(403);
    let of_bob = format!("{members}/{}", bob.id);
    bob.send(&world, Method::PATCH, &of_bob, Some(&json!({ "role": "admin" }))).await.expect(403);
    ada.send(&world, Method::PATCH, &of_bob, Some(&json!({ "role": "editor" }))).await.expect(200);
    bob.post(&world, "/api/v1/projects", project).await.expect(201);
    bob.post(&world, &members, json!({ "email": eve.email, "role": "viewer" })).await.expect(403);

    let position = ada.send(&world, Method::DELETE, &of_bob, None).await.expect(200)["position"].clone();
    bob.get(&world, &team).await.expect(404);
    assert_eq!(bob.get(&world, &format!("/api/v1/teams?min_position={position}")).await.expect(200)["items"], json!([]));
    // Gone is gone: the same wish again is granted and changes nothing.
    ada.send(&world, Method::DELETE, &of_bob, None).await.expect(200);
}

#[tokio::test]
async fn one_admin_remains() {
    let world = World::start(PROGRAM, OPEN).await;
    let (ada, bob) = (world.register("ada").await, world.register("bob").await);
    let team = team_of(&world, &ada).await;
    let member = |person: &Person| format!("{team}/members/{}", person.id);
    ada.post(&world, &format!("{team}/members"), json!({ "email": bob.email, "role": "editor" })).await.expect(201);
    let demote = json!({ "role": "viewer" });
    for refused in
        [ada.send(&world, Method::PATCH, &member(&ada), Some(&demote)).await, ada.send(&world, Method::DELETE, &member(&ada), None).await]
    {
        assert_eq!((refused.status.as_u16(), refused.body["reason"].as_str()), (409, Some("last_admin")), "{}", refused.text);
    }
    // Two admins who throw each other out at the same moment: one remains.
    ada.send(&world, Method::PATCH, &member(&bob), Some(&json!({ "role": "admin" }))).await.expect(200);
    let (by_ada, by_bob) = (member(&bob), member(&ada));
    let (one, two) = tokio::join!(ada.send(&world, Method::DELETE, &by_ada, None), bob.send(&world, Method::DELETE, &by_bob, None));
    let done = [&one, &two].iter().filter(|answer| answer.status == 200).count();
    assert_eq!(done, 1, "{} {}", one.text, two.text);
    let (left, done) = if one.status == 200 { (&ada, one) } else { (&bob, two) };
    let list = left.get(&world, &format!("{team}/members?min_position={}", done.body["position"])).await.expect(200);
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(list["items"][0]["role"], "admin");
}
