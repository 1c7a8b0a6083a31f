//! `teams`: made, read, renamed, deleted.

use opensail_tests::world::World;
use reqwest::Method;
use serde_json::{Value, json};

use super::OPEN;
use crate::PROGRAM;

#[tokio::test]
async fn from_the_cradle_to_the_grave() {
    let world = World::start(PROGRAM, OPEN).await;
    let ada = world.register("ada").await;
    let made = ada.post(&world, "/api/v1/teams", json!({ "name": "  Sailors  " })).await;
    let cursor = made.headers["opensail-position"].to_str().expect("text").to_owned();
    let made = made.expect(201);
    let id = made["id"].as_str().expect("an id");
    assert_eq!((made["name"].as_str(), made["created_by"].as_str()), (Some("Sailors"), Some(ada.id.as_str())));
    assert!(cursor.ends_with(&format!(".{}", made["position"])), "{cursor} {made}");
    let time = made["created_at"].as_str().expect("a time");
    assert!(time.ends_with('Z') && time.split('.').nth(1).is_some_and(|rest| rest.len() == 7), "RFC 3339, UTC, six digits: {time}");
    assert_eq!(uuid::Uuid::parse_str(id).expect("a UUID").get_version_num(), 7);

    let path = format!("/api/v1/teams/{id}");
    let read = ada.get(&world, &format!("{path}?min_position={cursor}")).await.expect(200);
    assert_eq!(read["name"], "Sailors");
    let renamed = ada.send(&world, Method::PATCH, &path, Some(&json!({ "name": "Crew" }))).await.expect(200);
    assert_eq!(renamed["name"], "Crew");
    assert!(renamed["position"].as_u64() > made["position"].as_u64());
    // Wishing what is already true is no event.
    let same = ada.send(&world, Method::PATCH, &path, Some(&json!({ "name": "Crew" }))).await.expect(200);
    let events = async || -> Vec<Value> {
        ada.get(&world, &format!("/api/v1/audit/events?team_id={id}&stream=team-{id}")).await.expect(200)["items"]
            .as_array()
            .expect("items")
            .clone()
    };
    assert_eq!(events().await.iter().filter(|event| event["type"] == "team.renamed").count(), 1, "{same}");

    for name in ["", "   ", "a\nb", &"x".repeat(101)] {
        let refused = ada.post(&world, "/api/v1/teams", json!({ "name": name })).await;
        assert_eq!((refused.status.as_u16(), refused.body["errors"][0]["pointer"].as_str()), (422, Some("/name")), "{name:?}");
    }

    // A team with a project stays.
    let project = ada.post(&world, "/api/v1/projects", json!({ "team_id": id, "name": "p" })).await.expect(201);
    let refused = ada.send(&world, Method::DELETE, &path, None).await;
    assert_eq!((refused.status.as_u16(), refused.body["code"].as_str()), (409, Some("state")), "{}", refused.text);
    let project = project["id"].as_str().expect("an id");
    ada.send(&world, Method::DELETE, &format!("/api/v1/projects/{project}"), None).await.expect(200);
    let gone = ada.send(&world, Method::DELETE, &path, None).await.expect(200);
    assert!(gone["position"].is_u64());
    ada.get(&world, &path).await.expect(404);
    assert_eq!(ada.get(&world, &format!("/api/v1/teams?min_position={}", gone["position"])).await.expect(200)["items"], json!([]));
    // What was said of it is still there for who owns the journal, but not to be worked in.
    ada.post(&world, "/api/v1/projects", json!({ "team_id": id, "name": "p" })).await.expect(404);
}

#[tokio::test]
async fn a_list_is_read_page_by_page() {
    let world = World::start(PROGRAM, OPEN).await;
    let ada = world.register("ada").await;
    let mut made = Vec::new();
    for number in 0..7 {
        made.push(ada.post(&world, "/api/v1/teams", json!({ "name": format!("team {number}") })).await.expect(201)["id"].clone());
    }
    for order in ["asc", "desc"] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = ada.get(&world, &format!("/api/v1/teams?limit=3&order={order}{after}")).await.expect(200);
            let items = page["items"].as_array().expect("items");
            assert!(items.len() <= 3);
            seen.extend(items.iter().map(|item| item["id"].clone()));
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        let mut wanted = made.clone();
        if order == "desc" {
            wanted.reverse();
        }
        assert_eq!(seen, wanted, "{order}");
    }
    for query in ["limit=0", "limit=201", "limit=x", "order=up", "after=nonsense", "unknown=1", "as_of=x"] {
        let refused = ada.get(&world, &format!("/api/v1/teams?{query}")).await;
        assert_eq!(refused.status, 422, "{query}: {}", refused.text);
        let name = query.split('=').next();
        assert_eq!(refused.body["errors"][0]["parameter"].as_str(), name, "{}", refused.text);
    }
}

#[tokio::test]
async fn a_reader_may_wait_for_a_position() {
    let world = World::start(PROGRAM, &[]).await;
    let team = world.team().await;
    let far = world.send(Method::GET, &format!("/api/v1/teams/{team}?min_position=1000000000"), None).await;
    assert_eq!((far.status.as_u16(), far.body["code"].as_str()), (503, Some("behind")), "{}", far.text);
    assert!(far.headers.contains_key("retry-after"));
    let foreign = format!("{}.1", uuid::Uuid::now_v7().simple());
    let gone = world.send(Method::GET, &format!("/api/v1/teams/{team}?min_position={foreign}"), None).await;
    assert_eq!((gone.status.as_u16(), gone.body["code"].as_str()), (410, Some("epoch_changed")), "{}", gone.text);
    let bad = world.send(Method::GET, &format!("/api/v1/teams/{team}?min_position=x"), None).await;
    assert_eq!((bad.status.as_u16(), bad.body["errors"][0]["parameter"].as_str()), (422, Some("min_position")));
}
