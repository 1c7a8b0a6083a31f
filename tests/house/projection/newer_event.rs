//! An event of a newer version of the program: whom it concerns stops there and says so, and everything else goes on.

use opensail_eventstore::conformance::{append, part};
use opensail_eventstore::{Filter, StreamId};
use opensail_tests::behind::{journal, write_to_project};
use opensail_tests::postgres::{Database, fresh_database};
use opensail_tests::world::World;
use reqwest::Method;
use serde_json::{Value, json};

use super::rebuild_projection::{lag, opensail};
use crate::PROGRAM;

async fn stops_whom_it_concerns(mut world: World, database: Option<&Database>) {
    let (project, _) = world.project("boat").await;
    let (other, _) = world.project("raft").await;
    let team = world.team().await;
    let (wreck, _) = world.project("wreck").await;
    for (boat, event_type, version) in [(&project, "project.sunk", 1), (&wreck, "project.renamed", 2)] {
        world.stop().await;
        let behind = journal(&world, database).await;
        let position = write_to_project(&*behind, boat, (event_type, version), [json!({ "name": "Wreck" })]).await;
        drop(behind);
        world.serve(&[]).await;
        let says = format!("event {event_type} v{version}");

        let refused = world.send(Method::PATCH, &format!("/api/v1/projects/{boat}"), Some(&json!({ "name": "Ship" }))).await.expect(503);
        assert_eq!((&refused["code"], &refused["position"]), (&json!("newer_event"), &json!(position)), "{refused}");
        let detail = refused["detail"].as_str().expect("a detail");
        assert!(detail.contains(&says) && detail.contains("upgrade"), "{detail}");
        let renamed = json!({ "name": format!("Ferry {version}") });
        // Done, and only not to be shown.
        let hidden = world.send(Method::PATCH, &format!("/api/v1/projects/{other}"), Some(&renamed)).await.expect(503);
        assert_eq!(hidden["code"], "view_stopped", "{hidden}");
        let history = world.get(&format!("/api/v1/audit/events?project_id={other}&type=project.renamed&order=desc")).await;
        assert_eq!(history["items"][0]["data"], renamed, "{history}");
        world.send(Method::PATCH, &format!("/api/v1/teams/{team}"), Some(&renamed)).await.expect(200);
        assert_eq!(world.get(&format!("/api/v1/projects/{other}")).await["name"], "raft", "as it was");
    }

    // The first of them is where the view stands.
    let ready = world.get("/readyz").await;
    assert_eq!(ready["status"], "degraded", "{ready}");
    let of = |name: &str| ready["back_ends"].as_array().expect("back ends").iter().find(|one| one["name"] == name).expect("it").clone();
    let (view, why) = (of("project"), of("project")["why"].as_str().unwrap_or_default().to_owned());
    assert!(why.contains("project.sunk v1") && why.contains("older than the journal"), "{view}");
    assert_eq!((&view["ok"], view["stopped"].as_f64()), (&json!(false), Some(1.0)), "{view}");
    assert_eq!((&of("team")["ok"], of("team").get("why")), (&json!(true), None::<&Value>));
    let (done, told) = opensail(&world, &["projection", "list"]).await;
    let line = told.lines().find(|line| line.starts_with("project ")).unwrap_or_default();
    assert!(done && line.contains("stopped: at position") && line.contains("project.sunk v1"), "{told}");
    assert_eq!(lag(&world).await, (Some(1), view["lag_events"].as_f64().expect("a number").to_string()));
    let numbers = world.send(Method::GET, "/metrics", None).await.text;
    assert!(numbers.contains("opensail_stopped{back_end=\"project\"} 1\n"), "{numbers}");
    assert!(numbers.contains("opensail_stopped{back_end=\"team\"} 0\n"), "{numbers}");
    assert!(numbers.contains("opensail_lag_seconds{back_end=\"project\"} "), "{numbers}");
}

#[tokio::test]
async fn stops_whom_it_concerns_on_sqlite() {
    stops_whom_it_concerns(World::start(PROGRAM, &[]).await, None).await;
}

#[tokio::test]
async fn stops_whom_it_concerns_on_postgres() {
    let database = fresh_database().await;
    stops_whom_it_concerns(World::start(PROGRAM, &database.settings()).await, Some(&database)).await;
}

/// The view of all events, stopped by an order that this program does not know.
async fn no_export_lacks_its_end(mut world: World, database: Option<&Database>) {
    let team = world.team().await;
    world.stop().await;
    let behind = journal(&world, database).await;
    let mut order = part("", 0, 1);
    (order.stream, order.events[0].event_type) = (StreamId::new("projection", "audit"), "projection.turned_round".into());
    behind.append(append(vec![order])).await.expect("appended");
    drop(behind);
    world.serve(&[]).await;
    world.get(&format!("/api/v1/audit/events?team_id={team}")).await;
    for format in ["jsonl", "csv"] {
        let refused = world.send(Method::GET, &format!("/api/v1/audit/export?team_id={team}&format={format}"), None).await.expect(503);
        assert_eq!(refused["code"], "view_stopped", "{refused}");
    }
    world.stop().await;
    let filter = Filter { types: vec!["team.audit_exported".into()], ..Filter::default() };
    let recorded = journal(&world, database).await.read_all(0, 9, &filter).await.expect("read").events;
    assert!(recorded.is_empty(), "who gets nothing is not said to have taken it: {recorded:?}");
}

#[tokio::test]
async fn no_export_lacks_its_end_on_sqlite() {
    no_export_lacks_its_end(World::start(PROGRAM, &[]).await, None).await;
}

#[tokio::test]
async fn no_export_lacks_its_end_on_postgres() {
    let database = fresh_database().await;
    no_export_lacks_its_end(World::start(PROGRAM, &database.settings()).await, Some(&database)).await;
}
