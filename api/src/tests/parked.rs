//! What a view has set aside is not passed off as whole.

use opensail_eventstore::conformance::append;
use opensail_eventstore::{Filter, Journal, NewEvent, Part, StreamId};
use serde_json::{Value, json};
use uuid::Uuid;

use super::work::admin;
use super::world::{Answer, World};

/// Written as no command would, in the project's team; answers its position.
async fn write(world: &World, project: &str, team: &str, event_type: &str, payload: Value) -> u64 {
    let stream = StreamId::new("project", project);
    let expected = world.store.stream_version(&stream).await.unwrap();
    let event = NewEvent { event_id: Uuid::now_v7(), event_type: event_type.into(), version: 1, payload: payload.to_string() };
    let part = Part { stream, expected, tenant: team.into(), project: Some(project.into()), events: vec![event] };
    world.store.append(append(vec![part])).await.unwrap().position
}

/// Created once more, which the view has no room for.
async fn poison(world: &World, project: &str, team: &str) -> u64 {
    let first = world.store.read_stream(&StreamId::new("project", project), 0, 1).await.unwrap().remove(0);
    write(world, project, team, "project.created", serde_json::from_str(&first.payload).unwrap()).await
}

fn told(answer: &Answer) -> Option<String> {
    answer.headers.get("opensail-parked").map(|told| told.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn what_an_answer_lacks_is_said_to_who_may_know() {
    let world = World::new().await;
    let (ada, eve) = (world.person("ada").await, world.person("eve").await);
    let team = world.team(&ada).await;
    world.team(&eve).await;
    let (boat, raft) = (world.project(&ada, &team).await, world.project(&ada, &team).await);
    let at = poison(&world, &boat, &team).await;
    let lost = Uuid::now_v7().to_string();
    let lost_at = write(&world, &lost, &team, "project.created", json!({ "no": "project" })).await;
    let (path, of_boat) = (format!("/api/v1/projects/{boat}"), format!("project-{boat};view=project;position={at}"));
    let of_lost = format!("project-{lost};view=project;position={lost_at}");

    // As it was, and said so; more than that of nothing that is one thing.
    world.get(&ada, &format!("/api/v1/projects/{raft}?min_position={lost_at}")).await.is(200);
    assert_eq!(told(&world.get(&ada, &path).await.is(200)), Some(of_boat.clone()));
    for more in [format!("{path}?min_position={at}"), format!("{path}?as_of={at}")] {
        let refused = world.get(&ada, &more).await.refused(503, "stream_parked");
        let named = (&refused["view"], &refused["stream"], &refused["position"]);
        assert_eq!(named, (&json!("project"), &json!(format!("project-{boat}")), &json!(at)));
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.contains("opensail projection parked") && detail.contains(&format!("retry project project-{boat}")), "{detail}");
    }
    assert_eq!(told(&world.get(&ada, &format!("{path}?as_of={}", at - 1)).await.is(200)), None);
    // What was written is written, and says that it cannot be shown.
    world.ask(&ada, "PATCH", &path, Some(json!({ "name": "Ship" }))).await.refused(503, "stream_parked");
    let filter = Filter { types: vec!["project.renamed".into()], ..Filter::default() };
    assert_eq!(world.store.read_all(0, 9, &filter).await.unwrap().events.len(), 1);

    // Lists are answered with what they lack, also what is missing in them.
    let lists = [format!("/api/v1/projects?team_id={team}&min_position={lost_at}"), "/api/v1/projects".to_owned()];
    for list in &lists {
        let listed = world.get(&ada, list).await.is(200);
        assert_eq!(told(&listed), Some(format!("{of_boat}, {of_lost}")), "{list}");
        assert_eq!(listed.json()["items"].as_array().unwrap().len(), 2, "{list}");
    }
    // Nobody hears of a stranger's, and nothing is said of what lacks nothing.
    assert_eq!(told(&world.get(&eve, "/api/v1/projects").await.is(200)), None);
    assert_eq!(told(&world.get(&ada, &format!("/api/v1/projects/{raft}")).await.is(200)), None);
    assert_eq!(told(&world.get(&ada, "/api/v1/teams").await.is(200)), None);
    assert_eq!(told(&world.get(&eve, &path).await.is(404)), None);
}

/// Whoever looks through a team's events finds what became of them.
#[tokio::test]
async fn orders_lie_among_the_events_of_the_team_they_are_about() {
    let world = World::new().await;
    let (root, ada) = (admin(&world).await, world.person("ada").await);
    let team = world.team(&ada).await;
    let boat = world.project(&ada, &team).await;
    let at = poison(&world, &boat, &team).await;
    world.get(&ada, &format!("/api/v1/projects?min_position={at}")).await.is(200);
    let path = format!("/api/v1/projections/project/parked/project-{boat}");
    world.post(&root, &format!("{path}/retry"), json!({ "position": at })).await.is(202);
    let order = world.post(&root, &format!("{path}/skip"), json!({ "position": at, "reason": "broken" })).await.is(202).json();
    let position = order["position"].as_u64().unwrap();
    for asked in [format!("team_id={team}"), format!("project_id={boat}")] {
        let found = world.get(&ada, &format!("/api/v1/audit/events?{asked}&type=projection.skip_ordered&min_position={position}")).await;
        let found = found.is(200).json();
        assert_eq!((&found["items"][0]["position"], &found["items"][0]["team_id"]), (&json!(position), &json!(team)), "{found}");
        assert_eq!(found["items"][0]["actor"]["id"], json!(root.account), "{found}");
    }
    let retried = world.get(&ada, &format!("/api/v1/audit/events?team_id={team}&type=projection.retry_ordered")).await.is(200).json();
    assert_eq!(retried["items"].as_array().map(Vec::len), Some(1), "{retried}");
    // Obeyed all the same, and those of before, which lie with who ordered them, are not ordered twice.
    assert_eq!(told(&world.get(&ada, &format!("/api/v1/projects/{boat}?min_position={position}")).await.is(200)), None);
    world.post(&root, &format!("{path}/retry"), json!({ "position": at })).await.refused(409, "state");
}
