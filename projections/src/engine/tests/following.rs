//! Following the journal: alone, with others, and through trouble of the database.

use std::time::Duration;

use opensail_eventstore::subscription::Tail;

use super::{Moody, positions, renamed, start, two_projects};
use crate::PageRequest;
use crate::db::sql;
use crate::engine::Projections;
use crate::testing::{PATIENCE, World, on_both};

on_both!(
    two_processes_share_the_work_and_both_know_how_far_it_is,
    a_reader_waits_for_its_write_but_not_for_ever,
    trouble_of_the_database_is_told_and_overcome_without_parking,
    a_view_that_stands_still_is_told_from_one_that_rests,
);

async fn two_processes_share_the_work_and_both_know_how_far_it_is(world: World) {
    let first = world.start().await;
    let tail = Tail::start(world.store.clone()).await.expect("a tail");
    let second = Projections::start(world.views().await, tail).await.expect("the engine starts");
    world.cast().await;
    for n in 0..50 {
        world.on_project(world.boat, renamed(&format!("Boat {n}"))).await;
    }
    world.settle(&first).await;
    world.settle(&second).await;
    let boat = world.queries().project(world.boat).await.expect("an answer").expect("the boat");
    assert_eq!((boat.name.as_str(), boat.position), ("Boat 49", 54));
    assert_eq!(first.parked().await.expect("a list"), []);
    let rows = world.db.all(sql!("SELECT count(*) FROM audit_events")).await.expect("rows");
    assert_eq!(rows[0].int(0).expect("a count"), 54);
}

async fn a_reader_waits_for_its_write_but_not_for_ever(world: World) {
    let (projections, queries) = world.caught_up().await;
    world.cast().await;
    let head = world.store.head().await.expect("a head").position;
    projections.feed().reach(head, PATIENCE).await.expect("the write is seen");
    let teams = queries.teams_of_account(world.ada, None, &PageRequest::default()).await.expect("an answer");
    assert_eq!(teams.items.len(), 1);
    let behind = projections.feed().reach(head + 1, std::time::Duration::ZERO).await.expect_err("nobody wrote it");
    assert_eq!((behind.wanted, behind.reached), (head + 1, head));
}

async fn trouble_of_the_database_is_told_and_overcome_without_parking(world: World) {
    two_projects(&world).await;
    let projections = start(&world, &Moody::default()).await;
    world.settle(&projections).await;
    let change = async |statement: &'static str| {
        let mut tx = world.db.begin().await.expect("a transaction");
        tx.run(sql!(statement)).await.expect("changed");
        tx.commit().await.expect("committed");
    };
    change("ALTER TABLE moody RENAME TO away").await;
    world.on_project(world.boat, renamed("Wreck")).await;
    let failing = async {
        while projections.feed().lag().await.expect("a lag").failing.is_none() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, failing).await.expect("it is told");
    assert!(!projections.feed().lag().await.expect("a lag").ready(100));
    change("ALTER TABLE away RENAME TO moody").await;
    world.settle(&projections).await;
    assert_eq!(positions(&world).await, [4, 5, 6, 7, 8, 9]);
    assert_eq!(projections.parked().await.expect("a list"), []);
    assert_eq!(projections.feed().lag().await.expect("a lag").failing, None);
}

/// On PostgreSQL a transaction lasts as long as its session, and a paused process has one for ever.
#[tokio::test]
async fn a_process_paused_in_the_midst_of_a_change_holds_nobody_up() {
    let world = World::on_postgres().await;
    let (projections, _) = world.caught_up().await;
    let paused = world.views().await;
    let in_the_midst = paused.begin().await.expect("the writers' lock");
    world.cast().await;
    world.settle(&projections).await;
    drop(in_the_midst);
}

async fn a_view_that_stands_still_is_told_from_one_that_rests(world: World) {
    two_projects(&world).await;
    let view = Moody::default();
    let projections = start(&world, &view).await;
    world.settle(&projections).await;
    let still = async || projections.feed().lag().await.expect("a lag").projections[0].still;
    assert_eq!(still().await, Duration::ZERO, "nothing waits for it");
    view.shut_from(9);
    world.on_project(world.boat, renamed("Wreck")).await;
    let stands = async {
        while still().await == Duration::ZERO {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, stands).await.expect("it is told");
    view.open();
    world.settle(&projections).await;
    assert_eq!(still().await, Duration::ZERO);
}
