//! Choosing a model: with a key that goes in and never out, for every turn from now on, without a restart and over one.

use opensail_tests::world::{World, until};
use reqwest::Method;
use serde_json::{Value, json};

use super::service::Service;
use crate::PROGRAM;

const KEY: &str = "sk-very-secret-0123456789";
const MODEL: &str = "/api/v1/model";

async fn put(world: &World, body: Value) -> opensail_tests::world::Answer {
    world.send(Method::PUT, MODEL, Some(&body)).await
}

/// Whether these bytes lie open in some file of the data folder.
fn lies_open(folder: &std::path::Path, secret: &str) -> bool {
    std::fs::read_dir(folder).expect("a folder").flatten().any(|entry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => lies_open(&entry.path(), secret),
        Ok(kind) if kind.is_file() => {
            std::fs::read(entry.path()).is_ok_and(|bytes| bytes.windows(secret.len()).any(|window| window == secret.as_bytes()))
        }
        _ => false,
    })
}

#[tokio::test]
async fn a_choice_counts_at_once_and_after_a_restart_and_its_key_is_never_told() {
    let mut world = World::start(PROGRAM, &[]).await;
    let service = Service::start(KEY).await;
    let (project, _) = world.project("boat").await;
    let before = world.get(MODEL).await;
    assert_eq!((&before["name"], &before["configured"], &before["choosable"]), (&json!("scripted"), &json!(false), &json!(true)));

    let wish = json!({ "provider": "openai", "name": "sail-1", "base_url": service.base_url, "api_key": KEY });
    // Tried before it is chosen: nothing is written.
    let tested = world.post("/api/v1/model/test", json!({ "choice": wish })).await.expect(200);
    assert_eq!((&tested["ok"], &tested["detail"], &tested["model"]), (&json!(true), &json!("ready"), &json!("sail-1")), "{tested}");
    assert_eq!(world.get(MODEL).await, before);

    let chosen = put(&world, wish.clone()).await.expect(200);
    let shown = json!({ "provider": "openai", "name": "sail-1", "base_url": service.base_url, "has_key": true });
    assert_eq!((&chosen["configured"], &chosen["chosen"]), (&json!(true), &shown));
    let session = world.session(&project, json!({ "task": "say something" })).await;
    assert_eq!(world.session_is(&session, &["completed", "failed"]).await["status"], "completed");
    assert!(service.asked().contains(&(format!("Bearer {KEY}"), "sail-1".into())));

    // Another name at the same place keeps the key, also over a kill.
    let renamed = put(&world, json!({ "provider": "openai", "name": "sail-2", "base_url": service.base_url })).await.expect(200);
    world.kill().await;
    world.serve(&[]).await;
    assert_eq!(world.post("/api/v1/model/test", json!({})).await.expect(200)["ok"], true);
    assert_eq!(service.asked().last().expect("asked"), &(format!("Bearer {KEY}"), "sail-2".to_owned()));

    // Events say what was chosen, by whom, and nothing of the key.
    let events = until("the events", async || {
        let events = world.get("/api/v1/audit/events?type=model.chosen").await;
        (events["items"].as_array()?.len() == 2).then_some(events)
    })
    .await;
    assert_eq!((&events["items"][0]["data"]["key"], &events["items"][1]["data"]["key"]), (&json!("new"), &json!("kept")));
    assert!(!events.to_string().contains(KEY));
    assert!(!world.get(MODEL).await.to_string().contains(KEY) && !world.log().contains(KEY));
    assert!(!lies_open(&world.home(), KEY), "the key lies open on the disk");

    let cleared = world.send(Method::DELETE, MODEL, None).await.expect(200);
    assert_eq!(world.get(MODEL).await, before);

    // As of each step it is told as it was then.
    let [first, second, last] = [&chosen, &renamed, &cleared].map(|step| step["position"].as_u64().expect("a position"));
    let then = async |position: u64| world.get(&format!("{MODEL}?as_of={position}")).await;
    for nothing in [1, first - 1, last] {
        assert_eq!(then(nothing).await, before);
    }
    let at_first = then(first).await;
    assert_eq!((&at_first["name"], &at_first["configured"], &at_first["chosen"]), (&json!("sail-1"), &json!(true), &shown));
    let at_second = then(second).await;
    assert_eq!((&at_second["name"], &at_second["chosen"]["name"]), (&json!("sail-2"), &json!("sail-2")));
    assert_eq!(at_second, then(last - 1).await);
}

#[tokio::test]
async fn a_kept_key_is_sent_to_no_other_place() {
    let world = World::start(PROGRAM, &[]).await;
    let (service, other) = (Service::start(KEY).await, Service::start("another key").await);
    put(&world, json!({ "provider": "openai", "name": "m", "base_url": service.base_url, "api_key": KEY })).await.expect(200);
    let elsewhere = json!({ "provider": "openai", "name": "m", "base_url": other.base_url });
    assert_eq!(world.post("/api/v1/model/test", json!({ "choice": elsewhere })).await.expect(200)["code"], "unauthorized");
    put(&world, elsewhere).await.expect(200);
    assert_eq!(world.post("/api/v1/model/test", json!({})).await.expect(200)["ok"], false);
    assert!(other.asked().iter().all(|(who, _)| who.is_empty()), "{:?}", other.asked());
    // It was dropped with the place it was for.
    let back = put(&world, json!({ "provider": "openai", "name": "m" })).await.expect(422);
    assert_eq!((&back["reason"], &back["errors"][0]["pointer"]), (&json!("key_needed"), &json!("/api_key")), "{back}");
}

#[tokio::test]
async fn what_is_no_choice_is_pointed_at() {
    let world = World::start(PROGRAM, &[]).await;
    for (field, value, pointer) in [
        ("name", "", "/name"),
        ("base_url", "ftp://x", "/base_url"),
        ("base_url", "https://u:p@x", "/base_url"),
        ("api_key", "ä", "/api_key"),
    ] {
        let mut wish = json!({ "provider": "openai", "name": "m", "base_url": "https://models.example.org/v1", "api_key": KEY });
        wish[field] = json!(value);
        for answer in [put(&world, wish.clone()).await, world.post("/api/v1/model/test", json!({ "choice": wish })).await] {
            assert_eq!(answer.expect(422)["errors"][0]["pointer"], pointer);
        }
    }
    put(&world, json!({ "provider": "oracle", "name": "m" })).await.expect(422);
    assert_eq!(world.get(MODEL).await["configured"], false);
}

#[tokio::test]
async fn the_servers_own_settings_go_first() {
    let mut world = World::start(PROGRAM, &[]).await;
    let service = Service::start(KEY).await;
    let wish = json!({ "provider": "openai", "name": "chosen", "base_url": service.base_url, "api_key": KEY });
    let chosen = put(&world, wish.clone()).await.expect(200);
    world.kill().await;
    let own = [("OPENSAIL_MODEL_PROVIDER", "openai"), ("OPENSAIL_MODEL", "own"), ("OPENSAIL_MODEL_BASE_URL", service.base_url.as_str())];
    world.serve(&own).await;
    let model = world.get(MODEL).await;
    assert_eq!((&model["name"], &model["fixed"], &model["choosable"]), (&json!("own"), &json!(true), &json!(false)));
    let then = world.get(&format!("{MODEL}?as_of={}", chosen["position"])).await;
    assert_eq!(then, model, "today's settings go before what was chosen then");
    assert_eq!(put(&world, wish).await.expect(409)["reason"], "model_fixed");
}
