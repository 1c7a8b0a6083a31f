//! What a view has set aside is told wherever an answer lacks something of it, and nowhere else; more of it than is there nobody is promised.

use std::collections::BTreeSet;

use opensail_domain::kernel::ProjectId;
use opensail_domain::project;
use opensail_domain::projection::{ProjectionEvent, SkipOrdered};
use opensail_eventstore::subscription::Tail;
use opensail_eventstore::{Position, StreamId};
use serde_json::json;
use uuid::Uuid;

use crate::aside::noting;
use crate::testing::{PATIENCE, World, on_both, wire};
use crate::{Order, PageRequest, Projections, Queries, QueryError};

on_both!(what_is_set_aside_is_told_and_nothing_else, another_process_tells_of_it_too);

/// Ids and positions of what an answer was said to lack; whether it may only perhaps belong in it.
async fn lacks<F: Future>(asking: F) -> (F::Output, BTreeSet<(String, Position, bool)>) {
    let (answer, noted) = noting(asking).await;
    let told = noted.into_iter().map(|one| (one.aside.stream.id().to_owned(), one.aside.position, one.perhaps_of.is_some()));
    (answer, told.collect())
}

fn surely(all: &[(ProjectId, Position)]) -> BTreeSet<(String, Position, bool)> {
    all.iter().map(|(id, position)| (id.to_string(), *position, false)).collect()
}

fn page() -> PageRequest {
    PageRequest { limit: Some(50), after: None, order: Order::Asc }
}

async fn skip(world: &World, id: ProjectId, position: Position) {
    let (projection, stream) = ("project".to_owned(), StreamId::new("project", id).to_string());
    let order = SkipOrdered { projection, stream, position, reason: "broken".into(), ordered_by: world.ada };
    let order = wire(ProjectionEvent::from(order));
    world.append(&StreamId::new("projection", "project"), &world.crew.to_string(), None, vec![order]).await;
}

struct Broken {
    /// Its second event is broken, the third waits.
    boat: (ProjectId, Position),
    /// Its first one.
    lost: (ProjectId, Position),
    raft: ProjectId,
    end: Position,
}

async fn broken(world: &World) -> Broken {
    world.cast().await;
    let (raft, lost) = (ProjectId(Uuid::now_v7()), ProjectId(Uuid::now_v7()));
    world.on_project(raft, vec![world.project_created(raft, "Raft").into()]).await;
    let twice = world.on_project(world.boat, vec![world.project_created(world.boat, "Boat").into()]).await.position;
    let renamed = |name: &str| vec![project::Renamed { name: name.into() }.into()];
    world.on_project(world.boat, renamed("Ship")).await;
    let (stream, garbage) = (StreamId::new("project", lost), ("project.created".into(), 1, json!({ "no": "project" })));
    let first = world.append(&stream, &world.crew.to_string(), Some(lost.to_string()), vec![garbage]).await.position;
    let end = world.on_project(raft, renamed("Ferry")).await.position;
    Broken { boat: (world.boat, twice), lost: (lost, first), raft, end }
}

fn is_refused<T: std::fmt::Debug>(answer: Result<T, QueryError>, (id, at): (ProjectId, Position)) {
    let refused = answer.expect_err("more than is there");
    let stands =
        matches!(&refused, QueryError::Parked { view: "project", stream, position } if stream.id() == id.to_string() && *position == at);
    assert!(stands, "{refused}");
}

async fn what_is_set_aside_is_told_and_nothing_else(world: World) {
    let Broken { boat, lost, raft, end } = broken(&world).await;
    let (projections, queries) = world.caught_up().await;
    let name = |found: Result<Option<crate::project::ProjectDetails>, QueryError>| found.expect("an answer").map(|found| found.name);

    // Asked for as it is, each says what it lacks; the whole of it is refused, then too.
    let (found, told) = lacks(queries.project(boat.0)).await;
    assert_eq!((name(found).as_deref(), told), (Some("Boat"), surely(&[boat])));
    let (found, told) = lacks(queries.project(lost.0)).await;
    assert_eq!((name(found), told), (None, surely(&[lost])));
    for one in [boat, lost] {
        for whole in [queries.since(one.1), queries.since(end), queries.as_of(one.1), queries.as_of(end)] {
            is_refused(whole.project(one.0).await, one);
        }
        for earlier in [queries.since(one.1 - 1), queries.as_of(one.1 - 1)] {
            earlier.project(one.0).await.expect("that much is there");
        }
    }
    assert_eq!(lacks(queries.as_of(boat.1 - 1).project(boat.0)).await.1, surely(&[]));
    let (found, told) = lacks(queries.since(end).project(raft)).await;
    assert_eq!((name(found).as_deref(), told), (Some("Ferry"), surely(&[])));

    // Lists are answered, and say it of each; what is missing in them too.
    for (list, expected) in [
        (queries.clone(), vec![boat, lost]),
        (queries.since(end), vec![boat, lost]),
        (queries.as_of(boat.1), vec![boat]),
        (queries.as_of(boat.1 - 1), vec![]),
    ] {
        let (listed, told) = lacks(list.projects_of_team(world.crew, &page())).await;
        listed.expect("an answer");
        assert_eq!(told, surely(&expected));
    }
    let (listed, told) = lacks(queries.projects_of_account(world.ada, None, &page())).await;
    assert_eq!(listed.expect("an answer").items.len(), 2);
    let perhaps = BTreeSet::from([(lost.0.to_string(), lost.1, true)]);
    assert_eq!(told, &surely(&[boat]) | &perhaps, "one is shown; whether the other is hers is not known here");

    // Of other views nothing is set aside, and another's things are not mixed up with these.
    assert_eq!(lacks(queries.since(end).sessions_of_project(boat.0, &page())).await.1, surely(&[]));
    assert_eq!(lacks(queries.since(end).team(world.crew)).await.1, surely(&[]));
    let elsewhere = opensail_domain::kernel::TeamId(Uuid::now_v7());
    assert_eq!(lacks(queries.projects_of_team(elsewhere, &page())).await.1, surely(&[]));

    // Once it flows, nothing is said any more.
    for one in [boat, lost] {
        skip(&world, one.0, one.1).await;
    }
    world.settle(&projections).await;
    let end = world.store.head().await.expect("a head").position;
    let (found, told) = lacks(queries.since(end).project(boat.0)).await;
    assert_eq!((name(found).as_deref(), told), (Some("Ship"), surely(&[])));
    assert_eq!(lacks(queries.projects_of_team(world.crew, &page())).await.1, surely(&[]));
}

/// It follows the same tables, and hears of what the first one does in them by them.
async fn another_process_tells_of_it_too(world: World) {
    let first = world.start().await;
    let views = world.views().await;
    let tail = Tail::start(world.store.clone()).await.expect("a tail");
    let other = Projections::start(views.clone(), tail).await.expect("the engine starts");
    let queries = Queries::new(views, world.store.clone(), world.keys.clone());
    let Broken { boat, lost, end, .. } = broken(&world).await;
    world.settle(&first).await;
    other.feed().settle(end, PATIENCE).await.expect("it follows");
    is_refused(queries.since(end).project(boat.0).await, boat);
    assert_eq!(lacks(queries.projects_of_team(world.crew, &page())).await.1, surely(&[boat, lost]));
    skip(&world, boat.0, boat.1).await;
    let end = world.store.head().await.expect("a head").position;
    other.feed().settle(end, PATIENCE).await.expect("it follows");
    assert_eq!(lacks(queries.projects_of_team(world.crew, &page())).await.1, surely(&[lost]));
}
