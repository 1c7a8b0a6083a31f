//! Every read answers for the past, or it stands here with the reason why it does not.

use serde_json::{Value, json};

use super::world::{World, request};

/// Reads without `as_of`.
const WITHOUT_A_PAST: &[(&str, &str)] = &[
    ("/healthz", "whether this process lives now"),
    ("/api/v1/projections", "how the read models stand now"),
    ("/api/v1/consumers", "how the consumers stand now"),
    ("/api/v1/consumers/parked", "what the consumers have set aside now"),
    ("/api/v1/work/parked", "what the work queue has set aside now"),
    ("/api/v1/projections/parked", "what the read models have set aside now"),
    ("/readyz", "whether this node may be used now"),
    ("/api/v1/event-types", "part of the program"),
    ("/api/v1/templates", "part of the program"),
    ("/api/v1/sessions/{id}/stream", "goes on from a cursor, which is a point of the past itself"),
    ("/api/v1/live", "goes on from a cursor, which is a point of the past itself"),
    ("/api/v1/audit/checkpoint", "takes the size of a tree, which is a position"),
    ("/api/v1/audit/proof", "takes the size of a tree, which is a position"),
];

/// Documented for both of the audit, refused by one: an export is proven by the newest checkpoint.
const REFUSES: &str = "/api/v1/audit/export";

fn parameters(operation: &Value) -> Vec<&str> {
    let all = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().filter_map(|parameter| parameter["name"].as_str()).collect()
}

#[tokio::test]
async fn every_read_takes_a_point_of_the_past() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let team = world.team(&ada).await;
    let project = world.project(&ada, &team).await;
    let started = world.post(&ada, &format!("/api/v1/projects/{project}/sessions"), json!({ "task": "t" })).await.is(201).json();
    let session = started["id"].as_str().unwrap();
    let document = world.send(request("GET", "/api/openapi.json", None, None)).await.is(200).json();
    let mut asked = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let Some(operation) = item.get("get") else { continue };
        let takes = parameters(operation).contains(&"as_of");
        if let Some((_, why)) = WITHOUT_A_PAST.iter().find(|(known, _)| known == path) {
            assert!(!takes, "{path} is said to have no past: {why}");
            continue;
        }
        assert!(takes, "{path} says nothing of the past");
        let id = [("/api/v1/teams", team.as_str()), ("/api/v1/projects", project.as_str()), ("/api/v1/sessions", session)];
        let id = id.iter().find(|(prefix, _)| path.starts_with(prefix)).map_or("", |(_, id)| id);
        let url = path.replace("{id}", id).replace("{hash}", &"0".repeat(64)).replace("{path}", "a.sh").replace("{*path}", "a.sh");
        if path == REFUSES {
            world.get(&ada, &format!("{url}?as_of=1")).await.refused(422, "as_of_unsupported");
            continue;
        }
        let refused = world.get(&ada, &format!("{url}?as_of=soon")).await.refused(422, "validation");
        assert_eq!(refused["errors"][0]["parameter"], "as_of", "{path}");
        world.get(&ada, &format!("{url}?as_of=00000000000000000000000000000000.1")).await.refused(410, "epoch_changed");
        let beyond = world.get(&ada, &format!("{url}?as_of=1000000000")).await.refused(422, "beyond_the_end");
        assert_eq!(beyond["errors"][0]["parameter"], "as_of", "{path}");
        asked += 1;
    }
    assert!(asked > 20, "{asked}");
    world.get(&ada, "/api/v1/templates?as_of=1").await.refused(422, "as_of_unsupported");
}
