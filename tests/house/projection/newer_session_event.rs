//! An event of a newer program in a session: who reads the session stops there and names it, its past stays, and everything else goes on.

use opensail_eventstore::StreamId;
use opensail_tests::behind::{journal, write_to};
use opensail_tests::postgres::{Database, fresh_database};
use opensail_tests::watch::Watch;
use opensail_tests::world::{World, until};
use reqwest::Method;
use serde_json::{Value, json};

use super::rebuild_projection::opensail;
use crate::PROGRAM;

/// Of no type that is known, and of a known one in a version that is not.
const NEWER: [(&str, u32); 2] = [("agent_session.sunk", 1), ("agent_session.completed", 2)];

async fn stops_who_reads_it(mut world: World, database: Option<&Database>, newer: (&str, u32)) {
    let (project, _) = world.project("boat").await;
    let (other, _) = world.project("raft").await;
    let model = world.script(&[json!({ "text": "one" }), json!({ "text": "two" })]);
    let session = world.session(&project, json!({ "task": "mind the reef", "model": model })).await;
    let before = world.session_is(&session, &["completed"]).await;
    world.stop().await;
    let behind = journal(&world, database).await;
    let stream = StreamId::new("agent_session", &session);
    // Somebody has to go on with it, and cannot.
    let requeued = write_to(&*behind, &stream, ("agent_session.requeued", 1), [json!({})]).await;
    let position = write_to(&*behind, &stream, newer, [json!({ "depth": 7 })]).await;
    drop(behind);
    world.serve(&[]).await;
    let says = format!("event {} v{} at position {position}", newer.0, newer.1);

    let path = format!("/api/v1/sessions/{session}");
    let more = json!({ "text": "on" });
    let reads = ["", "/events", "/replay", "/export", "/export?format=atif", "/diff", "/stream"].map(|what| (Method::GET, what, None));
    for (method, what, body) in reads.into_iter().chain([(Method::POST, "/messages", Some(&more))]) {
        let refused = world.send(method, &format!("{path}{what}"), body).await.expect(503);
        assert_eq!((&refused["code"], &refused["position"]), (&json!("newer_event"), &json!(position)), "{what}: {refused}");
        let detail = refused["detail"].as_str().expect("a detail");
        assert!(detail.contains(&says) && detail.contains("upgrade"), "{what}: {detail}");
    }
    // What it was before is known.
    let then = before["position"].as_u64().expect("a position");
    assert_eq!(world.get(&format!("{path}?as_of={then}")).await, before);
    let events = world.get(&format!("{path}/events?as_of={then}&limit=200")).await["items"].clone();
    let replay = world.get(&format!("{path}/replay?as_of={then}")).await;
    assert_eq!(replay["messages"][1]["text"], "one", "{replay}");
    let export = world.send(Method::GET, &format!("{path}/export?as_of={then}"), None).await;
    let lines = export.text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")).filter(|line| line["type"].is_string());
    assert_eq!(json!(lines.collect::<Vec<_>>()), events, "{}", export.text);

    // Whoever watches the team is told what was recorded: the type and version of an event say what it is.
    let team = world.team().await;
    let live = format!("/api/v1/live?teams={team}&after={requeued}");
    let mut live = Watch::open(&world, &world.token, &live, None).await.expect("a stream");
    let told = live.until(newer.0).await.pop().expect("the event");
    let told: Value = serde_json::from_str(&told.data).expect("JSON");
    assert_eq!((&told["position"], &told["version"], &told["data"]), (&json!(position), &json!(newer.1), &json!({ "depth": 7 })));

    // The worker that would go on with it.
    until("the worker to name it", async || {
        world
            .log()
            .lines()
            .any(|line| line.contains("a run was given up") && line.contains(&says) && line.contains("upgrade"))
            .then_some(())
    })
    .await;
    let ready = world.get("/readyz").await;
    let view = ready["back_ends"].as_array().expect("back ends").iter().find(|one| one["name"] == "agent_session").expect("the view");
    let why = view["why"].as_str().unwrap_or_default();
    assert!(view["ok"] == false && why.contains(&format!("position {position}")) && why.contains(newer.0), "{view}");

    // Everything else.
    world.send(Method::PATCH, &format!("/api/v1/projects/{other}"), Some(&json!({ "name": "Ferry" }))).await.expect(200);
    assert_eq!(world.get(&format!("/api/v1/projects/{other}")).await["name"], "Ferry");
    let audit = world.get(&format!("/api/v1/audit/events?stream={stream}&type={}&order=desc", newer.0)).await["items"][0].clone();
    assert_eq!((&audit["position"], &audit["version"], &audit["data"]), (&json!(position), &json!(newer.1), &json!({ "depth": 7 })));
    let file = world.path().join("audit.jsonl").display().to_string();
    for arguments in [&["audit", "export", "--output", &file][..], &["audit", "verify", &file], &["audit", "verify"]] {
        let (done, told) = opensail(&world, arguments).await;
        assert!(done, "{arguments:?}: {told}");
    }
}

#[tokio::test]
async fn stops_who_reads_it_on_sqlite() {
    for newer in NEWER {
        stops_who_reads_it(World::start(PROGRAM, &[]).await, None, newer).await;
    }
}

#[tokio::test]
async fn stops_who_reads_it_on_postgres() {
    for newer in NEWER {
        let database = fresh_database().await;
        stops_who_reads_it(World::start(PROGRAM, &database.settings()).await, Some(&database), newer).await;
    }
}
