//! Programs of several versions over one journal and its views.

use opensail_domain::team;
use opensail_eventstore::StreamId;
use opensail_eventstore::subscription::Tail;
use serde_json::json;

use super::{Moody, built, change, positions, renamed, start, two_projects, until};
use crate::QueryError;
use crate::db::sql;
use crate::engine::{EngineError, Projections};
use crate::projection::Projection;
use crate::reader::Reader;
use crate::testing::{PATIENCE, World, on_both};

on_both!(
    an_event_of_a_newer_program_stops_the_projections_it_concerns,
    another_version_builds_anew_and_an_older_program_keeps_its_hands_off,
    a_view_of_another_version_is_withheld_and_no_other,
    an_older_program_follows_and_is_asked_until_a_newer_one_has_switched,
    an_older_program_goes_back_to_its_own_tables,
    a_newer_process_takes_the_view_over_what_stopped_this_one,
);

/// What is built is not switched to: a switch takes along what was passed over.
const HOLD: &str = "ALTER TABLE passed RENAME COLUMN projection TO held";
const LET_GO: &str = "ALTER TABLE passed RENAME COLUMN held TO projection";

async fn an_event_of_a_newer_program_stops_the_projections_it_concerns(world: World) {
    world.cast().await;
    let (projections, queries) = world.caught_up().await;
    world.append(&StreamId::new("project", world.boat), "t", None, vec![("project.sunk".into(), 1, json!({}))]).await;
    let last = world.on_team(world.crew, vec![team::Renamed { name: "Divers".into() }.into()]).await.position;
    let mut standings = projections.feed().watch();
    let lag = loop {
        let lag = projections.feed().lag().await.expect("a lag");
        if lag.projections.iter().all(|one| one.position == last || one.stopped.is_some()) {
            break lag;
        }
        tokio::select! { _ = standings.changed() => {}, () = tokio::task::yield_now() => {} }
    };
    let stopped: Vec<_> = lag.projections.iter().filter(|one| one.stopped.is_some()).collect();
    assert_eq!(stopped.len(), 1);
    assert_eq!((stopped[0].projection, stopped[0].position, stopped[0].events), ("project", 4, 2));
    assert!(stopped[0].stopped.as_ref().is_some_and(|why| why.contains("position 5") && why.contains("project.sunk v1")), "{stopped:?}");
    assert!(!lag.ready(100));
    assert_eq!(queries.team(world.crew).await.expect("an answer").expect("the team").name, "Divers");
    projections.feed().wait_for(last).await.expect("the others are there");
    assert!(queries.since(last).team(world.crew).await.expect("an answer").is_some());
    assert!(queries.since(4).project(world.boat).await.expect("an answer").is_some());
    for refused in [queries.since(last), queries.as_of(last)] {
        let error = refused.project(world.boat).await.expect_err("it has stopped before");
        assert!(matches!(error, QueryError::Stopped { view: "project", position: 4 }), "{error}");
    }
}

async fn another_version_builds_anew_and_an_older_program_keeps_its_hands_off(world: World) {
    two_projects(&world).await;
    let old = Moody { version: 1, ..Moody::default() };
    world.settle(&start(&world, &old).await).await;
    let mut tx = world.db.begin().await.expect("a transaction");
    tx.run(sql!("DELETE FROM moody")).await.expect("emptied");
    tx.commit().await.expect("committed");

    let new = Moody { version: 2, ..Moody::default() };
    world.settle(&start(&world, &new).await).await;
    assert_eq!(positions(&world).await, [4, 5, 6, 7, 8]);

    let projections = start(&world, &old).await;
    let lag = projections.feed().lag().await.expect("a lag");
    assert!(lag.projections[0].stopped.is_some(), "{lag:?}");
    assert_eq!(positions(&world).await, [4, 5, 6, 7, 8]);
}

async fn a_view_of_another_version_is_withheld_and_no_other(world: World) {
    two_projects(&world).await;
    let old = Moody { version: 1, ..Moody::default() };
    world.settle(&start(&world, &old).await).await;
    let new = Moody { version: 2, ..Moody::default() };
    new.shut_from(8);
    let views: Vec<Box<dyn Projection>> = vec![Box::new(new.clone()), Box::new(crate::audit::AuditView)];
    let starting = tokio::spawn(Projections::start_with(world.db.clone(), world.tail.clone(), views));
    let reader = Reader::new(world.db.clone());
    let withheld = async {
        while !matches!(reader.all(sql!("SELECT position FROM moody")).await, Err(QueryError::Rebuilding("moody"))) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, withheld).await.expect("it is refused");
    assert_eq!(positions(&world).await, [4, 5, 6, 7, 8], "the old tables stand for the old program");
    new.open();
    let projections = starting.await.expect("no panic").expect("the engine starts");
    built(&projections).await;
    assert_eq!(reader.all(sql!("SELECT position FROM moody")).await.expect("an answer").len(), 5);
    assert!(matches!(projections.roll_back("moody").await, Err(EngineError::NoWayBack { .. })), "it is another program's");
}

