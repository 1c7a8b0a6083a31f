//! Views are built anew, beside what is read, and nobody notices.

use std::sync::atomic::Ordering;

use opensail_domain::agent_session::event;
use opensail_domain::kernel::SessionId;
use opensail_eventstore::subscription::Tail;
use sqlx::Executor;
use uuid::Uuid;

use super::{Moody, built, change, positions, renamed, start, two_projects};
use crate::QueryError;
use crate::db::sql;
use crate::engine::page::PAGE;
use crate::engine::{EngineError, Projections};
use crate::testing::{PATIENCE, World, on_both, wire};

on_both!(
    a_checkpoint_beyond_the_end_or_of_another_epoch_builds_anew,
    a_new_epoch_while_running_builds_anew,
    a_rebuild_gives_what_living_gave,
    a_rebuild_leaves_readers_what_they_had_until_the_switch,
    a_rebuild_that_was_cut_off_goes_on_where_it_was,
    another_process_takes_over_a_rebuild,
);

async fn a_checkpoint_beyond_the_end_or_of_another_epoch_builds_anew(world: World) {
    two_projects(&world).await;
    let (projections, _) = world.caught_up().await;
    drop(projections);
    let rows = world.rows().await;
    for damage in ["UPDATE checkpoints SET position = 999", "UPDATE checkpoints SET epoch = '01990000-0000-7000-8000-000000000000'"] {
        let mut tx = world.db.begin().await.expect("a transaction");
        tx.run(sql!(damage)).await.expect("damaged");
        tx.run(sql!("UPDATE teams SET name = 'Pirates'")).await.expect("damaged");
        tx.commit().await.expect("committed");
        world.caught_up().await;
        assert_eq!(world.rows().await, rows, "{damage}");
    }
}

async fn a_new_epoch_while_running_builds_anew(world: World) {
    two_projects(&world).await;
    let (_projections, queries) = world.caught_up().await;
    let mut tx = world.db.begin().await.expect("a transaction");
    tx.run(sql!("UPDATE teams SET name = 'Pirates'")).await.expect("damaged");
    tx.commit().await.expect("committed");
    world.start_epoch().await;
    world.on_project(world.boat, renamed("Phoenix")).await;
    let renewed = async {
        loop {
            match queries.team(world.crew).await {
                Ok(Some(team)) if team.name != "Pirates" => break,
                // The journal's end is told a moment before the epoch.
                Ok(Some(_)) | Err(QueryError::Rebuilding("team")) => tokio::task::yield_now().await,
                other => panic!("{other:?}"),
            }
        }
    };
    tokio::time::timeout(PATIENCE, renewed).await.expect("built anew");
}

async fn a_rebuild_gives_what_living_gave(world: World) {
    let (projections, _) = world.caught_up().await;
    two_projects(&world).await;
    let session = SessionId(Uuid::now_v7());
    world.on_session(session, vec![wire(opensail_domain::agent_session::AgentSessionEvent::from(world.requested(session)))]).await;
    let started = event::RunStarted { run: 1, worker: "w".into() };
    world.on_session(session, vec![wire(opensail_domain::agent_session::AgentSessionEvent::from(started))]).await;
    world.settle(&projections).await;
    let live = world.rows().await;
    change(&world, "UPDATE teams SET name = 'Pirates'").await;
    for name in projections.names() {
        projections.rebuild(name).await.expect("begun");
        assert_ne!(world.rows().await, [""; 0], "nothing is thrown away");
    }
    built(&projections).await;
    assert_eq!(world.rows().await, live);
    assert!(matches!(projections.rebuild("nothing").await, Err(EngineError::NoProjection(_))));
}

