//! Who looks at the audit stands in it, and looking does not flood it. Who takes it away stands in it each time.

use opensail_tests::people::Person;
use opensail_tests::postgres::fresh_database;
use opensail_tests::world::World;
use reqwest::Method;
use serde_json::{Value, json};

use crate::PROGRAM;

const OPEN: (&str, &str) = ("OPENSAIL_REGISTRATION", "open");

/// The events of this type in a team, oldest first.
async fn recorded(world: &World, team: &str, event_type: &str) -> Vec<Value> {
    let page = world.get(&format!("/api/v1/audit/events?team_id={team}&type={event_type}&limit=200&order=asc")).await;
    page["items"].as_array().expect("items").clone()
}

/// Which event, by whom and from where.
fn told(event: &Value) -> [&Value; 4] {
    [&event["data"], &event["actor"]["kind"], &event["actor"]["name"], &event["client_address"]]
}

async fn a_look_is_recorded_once_for_each_question(world: &World, team: &str, project: &str, bob: &Person, carol: &Person) {
    let path = |query: &str| format!("/api/v1/audit/events?team_id={team}&{query}");
    // Page after page and again: one record.
    for _ in 0..3 {
        for limit in 1..4 {
            bob.get(world, &path(&format!("limit={limit}"))).await.expect(200);
        }
    }
    bob.get(world, &path(&format!("project_id={project}&actor={}", bob.id))).await.expect(200);
    bob.get(world, &path("actor=bob@example.org")).await.expect(200);
    let position = world.get(&path("limit=1")).await["items"][0]["position"].clone();
    for _ in 0..2 {
        bob.get(world, &format!("/api/v1/audit/proof?position={position}")).await.expect(200);
    }
    let all = recorded(world, team, "team.audit_read").await;
    let of_bob: Vec<&Value> = all.iter().filter(|event| event["data"]["by"] == *bob.id).collect();
    let questions: Vec<&Value> = of_bob.iter().map(|event| &event["data"]["question"]).collect();
    let wanted = [json!({}), json!({ "project_id": project, "actor": bob.id }), json!({ "actor": "?" }), json!({ "proofs": true })];
    assert_eq!(questions, wanted.iter().collect::<Vec<_>>());
    for event in of_bob {
        assert_eq!(told(event)[1..], [&json!("user"), &json!("bob"), &json!("127.0.0.1")]);
    }
    // Who is refused has seen nothing; who looks at his own account's events alone is nobody else's concern.
    carol.get(world, &path("limit=1")).await.expect(404);
    carol.get(world, "/api/v1/audit/events").await.expect(200);
    assert!(recorded(world, team, "team.audit_read").await.iter().all(|event| event["data"]["by"] != *carol.id));
    let own = carol.get(world, "/api/v1/audit/events?type=team.audit_read").await.expect(200);
    assert_eq!(own["items"], json!([]));
}

async fn an_export_is_recorded_each_time(world: &World, team: &str, bob: &Person, carol: &Person) {
    bob.post(world, "/api/v1/teams", json!({ "name": "other" })).await.expect(201);
    let path = |query: &str| format!("/api/v1/audit/export?team_id={team}{query}");
    let taken = [
        (path(""), json!({ "format": "jsonl", "filtered": false })),
        (path(""), json!({ "format": "jsonl", "filtered": false })),
        (path("&format=csv"), json!({ "format": "csv", "filtered": false })),
        (path("&type=team.created"), json!({ "format": "jsonl", "filtered": true, "question": { "type": "team.created" } })),
        (path(&format!("&format=csv&actor={}", bob.id)), json!({ "format": "csv", "filtered": true, "question": { "actor": bob.id } })),
        (path("&format=csv&order=desc&after=9"), json!({ "format": "csv", "filtered": true, "question": { "after": 9 } })),
        (path("&format=csv&actor=bob@example.org"), json!({ "format": "csv", "filtered": true, "question": { "actor": "?" } })),
        // Of all teams that he is admin of; each hears of it, and not of ids that may be the other's.
        ("/api/v1/audit/export".into(), json!({ "format": "jsonl", "filtered": false })),
        (format!("/api/v1/audit/export?actor={}", bob.id), json!({ "format": "jsonl", "filtered": true, "question": { "actor": "?" } })),
    ];
    for (path, told) in &taken {
        let export = bob.get(world, path).await;
        assert_eq!(export.status, 200, "{path}: {}", export.text);
        assert!(told["filtered"] == true || export.text.contains("team.audit_exported"), "{path}: it stands in what is taken");
    }
    assert_eq!(world.send(Method::GET, &path("&format=csv"), None).await.status, 200);
    // Who gets nothing is not said to have taken it.
    let dan = world.register("dan").await;
    world.join(team, &dan, "editor").await;
    for format in ["jsonl", "csv"] {
        dan.get(world, &path(&format!("&format={format}"))).await.expect(403);
        carol.get(world, &path(&format!("&format={format}"))).await.expect(404);
    }
    for wrong in ["&format=xml", "&order=desc", "&as_of=1", "&from=yesterday", "&after=x"] {
        bob.get(world, &path(wrong)).await.expect(422);
    }
    assert_eq!(carol.get(world, "/api/v1/audit/export").await.status, 200, "one's own");

    let exports = recorded(world, team, "team.audit_exported").await;
    let (by_key, by_bob) = exports.split_last().expect("exports");
    assert_eq!(by_bob.iter().map(|event| &event["data"]).collect::<Vec<_>>(), taken.iter().map(|(_, told)| told).collect::<Vec<_>>());
    for event in by_bob {
        assert_eq!(event["actor"]["id"], *bob.id);
        assert_eq!(told(event)[1..], [&json!("user"), &json!("bob"), &json!("127.0.0.1")]);
    }
    assert_eq!(told(by_key)[..2], [&json!({ "format": "csv", "filtered": false }), &json!("api_key")]);
    assert_eq!(by_key["client_address"], "127.0.0.1");
    let own = carol.get(world, "/api/v1/audit/events?type=team.audit_exported").await.expect(200);
    assert_eq!(own["items"], json!([]));
}

async fn whoever_looks_is_told_of(world: World) {
    let (project, _) = world.project("boat").await;
    let team = world.team().await;
    let (bob, carol) = (world.register("bob").await, world.register("carol").await);
    world.join(&team, &bob, "admin").await;
    a_look_is_recorded_once_for_each_question(&world, &team, &project, &bob, &carol).await;
    an_export_is_recorded_each_time(&world, &team, &bob, &carol).await;
}

#[tokio::test]
async fn whoever_looks_is_told_of_on_sqlite() {
    whoever_looks_is_told_of(World::start(PROGRAM, &[OPEN]).await).await;
}

#[tokio::test]
async fn whoever_looks_is_told_of_on_postgres() {
    let database = fresh_database().await;
    let [app, owner] = database.settings();
    whoever_looks_is_told_of(World::start(PROGRAM, &[OPEN, app, owner]).await).await;
}
