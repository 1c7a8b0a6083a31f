use opensail_eventstore::{ActorKind, StreamId};
use opensail_tests::behind::{journal, recorded};
use opensail_tests::people::PASSWORD;
use opensail_tests::postgres::{Database, fresh_database};
use opensail_tests::world::until;
use reqwest::Method;
use serde_json::{Value, json};

use super::{run, world};

async fn a_person_is_gone_and_nobody_signs_in_as_them(database: Option<&Database>) {
    let mut world = world(database).await;
    let (ben, eve) = (world.register("benvolio").await, world.register("eve").await);
    let team = world.team().await;
    world.join(&team, &ben, "editor").await;
    let members = format!("/api/v1/teams/{team}/members");
    until("the member", async || world.get(&members).await.to_string().contains("benvolio").then_some(())).await;
    let path = format!("/api/v1/accounts/{}/forget", ben.id);
    let wish = json!({ "reason": "asked for by the person" });
    assert_eq!(eve.post(&world, &path, wish.clone()).await.status, 404, "strangers");
    world.join(&team, &eve, "admin").await;
    assert_eq!(eve.post(&world, &path, wish.clone()).await.status, 404, "admins of a team");
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
    let (code, told) = run(&world, &["account", "forget", &eve.id, "--reason", "left the crew"]).await;
    assert!(code == 0 && told.contains("forgotten; the event stands at position "), "{told}");
    assert_eq!(eve.get(&world, "/api/v1/auth/me").await.status, 401);
    let owner = world.get("/api/v1/auth/me").await["id"].as_str().expect("an id").to_owned();
    let refused = world.post(&format!("/api/v1/accounts/{owner}/forget"), wish).await;
    assert_eq!((refused.status.as_u16(), refused.body["code"].as_str()), (409, Some("state")), "{}", refused.text);

    // Nobody is left who could be shown these events.
    assert_eq!(world.stop().await, Some(0));
    let journal = journal(&world, database).await;
    for (person, by, reason) in [(&ben, ActorKind::User, "asked for by the person"), (&eve, ActorKind::ApiKey, "left the crew")] {
        let last = recorded(&*journal, &StreamId::new("account", &person.id)).await.pop().expect("an event");
        assert_eq!((last.event_type.as_str(), last.actor.kind), ("account.forgotten", by));
        assert_eq!(serde_json::from_str::<Value>(&last.payload).expect("JSON"), json!({ "reason": reason }));
    }
}

#[tokio::test]
async fn a_person_is_gone_on_sqlite() {
    a_person_is_gone_and_nobody_signs_in_as_them(None).await;
}

#[tokio::test]
async fn a_person_is_gone_on_postgres() {
    a_person_is_gone_and_nobody_signs_in_as_them(Some(&fresh_database().await)).await;
}
