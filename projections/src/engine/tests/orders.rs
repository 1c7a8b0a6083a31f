//! People's orders to parked streams, obeyed where they stand in the journal by whoever keeps the view.

use opensail_domain::kernel::ProjectId;
use opensail_eventstore::StreamId;
use opensail_eventstore::subscription::Tail;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::{Moody, built, positions, renamed, retry, skip, start, two_projects};
use crate::db::sql;
use crate::engine::Projections;
use crate::testing::{World, on_both};

on_both!(
    a_skip_goes_past_the_event_and_on_with_its_stream,
    a_retry_goes_as_far_as_it_can,
    what_was_skipped_is_passed_over_by_a_rebuild_of_a_better_program,
    an_order_in_the_midst_of_a_batch_is_obeyed_in_its_place,
    a_skip_that_comes_too_late_builds_the_view_anew,
    orders_about_what_is_not_parked_change_nothing,
    an_order_about_a_stream_that_the_view_does_not_read_changes_nothing,
    what_others_lean_on_and_comes_late_builds_the_view_anew,
    another_process_obeys_what_this_one_missed,
    any_orders_leave_what_a_rebuild_gives,
);

fn stream(project: ProjectId) -> StreamId {
    StreamId::new("project", project)
}

async fn parked_at(projections: &Projections) -> Vec<u64> {
    projections.parked().await.expect("a list").iter().filter(|parked| !parked.beside).map(|parked| parked.position).collect()
}

async fn rebuilt(world: &World, projections: &Projections) -> Vec<i64> {
    projections.rebuild("moody").await.expect("begun");
    built(projections).await;
    positions(world).await
}

async fn a_skip_goes_past_the_event_and_on_with_its_stream(world: World) {
    two_projects(&world).await;
    let view = Moody::failing_at([5]);
    let projections = start(&world, &view).await;
    world.settle(&projections).await;
    skip(&world, &stream(world.boat), 5).await;
    world.on_project(world.boat, renamed("Launch")).await;
    world.settle(&projections).await;
    assert_eq!(positions(&world).await, [4, 6, 7, 8, 10]);
    assert_eq!(parked_at(&projections).await, [0; 0]);
    assert_eq!(rebuilt(&world, &projections).await, [4, 6, 7, 8, 10]);
}

async fn a_retry_goes_as_far_as_it_can(world: World) {
    two_projects(&world).await;
    let view = Moody::failing_at([5, 7]);
    let projections = start(&world, &view).await;
    world.settle(&projections).await;
    view.mend(5);
    retry(&world, &stream(world.boat), 5).await;
    world.settle(&projections).await;
    assert_eq!(positions(&world).await, [4, 5, 6, 8]);
    assert_eq!(parked_at(&projections).await, [7]);
}

async fn what_was_skipped_is_passed_over_by_a_rebuild_of_a_better_program(world: World) {
    two_projects(&world).await;
    let view = Moody::failing_at([5]);
    let projections = start(&world, &view).await;
    world.settle(&projections).await;
    skip(&world, &stream(world.boat), 5).await;
    world.settle(&projections).await;
    view.mend(5);
    assert_eq!(rebuilt(&world, &projections).await, [4, 6, 7, 8]);
    // From nothing, in a process that never saw it parked.
    drop(projections);
    let mut tx = world.db.begin().await.expect("a transaction");
    tx.run(sql!("DELETE FROM checkpoints")).await.expect("forgotten");
    tx.commit().await.expect("committed");
    let projections = start(&world, &Moody::default()).await;
    built(&projections).await;
    world.settle(&projections).await;
    assert_eq!(positions(&world).await, [4, 6, 7, 8]);
}

async fn an_order_in_the_midst_of_a_batch_is_obeyed_in_its_place(world: World) {
    two_projects(&world).await;
    let view = Moody::failing_at([5]);
    // Nobody follows yet: all of it comes as one batch, in which the order stands between events of its stream.
    skip(&world, &stream(world.boat), 5).await;
    world.on_project(world.boat, renamed("Launch")).await;
    retry(&world, &stream(world.boat), 10).await;
    view.fail(10);
    world.on_project(world.boat, renamed("Sloop")).await;
    let projections = start(&world, &view).await;
    world.settle(&projections).await;
    assert_eq!(positions(&world).await, [4, 6, 7, 8]);
    assert_eq!(parked_at(&projections).await, [10], "tried again where the order stands, and still not to be had");
    view.mend(10);
    retry(&world, &stream(world.boat), 10).await;
    world.on_project(world.boat, renamed("Yacht")).await;
    world.settle(&projections).await;
    assert_eq!(positions(&world).await, [4, 6, 7, 8, 10, 12, 14]);
}

async fn a_skip_that_comes_too_late_builds_the_view_anew(world: World) {
    two_projects(&world).await;
    let view = Moody::failing_at([5]);
    let projections = start(&world, &view).await;
    world.settle(&projections).await;
    view.mend(5);
    let boat = stream(world.boat);
    retry(&world, &boat, 5).await;
    skip(&world, &boat, 5).await;
    world.settle(&projections).await;
    built(&projections).await;
    assert_eq!(positions(&world).await, [4, 6, 7, 8]);
}

async fn orders_about_what_is_not_parked_change_nothing(world: World) {
    let raft = two_projects(&world).await;
    let view = Moody::failing_at([5]);
    let projections = start(&world, &view).await;
    world.settle(&projections).await;
    view.mend(5);
    retry(&world, &stream(world.boat), 7).await;
    retry(&world, &stream(raft), 6).await;
    world.settle(&projections).await;
    assert_eq!(positions(&world).await, [4, 6, 8]);
    assert_eq!(parked_at(&projections).await, [5]);
    assert!(projections.overview().await.expect("an overview").iter().all(|view| view.rebuilding.is_none() && view.kept.is_none()));
}

