//! An event that a read model cannot apply: its stream waits, everything else goes on, and an administrator says what becomes of it.

use opensail_tests::behind::{born_twice, journal, write_to_project};
use opensail_tests::postgres::{Database, fresh_database};
use opensail_tests::world::{Answer, World, until};
use reqwest::Method;
use serde_json::{Value, json};

use super::metrics::number;
use super::rebuild_projection::opensail;
use crate::PROGRAM;

async fn name(world: &World, project: &str) -> String {
    world.get(&format!("/api/v1/projects/{project}")).await["name"].as_str().expect("a name").to_owned()
}

async fn caught_up(world: &World) {
    let there = async || {
        let views = world.get("/api/v1/projections").await;
        let done = |view: &Value| view["served"] == true && view["rebuilding"].is_null() && view["lag_events"] == 0;
        views["items"].as_array().expect("items").iter().all(done).then_some(())
    };
    until("the views to be caught up", there).await;
}

/// What it lacks every answer says, on the command line too; more than there is is promised to nobody.
async fn is_told(world: &World, project: &str, other: &str, poison: u64) {
    let path = format!("/api/v1/projects/{project}");
    let told = |answer: &Answer| answer.headers.get("opensail-parked").map(|told| told.to_str().expect("text").to_owned());
    let lacks = format!("project-{project};view=project;position={poison}");
    let team = world.team().await;
    for asked in [path.clone(), format!("/api/v1/projects?team_id={team}&min_position={poison}"), "/api/v1/projects".into()] {
        let answer = world.send(Method::GET, &asked, None).await;
        assert_eq!((answer.status.as_u16(), told(&answer)), (200, Some(lacks.clone())), "{asked}");
    }
    assert_eq!(told(&world.send(Method::GET, &format!("/api/v1/projects/{other}"), None).await), None);
    for more in [format!("{path}?min_position={poison}"), format!("{path}?as_of={poison}")] {
        assert_eq!(world.send(Method::GET, &more, None).await.expect(503)["code"], "stream_parked");
    }
    assert_eq!(told(&world.send(Method::GET, &format!("{path}?as_of={}", poison - 1), None).await), None);
    let (done, said) = opensail(world, &["session", "list", "--project", other]).await;
    assert!(done && !said.contains("not all is shown"), "{said}");
}

async fn skipped_for_ever(mut world: World, database: Option<&Database>) {
    let (project, _) = world.project("boat").await;
    let (other, _) = world.project("raft").await;
    world.stop().await;
    let behind = journal(&world, database).await;
    let poison = born_twice(&*behind, &project).await;
    write_to_project(&*behind, &project, ("project.renamed", 1), [json!({ "name": "Frigate" })]).await;
    drop(behind);
    world.serve(&[]).await;
    world.send(Method::PATCH, &format!("/api/v1/projects/{other}"), Some(&json!({ "name": "Ferry" }))).await.expect(200);
    caught_up(&world).await;
    assert_eq!((name(&world, &project).await.as_str(), name(&world, &other).await.as_str()), ("boat", "Ferry"));

    let stream = format!("project-{project}");
    is_told(&world, &project, &other, poison).await;
    let parked = world.get("/api/v1/projections/parked").await["items"].clone();
    assert_eq!(parked.as_array().expect("items").len(), 1, "{parked}");
    let told = &parked[0];
    assert_eq!((&told["projection"], &told["stream"], &told["position"]), (&json!("project"), &json!(stream), &json!(poison)));
    assert_eq!((&told["type"], &told["waiting"]), (&json!("project.created"), &json!(1)));
    assert!(told["error"].as_str().expect("why").contains("there already is a row"), "{told}");
    assert_eq!(number(&world, "parked", "back_end=\"project\"").await, Some(1.0));
    let (done, told) = opensail(&world, &["projection", "parked"]).await;
    assert!(done && told.contains(&stream), "{told}");
    assert!(told.contains(&format!("opensail projection retry project {stream}")), "what to type next: {told}");
    let (done, told) = opensail(&world, &["projection", "retry", "project", &format!("project-{other}")]).await;
    assert!(!done && told.contains("opensail projection parked"), "{told}");

    let (done, told) = opensail(&world, &["projection", "retry", "project", &stream, "--reason", "let us see"]).await;
    assert!(!done && told.contains("still parked"), "{told}");
    let path = format!("/api/v1/projections/project/parked/{stream}");
    let wrong = json!({ "position": poison + 1, "reason": "broken" });
    assert_eq!(world.post(&format!("{path}/skip"), wrong).await.expect(409)["reason"], "not_parked");
    let unreasoned = json!({ "position": poison, "reason": " " });
    assert_eq!(world.post(&format!("{path}/skip"), unreasoned).await.expect(422)["errors"][0]["pointer"], "/reason");
    world.post(&format!("/api/v1/projections/nothing/parked/{stream}/retry"), json!({ "position": poison })).await.expect(404);

    // Killed at once: the order is in the journal, and whoever comes next obeys it.
    let order = json!({ "position": poison, "reason": "written by a broken import" });
    let ordered = world.post(&format!("{path}/skip"), order).await.expect(202)["position"].clone();
    world.kill().await;
    world.serve(&[]).await;
    caught_up(&world).await;
    assert_eq!(name(&world, &project).await, "Frigate");
    assert_eq!(number(&world, "parked", "back_end=\"project\"").await, Some(0.0));
    assert_eq!(world.get("/api/v1/projections/parked").await["items"], json!([]));
    let shown = world.get(&format!("/api/v1/projects/{project}")).await;
    let (done, told) = opensail(&world, &["projection", "rebuild", "project"]).await;
    assert!(done && told.contains("parked 0"), "{told}");
    assert_eq!(world.get(&format!("/api/v1/projects/{project}")).await, shown);

    let told = world.get("/api/v1/audit/events?type=projection.skip_ordered").await["items"][0].clone();
    assert_eq!((&told["position"], &told["data"]["reason"]), (&ordered, &json!("written by a broken import")), "{told}");
    assert_eq!((&told["data"]["stream"], &told["actor"]["kind"]), (&json!(stream), &json!("api_key")), "{told}");
}

#[tokio::test]
async fn skipped_for_ever_on_sqlite() {
    skipped_for_ever(World::start(PROGRAM, &[]).await, None).await;
}

#[tokio::test]
async fn skipped_for_ever_on_postgres() {
    let database = fresh_database().await;
    skipped_for_ever(World::start(PROGRAM, &database.settings()).await, Some(&database)).await;
}