async fn a_rebuild_leaves_readers_what_they_had_until_the_switch(world: World) {
    two_projects(&world).await;
    let view = Moody::default();
    let projections = start(&world, &view).await;
    world.settle(&projections).await;
    change(&world, "DELETE FROM moody WHERE position = 5").await;

    view.first.store(0, Ordering::SeqCst);
    view.shut_from(8);
    projections.rebuild("moody").await.expect("begun");
    let begun = async {
        while view.first.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, begun).await.expect("it is being built");
    assert_eq!(positions(&world).await, [4, 6, 7, 8], "what is read is as it was");

    view.open();
    world.on_project(world.boat, renamed("Meanwhile")).await;
    built(&projections).await;
    world.settle(&projections).await;
    assert_eq!(positions(&world).await, [4, 5, 6, 7, 8, 9]);
    world.on_project(world.boat, renamed("Afterwards")).await;
    world.settle(&projections).await;
    assert_eq!(positions(&world).await, [4, 5, 6, 7, 8, 9, 10]);
}

async fn a_rebuild_that_was_cut_off_goes_on_where_it_was(world: World) {
    world.cast().await;
    // More than one page, which is one transaction.
    let (rounds, gate) = (PAGE as i64 / 1000 + 2, PAGE as i64 + 500);
    for round in 0..rounds {
        world.on_project(world.boat, (0..1000).flat_map(|n| renamed(&format!("Boat {round} {n}"))).collect()).await;
    }
    let view = Moody::default();
    let projections = start(&world, &view).await;
    world.settle(&projections).await;
    view.shut_from(gate);
    projections.rebuild("moody").await.expect("begun");
    let begun = async {
        let key = "SELECT position FROM checkpoints WHERE projection LIKE 'moody\\_\\_g%' ESCAPE '\\' AND position > 0 AND position < $1";
        while world.db.one(sql!(key, gate)).await.expect("an answer").is_none() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, begun).await.expect("a first step is done");
    drop(projections);

    let again = Moody::default();
    let projections = start(&world, &again).await;
    built(&projections).await;
    let first = again.first.load(Ordering::SeqCst);
    assert!(first > PAGE as i64, "what was done is not done again: {first}");
    assert_eq!(positions(&world).await, (4..=4 + rounds * 1000).collect::<Vec<_>>());
}

async fn another_process_takes_over_a_rebuild(world: World) {
    two_projects(&world).await;
    let (first, second) = (Moody::default(), Moody::default());
    let one = start(&world, &first).await;
    world.settle(&one).await;
    change(&world, "DELETE FROM moody").await;
    first.first.store(0, Ordering::SeqCst);
    first.shut_from(1);
    one.rebuild("moody").await.expect("begun");
    let begun = async {
        while first.first.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, begun).await.expect("it is being built");
    drop(one);
    let tail = Tail::start(world.store.clone()).await.expect("a tail");
    let two = Projections::start_with(world.views().await, tail, vec![Box::new(second)]).await.expect("the engine starts");
    built(&two).await;
    assert_eq!(positions(&world).await, [4, 5, 6, 7, 8]);
}

/// A question that takes long keeps its table from being renamed. Nobody else waits for it: neither the view's keeper nor other questions.
#[tokio::test]
async fn a_switch_gives_way_to_a_long_question_and_is_tried_again() {
    let world = World::on_postgres().await;
    two_projects(&world).await;
    let projections = start(&world, &Moody::default()).await;
    world.settle(&projections).await;
    let mut asking = world.postgres_session().await;
    asking.execute("BEGIN; SELECT * FROM views.moody").await.expect("asked");
    projections.rebuild("moody").await.expect("begun");
    let waits = "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE c.relname = 'moody' AND NOT l.granted";
    let tried = async {
        while world.db.one(sql!(waits)).await.expect("an answer").expect("a count").int(0).expect("a number") == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, tried).await.expect("the switch was tried");
    world.on_project(world.boat, renamed("Meanwhile")).await;
    world.settle(&projections).await;
    assert_eq!(positions(&world).await, [4, 5, 6, 7, 8, 9]);
    assert!(projections.overview().await.expect("an overview")[0].rebuilding.is_some(), "it was not switched");
    asking.execute("COMMIT").await.expect("answered");
    built(&projections).await;
    assert_eq!(positions(&world).await, [4, 5, 6, 7, 8, 9]);
}
