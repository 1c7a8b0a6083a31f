//! Where registration is by invitation, an admin lets people in, one by one.

use opensail_tests::people::PASSWORD;
use opensail_tests::world::World;
use reqwest::Method;
use serde_json::{Value, json};

use crate::PROGRAM;

async fn register(world: &World, name: &str, invitation: Option<&Value>) -> opensail_tests::world::Answer {
    let mut body = json!({ "email": format!("{name}@example.org"), "password": PASSWORD, "name": name });
    if let Some(token) = invitation {
        body["invitation"] = token.clone();
    }
    world.send_as("", Method::POST, "/api/v1/auth/register", Some(&body), &[]).await
}

#[tokio::test]
async fn an_admin_lets_people_in_one_by_one() {
    let world = World::start(PROGRAM, &[("OPENSAIL_REGISTRATION", "invite")]).await;
    let team = world.team().await;
    let path = format!("/api/v1/teams/{team}/invitations");
    let refused = register(&world, "bob", None).await;
    assert_eq!((refused.status.as_u16(), refused.body["reason"].as_str()), (409, Some("registration_invite")), "{}", refused.text);

    let wish = json!({ "role": "editor", "email": "bob@example.org" });
    let keyed = [("idempotency-key", "k")];
    let invited = world.send_as(&world.token, Method::POST, &path, Some(&wish), &keyed).await.expect(201);
    let again = world.send_as(&world.token, Method::POST, &path, Some(&wish), &keyed).await.expect(201);
    assert_eq!(again, invited, "an answer that was lost is given again, token and all");
    let listed = world.get(&format!("{path}?min_position={}", invited["position"])).await;
    let shown = &listed["items"][0];
    assert_eq!((&shown["id"], &shown["email"], &shown["role"]), (&invited["id"], &json!("bob@example.org"), &json!("editor")));
    assert!(shown.get("token").is_none(), "the token is told to who made it, once");

    register(&world, "eve", Some(&invited["token"])).await.expect(422);
    let bob = register(&world, "bob", Some(&invited["token"])).await;
    let position = bob.headers["opensail-position"].to_str().expect("a cursor").to_owned();
    let token = bob.expect(201)["access_token"].as_str().expect("a token").to_owned();
    let teams = world.send_as(&token, Method::GET, &format!("/api/v1/teams?min_position={position}"), None, &[]).await.expect(200);
    assert_eq!((&teams["items"][0]["id"], &teams["items"][0]["role"]), (&json!(team), &json!("editor")));
    world.send_as(&token, Method::POST, &path, Some(&json!({ "role": "admin" })), &[]).await.expect(403);
    register(&world, "carl", Some(&invited["token"])).await.expect(422);
    assert_eq!(world.get(&format!("{path}?min_position={position}")).await["items"], json!([]));

    // With an account one accepts; a revoked one lets nobody in.
    let other = world.post("/api/v1/teams", json!({ "name": "Divers" })).await.expect(201)["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/teams/{other}/invitations");
    let accept = async |token: &Value| {
        world
            .send_as(
                &token_of(&bob_signs_in(&world).await),
                Method::POST,
                "/api/v1/invitations/accept",
                Some(&json!({ "token": token })),
                &[],
            )
            .await
    };
    let revoked = world.post(&path, json!({ "role": "viewer" })).await.expect(201);
    let one = format!("{path}/{}", revoked["id"].as_str().expect("an id"));
    world.send(Method::DELETE, &one, None).await.expect(200);
    accept(&revoked["token"]).await.expect(422);
    let invited = world.post(&path, json!({ "role": "viewer" })).await.expect(201);
    let joined = accept(&invited["token"]).await.expect(202);
    assert_eq!((&joined["team_id"], &joined["role"]), (&json!(other), &json!("viewer")));
    accept(&invited["token"]).await.expect(422);
    assert!(!world.log().contains(invited["token"].as_str().expect("a token")), "no token in the log");
}

async fn bob_signs_in(world: &World) -> Value {
    world.login("bob@example.org", PASSWORD).await.expect(200)
}

fn token_of(signed_in: &Value) -> String {
    signed_in["access_token"].as_str().expect("a token").to_owned()
}
