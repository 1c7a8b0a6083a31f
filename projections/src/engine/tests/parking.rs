//! An event that cannot be applied sets its stream aside, and nothing else.

use std::sync::atomic::Ordering;

use opensail_domain::kernel::ProjectId;
use opensail_eventstore::StreamId;
use serde_json::json;
use uuid::Uuid;

use super::{Moody, built, positions, renamed, retry, start, two_projects};
use crate::testing::{World, on_both};

on_both!(
    a_failing_event_parks_only_its_stream_until_it_is_retried,
    a_better_program_takes_up_what_was_parked,
    a_malformed_event_is_parked_and_the_rest_of_the_house_goes_on,
    a_rebuild_parks_what_cannot_be_applied,
);

async fn a_failing_event_parks_only_its_stream_until_it_is_retried(first: World) {
    for panics in [false, true] {
        let world = first.another().await;
        two_projects(&world).await;
        let view = Moody::default();
        view.fail(5);
        view.panics.store(panics, Ordering::SeqCst);
        let projections = start(&world, &view).await;
        world.settle(&projections).await;
        assert_eq!(positions(&world).await, [4, 6, 8], "what the boat did from 5 on waits");

        let boat = StreamId::new("project", world.boat);
        let parked = projections.parked().await.expect("a list");
        assert_eq!(parked.len(), 1);
        assert_eq!((&parked[0].stream, parked[0].position), (&boat, 5));
        assert!(parked[0].error.contains("in a bad mood"), "{}", parked[0].error);
        assert_eq!(projections.feed().lag().await.expect("a lag").projections[0].parked, 1);

        assert_eq!((parked[0].event_type.as_str(), parked[0].waiting), ("project.renamed", 1));

        retry(&world, &boat, 5).await;
        world.settle(&projections).await;
        assert_eq!(positions(&world).await, [4, 6, 8], "still in a bad mood");
        assert_eq!(projections.parked().await.expect("a list").len(), 1);

        view.mend(5);
        retry(&world, &boat, 5).await;
        world.settle(&projections).await;
        assert_eq!(positions(&world).await, [4, 5, 6, 7, 8]);
        assert_eq!(projections.parked().await.expect("a list"), []);
        assert_eq!(projections.feed().lag().await.expect("a lag").projections[0].parked, 0);
        world.on_project(world.boat, renamed("Launch")).await;
        world.settle(&projections).await;
        assert_eq!(positions(&world).await, [4, 5, 6, 7, 8, 11]);
    }
}

async fn a_better_program_takes_up_what_was_parked(world: World) {
    two_projects(&world).await;
    let view = Moody::default();
    view.fail(7);
    let projections = start(&world, &view).await;
    world.settle(&projections).await;
    drop(projections);
    view.mend(7);
    let projections = start(&world, &view).await;
    world.settle(&projections).await;
    assert_eq!(positions(&world).await, [4, 5, 6, 7, 8]);
}

async fn a_malformed_event_is_parked_and_the_rest_of_the_house_goes_on(world: World) {
    world.cast().await;
    let broken = ProjectId(Uuid::now_v7());
    world.append(&StreamId::new("project", broken), "t", None, vec![("project.created".into(), 1, json!({}))]).await;
    world.on_project(world.boat, renamed("Ship")).await;
    let (projections, queries) = world.caught_up().await;
    assert_eq!(queries.project(world.boat).await.expect("an answer").expect("the boat").name, "Ship");
    assert_eq!(queries.project(broken).await.expect("an answer"), None);
    let parked = projections.parked().await.expect("a list");
    assert_eq!(parked.iter().map(|parked| parked.projection.as_str()).collect::<Vec<_>>(), ["project"]);
}

async fn a_rebuild_parks_what_cannot_be_applied(world: World) {
    two_projects(&world).await;
    let view = Moody::default();
    let projections = start(&world, &view).await;
    world.settle(&projections).await;
    view.fail(5);
    projections.rebuild("moody").await.expect("begun");
    built(&projections).await;
    assert_eq!(positions(&world).await, [4, 6, 8]);
    assert_eq!(projections.parked().await.expect("a list").len(), 1);
}
