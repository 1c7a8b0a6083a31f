use opensail_tests::people::PASSWORD;
use opensail_tests::world::{World, until};
use reqwest::Method;
use serde_json::json;

use crate::PROGRAM;

#[tokio::test]
async fn a_person_is_gone_and_nobody_signs_in_as_them() {
    let world = World::start(PROGRAM, &[("OPENSAIL_REGISTRATION", "open")]).await;
    let (ben, eve) = (world.register("benvolio").await, world.register("eve").await);
    let team = world.team().await;
    world.join(&team, &ben, "editor").await;
    let members = format!("/api/v1/teams/{team}/members");
    until("the member", async || world.get(&members).await.to_string().contains("benvolio").then_some(())).await;
    let path = format!("/api/v1/accounts/{}/forget", ben.id);
    let wish = json!({ "reason": "asked for by the person" });
    assert_eq!(eve.post(&world, &path, wish.clone()).await.status, 404, "strangers");
    assert_eq!(ben.post(&world, &path, json!({ "reason": "" })).await.status, 422);
    let done = ben.post(&world, &path, wish.clone()).await.expect(202);
    assert_eq!(ben.get(&world, "/api/v1/auth/me").await.status, 401, "the browser is out");
    assert_eq!(world.login(&ben.email, PASSWORD).await.status, 401);
    assert!(!ben.browser.signed_in(&world).await);
    let settled = format!("min_position={}", done["position"]);
    let shown = world.get(&format!("{members}?{settled}")).await.to_string();
    assert!(!shown.contains("benvolio") && shown.contains("[forgotten]"), "{shown}");
    let audit = world.send(Method::GET, &format!("/api/v1/audit/events?limit=200&{settled}"), None).await.text;
    assert!(!audit.contains("benvolio"), "{audit}");
    // The address stays reserved; an admin of the platform may forget others, and nobody the owner of the desktop.
    let again = json!({ "email": ben.email, "password": PASSWORD, "name": "benvolio" });
    assert_eq!(world.send_as("", Method::POST, "/api/v1/auth/register", Some(&again), &[]).await.status, 409);
    world.post(&format!("/api/v1/accounts/{}/forget", eve.id), wish.clone()).await.expect(202);
    let owner = world.get("/api/v1/auth/me").await["id"].as_str().expect("an id").to_owned();
    let refused = world.post(&format!("/api/v1/accounts/{owner}/forget"), wish).await;
    assert_eq!((refused.status.as_u16(), refused.body["code"].as_str()), (409, Some("state")), "{}", refused.text);
}
