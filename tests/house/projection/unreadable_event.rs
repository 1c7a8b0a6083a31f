//! An event that is not what its type says: nothing can be done with what it belongs to, which is told by a code of its own, and everything else goes on.

use opensail_tests::behind::{journal, write_to_project};
use opensail_tests::postgres::{Database, fresh_database};
use opensail_tests::world::World;
use reqwest::Method;
use serde_json::json;

use super::metrics::number;
use crate::PROGRAM;

async fn stops_its_stream_alone(mut world: World, database: Option<&Database>) {
    let (project, _) = world.project("boat").await;
    let (other, _) = world.project("raft").await;
    world.stop().await;
    let behind = journal(&world, database).await;
    let position = write_to_project(&*behind, &project, ("project.renamed", 1), [json!({ "nome": "what nobody shall read" })]).await;
    drop(behind);
    world.serve(&[]).await;

    let path = format!("/api/v1/projects/{project}");
    let stream = format!("project-{project}");
    // Who may see it stands in its stream, too: nobody is let in by half of that.
    for (method, path, body) in [
        (Method::GET, path.clone(), None),
        (Method::PATCH, path.clone(), Some(json!({ "name": "Ship" }))),
        (Method::DELETE, path.clone(), None),
        (Method::POST, format!("{path}/sessions"), Some(json!({ "task": "t" }))),
    ] {
        let told = world.send(method, &path, body.as_ref()).await.expect(500);
        assert_eq!((&told["code"], &told["position"], &told["stream"]), (&json!("unreadable_event"), &json!(position), &json!(stream)));
        let detail = told["detail"].as_str().expect("a detail");
        assert!(detail.contains("project.renamed v1") && detail.contains("projection parked"), "{detail}");
        assert!(!told.to_string().contains("nome") && !told.to_string().contains("nobody shall read"), "{told}");
    }
    // In lists it is shown as it was, and the others can be changed.
    let team = world.team().await;
    let list = world.get(&format!("/api/v1/projects?team_id={team}")).await;
    let names: Vec<_> = list["items"].as_array().expect("items").iter().map(|item| item["name"].as_str().expect("a name")).collect();
    assert_eq!((names.len(), names.contains(&"boat")), (2, true), "{list}");
    world.send(Method::PATCH, &format!("/api/v1/projects/{other}"), Some(&json!({ "name": "Ferry" }))).await.expect(200);
    assert_eq!(world.get(&format!("/api/v1/projects/{other}")).await["name"], "Ferry");
    let parked = world.get("/api/v1/projections/parked").await["items"].clone();
    assert_eq!(parked.as_array().expect("items").len(), 1, "{parked}");
    assert_eq!((&parked[0]["stream"], &parked[0]["position"]), (&json!(stream), &json!(position)), "{parked}");
    assert!(parked[0]["error"].as_str().expect("why").contains("missing field `name`"), "{parked}");
    assert_eq!(number(&world, "parked", "back_end=\"project\"").await, Some(1.0));
    assert_eq!(world.get("/readyz").await["status"], "ready");
    // What was recorded is shown, and its proof holds.
    let item = world.get(&format!("/api/v1/audit/events?team_id={team}&type=project.renamed")).await["items"].clone();
    let item = item.as_array().expect("items").iter().find(|item| item["position"] == json!(position)).expect("it").clone();
    assert_eq!((&item["position"], &item["data"]["nome"]), (&json!(position), &json!("what nobody shall read")), "{item}");
}

#[tokio::test]
async fn stops_its_stream_alone_on_sqlite() {
    stops_its_stream_alone(World::start(PROGRAM, &[]).await, None).await;
}

#[tokio::test]
async fn stops_its_stream_alone_on_postgres() {
    let database = fresh_database().await;
    stops_its_stream_alone(World::start(PROGRAM, &database.settings()).await, Some(&database)).await;
}
