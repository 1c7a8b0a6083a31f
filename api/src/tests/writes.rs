//! What every write promises.

use axum::http::HeaderValue;
use serde_json::{Value, json};

use super::world::{Person, World, request};

#[tokio::test]
async fn a_write_says_where_it_stands_and_a_read_waits_for_it() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let made = world.post(&ada, "/api/v1/teams", json!({ "name": "One" })).await.is(201);
    let cursor = made.headers["opensail-position"].to_str().unwrap().to_owned();
    let team = made.json();
    let position = team["position"].as_u64().unwrap();
    assert!(cursor.ends_with(&format!(".{position}")), "{cursor}");
    let path = format!("/api/v1/teams/{}", team["id"].as_str().unwrap());
    for min in [cursor.clone(), position.to_string()] {
        assert_eq!(world.get(&ada, &format!("{path}?min_position={min}")).await.is(200).json()["name"], "One");
    }
    let renamed = world.ask(&ada, "PATCH", &path, Some(json!({ "name": "Two" }))).await.is(200).json();
    assert_eq!((renamed["name"].as_str(), renamed["position"].as_u64() > Some(position)), (Some("Two"), true));
    let behind = world.get(&ada, &format!("{path}?min_position={}", position + 1000)).await;
    assert!(behind.headers.contains_key("retry-after"));
    behind.refused(503, "behind");
    assert_eq!(world.get(&ada, &format!("{path}?as_of={position}")).await.is(200).json()["name"], "One");
    let foreign = format!("{path}?min_position=00000000000000000000000000000000.1");
    world.get(&ada, &foreign).await.refused(410, "epoch_changed");
    world.get(&ada, &format!("{path}?min_position=soon")).await.refused(422, "validation");
    let gone = world.ask(&ada, "DELETE", &path, None).await.is(200);
    assert_eq!(gone.json().as_object().unwrap().keys().collect::<Vec<_>>(), ["position"]);
    world.get(&ada, &path).await.refused(404, "not_found");
}

async fn with_key(world: &World, person: &Person, key: &str, body: Value) -> super::world::Answer {
    let mut asked = request("POST", "/api/v1/teams", Some(&person.bearer), Some(body));
    asked.headers_mut().insert("idempotency-key", HeaderValue::from_str(key).unwrap());
    world.send(asked).await
}

#[tokio::test]
async fn a_repeated_write_answers_with_the_first_result() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let first = with_key(&world, &ada, "k", json!({ "name": "One" })).await.is(201).json();
    assert_eq!(with_key(&world, &ada, "k", json!({ "name": "One" })).await.is(201).json(), first);
    with_key(&world, &ada, "k", json!({ "name": "Two" })).await.refused(422, "idempotency_key_reused");
    let others = with_key(&world, &bob, "k", json!({ "name": "One" })).await.is(201).json();
    assert_ne!(others["id"], first["id"]);
    with_key(&world, &ada, &"k".repeat(256), json!({ "name": "One" })).await.refused(422, "validation");
    // Refusals are not kept.
    with_key(&world, &ada, "r", json!({ "name": "" })).await.refused(422, "validation");
    with_key(&world, &ada, "r", json!({ "name": "Three" })).await.is(201);
}

#[tokio::test]
async fn lists_come_in_pages() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let mut last = Value::Null;
    for n in 0..5 {
        last = world.post(&ada, "/api/v1/teams", json!({ "name": format!("T{n}") })).await.is(201).json();
    }
    let mut names = Vec::new();
    let mut path = format!("/api/v1/teams?limit=2&min_position={}", last["position"]);
    loop {
        let page = world.get(&ada, &path).await.is(200).json();
        names.extend(page["items"].as_array().unwrap().iter().map(|team| team["name"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/teams?limit=2&after={next}");
    }
    assert_eq!(names, ["T0", "T1", "T2", "T3", "T4"]);
    let newest = world.get(&ada, "/api/v1/teams?limit=1&order=desc").await.is(200).json();
    assert_eq!(newest["items"][0]["name"], "T4");
}
