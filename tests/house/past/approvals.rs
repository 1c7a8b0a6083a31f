//! The questions of all teams that somebody is in, as they stood.

use opensail_tests::people::Person;
use opensail_tests::world::{World, until};
use serde_json::{Value, json};

use super::{OPEN, position, then};
use crate::PROGRAM;

/// A session in a team of its own that waits for people; where it is answered, and its question.
async fn asking(world: &World, person: &Person, team: &str) -> (String, Value) {
    let made = person.post(world, "/api/v1/teams", json!({ "name": team })).await.expect(201);
    let body = json!({ "team_id": made["id"], "name": "Boat" });
    let project = person.post(world, "/api/v1/projects", body).await.expect(201);
    let project = format!("/api/v1/projects/{}", project["id"].as_str().expect("an id"));
    until("the project to be ready", async || (person.get(world, &project).await.body["status"] == "ready").then_some(())).await;
    let call = json!({ "tool_calls": [{ "name": "bash_exec", "arguments": { "command": "true" } }] });
    let wish = json!({ "task": "t", "model": world.script(&[call, json!({ "text": "done" })]) });
    let session = person.post(world, &format!("{project}/sessions"), wish).await.expect(201);
    let approvals = format!("/api/v1/sessions/{}/approvals", session["id"].as_str().expect("an id"));
    let question = until("a question", async || person.get(world, &approvals).await.body["items"].get(0).cloned()).await;
    (approvals, question)
}

#[tokio::test]
async fn the_open_questions_of_all_teams_are_those_of_then() {
    let world = World::start(PROGRAM, OPEN).await;
    let ada = world.register("ada").await;
    let (of_sailors, first) = asking(&world, &ada, "Sailors").await;
    let (of_divers, second) = asking(&world, &ada, "Divers").await;
    let denied = async |approvals: &str, question: &Value| {
        let path = format!("{approvals}/{}", question["id"].as_str().expect("an id"));
        position(&ada.post(&world, &path, json!({ "decision": "deny" })).await.expect(202))
    };
    let one_left = denied(&of_sailors, &first).await;
    let none_left = denied(&of_divers, &second).await;
    for (point, open) in [
        (position(&first) - 1, vec![]),
        (position(&first), vec![&first]),
        (position(&second), vec![&first, &second]),
        (one_left, vec![&second]),
        (none_left, vec![]),
    ] {
        assert_eq!(then(&world, &ada, "/api/v1/approvals", point).await["items"], json!(open), "{point}");
    }
}