/// To whoever asks the program with this reader.
async fn shown(reader: &Reader) -> Result<Vec<i64>, QueryError> {
    let rows = reader.all(sql!("SELECT position FROM moody ORDER BY position")).await?;
    Ok(rows.iter().map(|row| row.int(0).expect("a position")).collect())
}

async fn an_older_program_follows_and_is_asked_until_a_newer_one_has_switched(world: World) {
    two_projects(&world).await;
    let older = start(&world, &Moody { version: 1, ..Moody::default() }).await;
    world.settle(&older).await;
    change(&world, HOLD).await;
    let (views, tail) = (world.views().await, Tail::start(world.store.clone()).await.expect("a tail"));
    let (by_older, by_newer) = (Reader::new(world.db.clone()), Reader::new(views.clone()));
    let new: Vec<Box<dyn Projection>> = vec![Box::new(Moody { version: 2, ..Moody::default() })];
    let starting = tokio::spawn(Projections::start_with(views, tail, new));
    world.on_project(world.boat, renamed("Meanwhile")).await;
    until(&older, |views| views[0].position == 9 && views[0].rebuilding.as_ref().is_some_and(|beside| beside.done == 9)).await;
    assert_eq!(shown(&by_older).await.expect("an answer"), [4, 5, 6, 7, 8, 9]);
    assert!(matches!(shown(&by_newer).await, Err(QueryError::Rebuilding("moody"))));

    change(&world, LET_GO).await;
    let newer = starting.await.expect("no panic").expect("the engine starts");
    built(&newer).await;
    until(&older, |views| views[0].stopped.as_ref().is_some_and(|why| why.contains("a newer version of the program"))).await;
    assert!(matches!(shown(&by_older).await, Err(QueryError::KeptByNewer("moody"))));
    older.feed().reach(10, std::time::Duration::ZERO).await.expect("nobody waits for what is refused");
    assert_eq!(shown(&by_newer).await.expect("an answer"), [4, 5, 6, 7, 8, 9]);
}

async fn an_older_program_goes_back_to_its_own_tables(world: World) {
    two_projects(&world).await;
    let (old, new) = (Moody { version: 1, ..Moody::default() }, Moody { version: 2, ..Moody::default() });
    world.settle(&start(&world, &old).await).await;
    // By this they are known again.
    change(&world, "DELETE FROM moody WHERE position = 5").await;
    let newer = start(&world, &new).await;
    world.settle(&newer).await;
    world.on_project(world.boat, renamed("Launch")).await;
    world.settle(&newer).await;
    assert_eq!(positions(&world).await, [4, 5, 6, 7, 8, 9]);
    drop(newer);

    let older = start(&world, &old).await;
    world.on_project(world.boat, renamed("Sloop")).await;
    older.roll_back("moody").await.expect("begun");
    built(&older).await;
    world.settle(&older).await;
    assert_eq!(positions(&world).await, [4, 6, 7, 8, 9, 10]);
    assert_eq!(older.overview().await.expect("an overview")[0].kept, Some(9));
    world.on_project(world.boat, renamed("Yacht")).await;
    world.settle(&older).await;
    assert_eq!(positions(&world).await, [4, 6, 7, 8, 9, 10, 11]);
    drop(older);

    // The newer one does not trust what it left.
    world.settle(&start(&world, &new).await).await;
    assert_eq!(positions(&world).await, [4, 5, 6, 7, 8, 9, 10, 11]);
}

async fn a_newer_process_takes_the_view_over_what_stopped_this_one(world: World) {
    world.cast().await;
    let (projections, queries) = world.caught_up().await;
    world.append(&StreamId::new("project", world.boat), "t", None, vec![("project.sunk".into(), 1, json!({}))]).await;
    let stopped = async || projections.feed().lag().await.expect("a lag").projections.iter().any(|one| one.stopped.is_some());
    let until = async |wanted: bool| {
        let waiting = async {
            while stopped().await != wanted {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("it comes to that");
    };
    until(true).await;
    // As one does that knows the event.
    change(&world, "UPDATE checkpoints SET position = 5 WHERE projection = 'project'").await;
    world.on_project(world.boat, renamed("Raised")).await;
    until(false).await;
    world.on_project(world.boat, renamed("Afloat")).await;
    world.settle(&projections).await;
    assert_eq!(queries.project(world.boat).await.expect("an answer").expect("the boat").name, "Afloat");
}
