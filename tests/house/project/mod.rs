//! Projects and their files from outside.

mod create;
mod delete;
mod files;
mod hostile;
mod origin;
mod paths;
mod tree;

use opensail_tests::world::{World, until};
use serde_json::{Value, json};

const OPEN: &[(&str, &str)] = &[("OPENSAIL_REGISTRATION", "open")];

/// A project from a source, as soon as its fate is known.
async fn made(world: &World, source: Value) -> Value {
    let team = world.team().await;
    let body = json!({ "team_id": team, "name": "p", "source": source });
    let id = world.post("/api/v1/projects", body).await.expect(201)["id"].as_str().expect("an id").to_owned();
    settled(world, &id).await
}

async fn settled(world: &World, id: &str) -> Value {
    until("the project to be prepared", async || {
        let project = world.get(&format!("/api/v1/projects/{id}")).await;
        (project["status"] != "preparing").then_some(project)
    })
    .await
}