/// Another version of the view, which read it, was meant.
async fn an_order_about_a_stream_that_the_view_does_not_read_changes_nothing(world: World) {
    two_projects(&world).await;
    let projections = start(&world, &Moody::default()).await;
    world.settle(&projections).await;
    skip(&world, &StreamId::new("team", world.crew), 2).await;
    world.settle(&projections).await;
    assert_eq!(positions(&world).await, [4, 5, 6, 7, 8]);
    assert!(projections.overview().await.expect("an overview").iter().all(|view| view.rebuilding.is_none() && view.kept.is_none()));
}

async fn what_others_lean_on_and_comes_late_builds_the_view_anew(first: World) {
    for lends in [false, true] {
        let world = first.another().await;
        two_projects(&world).await;
        let view = Moody { lends, ..Moody::failing_at([5]) };
        let projections = start(&world, &view).await;
        world.settle(&projections).await;
        let anew = async || projections.overview().await.expect("an overview")[0].kept.is_some();
        // Nothing came of it: nothing came late.
        retry(&world, &stream(world.boat), 5).await;
        world.settle(&projections).await;
        built(&projections).await;
        assert!(!anew().await);
        view.mend(5);
        retry(&world, &stream(world.boat), 5).await;
        world.settle(&projections).await;
        built(&projections).await;
        assert_eq!(positions(&world).await, [4, 5, 6, 7, 8]);
        assert_eq!(anew().await, lends, "the tables of before are kept for a way back");
    }
}

async fn another_process_obeys_what_this_one_missed(world: World) {
    two_projects(&world).await;
    let view = Moody::failing_at([5, 7]);
    let first = start(&world, &view).await;
    world.settle(&first).await;
    drop(first);
    // Passed over when the stream comes to it, by a process that began before the order and by one that began after it.
    skip(&world, &stream(world.boat), 7).await;
    let second = start(&world, &view).await;
    world.settle(&second).await;
    view.mend(5);
    let tail = Tail::start(world.store.clone()).await.expect("a tail");
    let third = Projections::start_with(world.views().await, tail, vec![Box::new(view.clone())]).await.expect("the engine starts");
    retry(&world, &stream(world.boat), 5).await;
    world.on_project(world.boat, renamed("Launch")).await;
    world.settle(&second).await;
    world.settle(&third).await;
    assert_eq!(positions(&world).await, [4, 5, 6, 8, 11]);
    assert_eq!(parked_at(&third).await, [0; 0]);
}

#[derive(Clone, Copy, Debug)]
enum Act {
    /// An event of one of the streams, which cannot be applied.
    Event {
        stream: usize,
        poison: bool,
    },
    /// Of the n-th of the parked ones.
    Mend(usize),
    Retry(usize),
    Skip(usize),
    /// The process ends, and another one begins.
    Restart,
    Rebuild,
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (0usize..3, prop::bool::weighted(0.3)).prop_map(|(stream, poison)| Act::Event { stream, poison }),
        2 => (0usize..3).prop_map(Act::Mend),
        2 => (0usize..3).prop_map(Act::Retry),
        2 => (0usize..3).prop_map(Act::Skip),
        1 => Just(Act::Restart),
        1 => Just(Act::Rebuild),
    ]
}

/// Whatever is ordered, in whichever order: what is read is what a rebuild gives, once what was mended was also retried.
async fn any_orders_leave_what_a_rebuild_gives(first: World) {
    let mut runner = TestRunner::deterministic();
    for _ in 0..6 {
        let acts = prop::collection::vec(any_act(), 5..30).new_tree(&mut runner).expect("acts").current();
        let world = first.another().await;
        let streams = [world.boat, two_projects(&world).await, ProjectId(uuid::Uuid::now_v7())];
        world.on_project(streams[2], vec![world.project_created(streams[2], "Kayak").into()]).await;
        let view = Moody::default();
        let mut projections = start(&world, &view).await;
        world.settle(&projections).await;
        let nth = async |projections: &Projections, n: usize| {
            let parked: Vec<_> = projections.parked().await.expect("a list").into_iter().filter(|parked| !parked.beside).collect();
            (!parked.is_empty()).then(|| parked[n % parked.len()].clone())
        };
        for act in acts.iter().copied() {
            match act {
                Act::Event { stream, poison } => {
                    if poison {
                        view.fail(world.store_head().await as i64 + 1);
                    }
                    world.on_project(streams[stream], renamed("Boat")).await;
                }
                Act::Mend(n) => {
                    if let Some(parked) = nth(&projections, n).await {
                        view.mend(parked.position as i64);
                    }
                }
                Act::Retry(n) => {
                    if let Some(parked) = nth(&projections, n).await {
                        retry(&world, &parked.stream, parked.position).await;
                    }
                }
                Act::Skip(n) => {
                    if let Some(parked) = nth(&projections, n).await {
                        skip(&world, &parked.stream, parked.position).await;
                    }
                }
                Act::Restart => {
                    drop(projections);
                    projections = start(&world, &view).await;
                }
                Act::Rebuild => projections.rebuild("moody").await.expect("begun"),
            }
        }
        built(&projections).await;
        world.settle(&projections).await;
        for parked in projections.parked().await.expect("a list") {
            retry(&world, &parked.stream, parked.position).await;
        }
        world.settle(&projections).await;
        built(&projections).await;
        let (lived, waits) = (positions(&world).await, parked_at(&projections).await);
        assert_eq!(rebuilt(&world, &projections).await, lived, "{acts:?}");
        assert_eq!(parked_at(&projections).await, waits, "{acts:?}");
    }
}
