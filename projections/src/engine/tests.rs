use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use async_trait::async_trait;
use opensail_domain::kernel::{AccountId, ProjectId, SessionId};
use opensail_domain::{agent_session::event, project, team};
use opensail_eventstore::StreamId;
use opensail_eventstore::subscription::Tail;
use serde_json::json;
use sqlx::Executor;
use tokio::sync::watch;
use uuid::Uuid;

use super::page::PAGE;
use super::{EngineError, Projections, View};
use crate::db::sql;
use crate::projection::{ApplyError, Incoming, Projection};
use crate::reader::Reader;
use crate::rows::Rows;
use crate::table::{Past, Table};
use crate::testing::{PATIENCE, World, on_both, wire};
use crate::{PageRequest, QueryError};

on_both!(
    a_failing_event_parks_only_its_stream_until_it_is_retried,
    a_better_program_takes_up_what_was_parked,
    a_malformed_event_is_parked_and_the_rest_of_the_house_goes_on,
    an_event_of_a_newer_program_stops_the_projections_it_concerns,
    another_version_builds_anew_and_an_older_program_keeps_its_hands_off,
    a_checkpoint_beyond_the_end_or_of_another_epoch_builds_anew,
    a_new_epoch_while_running_builds_anew,
    a_rebuild_gives_what_living_gave,
    two_processes_share_the_work_and_both_know_how_far_it_is,
    a_reader_waits_for_its_write_but_not_for_ever,
    trouble_of_the_database_is_told_and_overcome_without_parking,
    a_rebuild_leaves_readers_what_they_had_until_the_switch,
    what_was_read_before_a_switch_is_kept_for_a_way_back,
    a_rebuild_that_was_cut_off_goes_on_where_it_was,
    a_view_of_another_version_is_withheld_and_no_other,
    another_process_takes_over_a_rebuild,
    a_rebuild_parks_what_cannot_be_applied,
);

/// Keeps the positions of project events; fails, panics and changes its version when it is told to.
#[derive(Clone, Default)]
struct Moody {
    fails_at: Arc<AtomicI64>,
    panics: Arc<AtomicBool>,
    version: i64,
    /// Waits before events from here on, until it is opened.
    gate: Arc<watch::Sender<Option<i64>>>,
    /// The first event this one applied.
    first: Arc<AtomicI64>,
}

impl Moody {
    fn shut_from(&self, position: i64) {
        self.gate.send_replace(Some(position));
    }
    fn open(&self) {
        self.gate.send_replace(None);
    }
}

const MOODY: Table = Table {
    name: "moody",
    key: &["position"],
    columns: &["position BIGINT NOT NULL", "stream TEXT NOT NULL"],
    indexes: &[],
    past: Past::Added("position"),
};

#[async_trait]
impl Projection for Moody {
    fn name(&self) -> &'static str {
        "moody"
    }
    fn version(&self) -> i64 {
        self.version
    }
    fn tables(&self) -> &'static [Table] {
        &[MOODY]
    }
    fn streams(&self) -> &'static [&'static str] {
        &["project"]
    }
    async fn apply(&self, rows: &mut Rows<'_>, incoming: &Incoming<'_>) -> Result<(), ApplyError> {
        let position = incoming.recorded.position;
        let _ = self.first.compare_exchange(0, position as i64, Ordering::SeqCst, Ordering::SeqCst);
        let _ = self.gate.subscribe().wait_for(|shut| shut.is_none_or(|from| (position as i64) < from)).await;
        rows.insert(&MOODY, [("position", position.into()), ("stream", incoming.recorded.stream.as_str().into())]).await?;
        if self.fails_at.load(Ordering::SeqCst) == position as i64 {
            assert!(!self.panics.load(Ordering::SeqCst), "in a bad mood");
            return Err(ApplyError::Poison("in a bad mood".into()));
        }
        Ok(())
    }
}

async fn start(world: &World, view: &Moody) -> Projections {
    Projections::start_with(world.db.clone(), world.tail.clone(), vec![Box::new(view.clone())]).await.expect("the engine starts")
}

async fn positions(world: &World) -> Vec<i64> {
    let rows = world.db.all(sql!("SELECT position FROM moody ORDER BY position")).await.expect("rows");
    rows.iter().map(|row| row.int(0).expect("a position")).collect()
}

fn renamed(name: &str) -> Vec<project::ProjectEvent> {
    vec![project::Renamed { name: name.into() }.into()]
}

/// Journal: 1 account, 2–3 team, 4 boat, 5 boat renamed, 6 raft, 7 boat renamed, 8 raft renamed.
async fn two_projects(world: &World) -> ProjectId {
    world.cast().await;
    let raft = ProjectId(Uuid::now_v7());
    world.on_project(world.boat, renamed("Ship")).await;
    world.on_project(raft, vec![world.project_created(raft, "Raft").into()]).await;
    world.on_project(world.boat, renamed("Boat again")).await;
    world.on_project(raft, renamed("Ferry")).await;
    raft
}

async fn a_failing_event_parks_only_its_stream_until_it_is_retried(first: World) {
    for panics in [false, true] {
        let world = first.another().await;
        two_projects(&world).await;
        let view = Moody::default();
        view.fails_at.store(5, Ordering::SeqCst);
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

        let error = projections.retry("moody", &boat).await.expect_err("still in a bad mood");
        assert!(matches!(error, EngineError::StillPoisoned { .. }), "{error}");
        assert_eq!(positions(&world).await, [4, 6, 8]);

        view.fails_at.store(0, Ordering::SeqCst);
        projections.retry("moody", &boat).await.expect("in a better mood");
        assert_eq!(positions(&world).await, [4, 5, 6, 7, 8]);
        assert_eq!(projections.parked().await.expect("a list"), []);
        world.on_project(world.boat, renamed("Launch")).await;
        world.settle(&projections).await;
        assert_eq!(positions(&world).await, [4, 5, 6, 7, 8, 9]);
    }
}

async fn a_better_program_takes_up_what_was_parked(world: World) {
    two_projects(&world).await;
    let view = Moody::default();
    view.fails_at.store(7, Ordering::SeqCst);
    let projections = start(&world, &view).await;
    world.settle(&projections).await;
    drop(projections);
    view.fails_at.store(0, Ordering::SeqCst);
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
    assert!(stopped[0].stopped.as_ref().is_some_and(|why| why.contains("project.sunk")), "{stopped:?}");
    assert!(!lag.ready(100));
    assert_eq!(queries.team(world.crew).await.expect("an answer").expect("the team").name, "Divers");
    let behind = projections.feed().wait_for(last).await.expect_err("one view has stopped");
    assert_eq!((behind.wanted, behind.reached), (last, 4));
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

async fn change(world: &World, statement: &'static str) {
    let mut tx = world.db.begin().await.expect("a transaction");
    tx.run(sql!(statement)).await.expect("changed");
    tx.commit().await.expect("committed");
}

/// Until nothing is being built.
async fn built(projections: &Projections) {
    until(projections, |views| views.iter().all(|view| view.served && view.rebuilding.is_none())).await;
}

async fn until(projections: &Projections, holds: impl Fn(&[View]) -> bool) {
    let waiting = async {
        while !holds(&projections.overview().await.expect("an overview")) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("it comes to that");
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

async fn what_was_read_before_a_switch_is_kept_for_a_way_back(world: World) {
    let (projections, queries) = world.caught_up().await;
    two_projects(&world).await;
    world.settle(&projections).await;
    assert!(matches!(projections.roll_back("team").await, Err(EngineError::NoWayBack { .. })));
    change(&world, "UPDATE teams SET name = 'Pirates'").await;
    let name = async || queries.team(world.crew).await.expect("an answer").expect("the team").name;

    // Twice, since the second one drops what the first one kept.
    for _ in 0..2 {
        projections.rebuild("team").await.expect("begun");
        built(&projections).await;
        assert_eq!(name().await, "Crew");
    }
    projections.roll_back("team").await.expect("begun");
    built(&projections).await;
    assert_eq!(name().await, "Crew");
    change(&world, "UPDATE teams SET name = 'Pirates'").await;
    projections.rebuild("team").await.expect("begun");
    built(&projections).await;

    // Meanwhile somebody joins: the earlier tables know it when they come back, now and in the past.
    let bob = AccountId(Uuid::now_v7());
    world.on_team(world.crew, vec![team::MemberAdded { account_id: bob, role: team::Role::Viewer }.into()]).await;
    world.settle(&projections).await;
    projections.roll_back("team").await.expect("begun");
    built(&projections).await;
    world.settle(&projections).await;
    assert_eq!(name().await, "Pirates");
    assert_eq!(queries.role_in_team(world.crew, bob).await.expect("an answer"), Some(team::Role::Viewer));
    let joined = world.store_head().await;
    let members = async |at: u64| queries.as_of(at).team(world.crew).await.expect("an answer").expect("the team").members;
    assert_eq!((members(joined - 1).await, members(joined).await), (1, 2));

    projections.drop_old("team").await.expect("dropped");
    assert!(matches!(projections.roll_back("team").await, Err(EngineError::NoWayBack { .. })));
    assert!(projections.overview().await.expect("an overview").iter().all(|view| view.kept.is_none()));
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

async fn a_rebuild_parks_what_cannot_be_applied(world: World) {
    two_projects(&world).await;
    let view = Moody::default();
    let projections = start(&world, &view).await;
    world.settle(&projections).await;
    view.fails_at.store(5, Ordering::SeqCst);
    projections.rebuild("moody").await.expect("begun");
    built(&projections).await;
    assert_eq!(positions(&world).await, [4, 6, 8]);
    assert_eq!(projections.parked().await.expect("a list").len(), 1);
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
