//! With 100,000 rows in every table, all of it analysed, no question reads a table from end to end, and neither does what keeps the views. What is
//! explained is what is asked of the database: each question is put, now and in the past, and its statements are taken down with their values; a random
//! history is projected, and PostgreSQL tells how many rows it looked at for that, SQLite which index it takes.

use opensail_domain::kernel::SessionId;
use opensail_domain::projection::{ProjectionEvent, RetryOrdered, SkipOrdered};
use opensail_eventstore::StreamId;
use opensail_eventstore::conformance::explained;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use uuid::Uuid;

use crate::audit::{AuditFilter, EventPage};
use crate::db::{Dialect, Kind, Sql, sql};
use crate::table::{Shape, Table};
use crate::testing::histories::{There, any_happening};
use crate::testing::{World, on_both, wire};
use crate::{Order, PageRequest, Projections, Queries, projection};

on_both!(no_question_reads_a_large_table_whole, what_an_event_changes_is_found_by_an_index);

const ROWS: u64 = 100_000;

/// A team that nearly all events are of, and a part of the platform that nearly all are by, in every team.
const BUSY: &str = "busy";
const EVERYWHERE: &str = "part";

/// What a column of the row `n` holds: keys are unique, ids of what a row belongs to have twenty rows each, flags are seldom up.
fn value(shape: &Shape, place: usize) -> String {
    let name = shape.names[place];
    let last_of_key = shape.key.last() == Some(&place);
    match shape.kinds[place] {
        Kind::Text if last_of_key => "'id' || n".into(),
        Kind::Text if name == "tenant" => format!("CASE WHEN n % 20 < 19 THEN '{BUSY}' ELSE 'id' || (n / 20) END"),
        Kind::Text if name == "actor_id" => format!("CASE WHEN n % 20 < 18 THEN '{EVERYWHERE}' ELSE 'id' || (n / 20) END"),
        Kind::Text if name.ends_with("_id") || ["project", "stream", "correlation"].contains(&name) => "'id' || (n / 20)".into(),
        Kind::Text if name == "event_type" => "'type' || (n % 40)".into(),
        Kind::Text if name == "status" => "CASE WHEN n % 1000 = 0 THEN 'preparing' ELSE 'completed' END".into(),
        Kind::Text => "'text'".into(),
        Kind::Int if name == "finished" => "CASE WHEN n % 1000 = 0 THEN 0 ELSE 1 END".into(),
        Kind::Int if name == "unsettled" => "CASE WHEN n % 1000 = 0 THEN 1 ELSE 0 END".into(),
        Kind::Int => "n".into(),
    }
}

/// What stands for the numbers of the rows, beyond all positions that the world has.
fn numbers(dialect: Dialect) -> String {
    let (first, last) = (ROWS, ROWS * 2 - 1);
    match dialect {
        Dialect::Sqlite => {
            format!("(WITH RECURSIVE r(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM r WHERE n < {last}) SELECT n FROM r) AS r")
        }
        Dialect::Postgres => format!("generate_series({first}::bigint, {last}::bigint) AS r(n)"),
    }
}

fn filled(dialect: Dialect, table: &'static Table) -> Vec<String> {
    let (shape, numbers) = (Shape::of(table), numbers(dialect));
    let values = |places: &[usize]| places.iter().map(|place| value(&shape, *place)).collect::<Vec<_>>().join(", ");
    let all: Vec<_> = (0..shape.names.len()).collect();
    let names = table.names("");
    let mut fills = Vec::new();
    for name in &names {
        let (places, more, also): (&[usize], _, _) = if *name == shape.history {
            (&shape.steady, ", written, until", ", n, CASE WHEN n % 10 = 0 THEN n + 5 ELSE 9223372036854775807 END")
        } else if *name == shape.changes {
            (&shape.noted, ", written", ", n")
        } else if names.len() > 1 {
            (&all, ", written", ", n")
        } else {
            (&all, "", "")
        };
        fills.push(format!("INSERT INTO {name} ({}{more}) SELECT {}{also} FROM {numbers}", shape.named(places), values(places)));
    }
    fills
}

/// Answers do not matter here, only what was asked for them: the rows that fill the tables are not such as events make.
macro_rules! ask {
    ($($question:expr),* $(,)?) => { $(let _ = $question.await;)* };
}

async fn ask_everything(world: &World, queries: &Queries) {
    let (page, now) = (PageRequest::default(), 0);
    let (ada, crew, boat, session) = (world.ada, world.crew, world.boat, SessionId(Uuid::now_v7()));
    // What workers look for is asked of the present only.
    if queries.position().is_none() {
        ask!(queries.session_queue(), queries.unsettled_sessions(), queries.preparing_projects(), queries.uncaptured_projects());
    }
    ask!(
        queries.account(ada),
        queries.account_names([ada]),
        queries.forks_of_session(session),
        queries.session(session),
        queries.approvals_of_session(session),
        queries.approvals_of_account(ada, None, &page),
        queries.approvals_of_account(ada, Some(&[crew]), &page),
        queries.session_queue_of_project(boat),
        queries.sessions_of_project(boat, &page),
        queries.count_unfinished_sessions(boat),
        queries.project_files_then(crew, boat, 3),
        queries.project(boat),
        queries.file_origin(crew, boat, "a"),
        queries.projects_of_team(crew, &page),
        queries.count_projects(crew),
        queries.projects_of_account(ada, None, &page),
        queries.projects_of_account(ada, Some(&[crew]), &page),
        queries.team_members(crew, &page),
        queries.role_in_team(crew, ada),
        queries.team_invitations(crew, now, &page),
        queries.teams_of_account(ada, None, &page),
        queries.teams_of_account(ada, Some(&[crew]), &page),
        queries.roles_of_account(ada),
        queries.team(crew),
        queries.session_at(session, None),
    );
    for order in [Order::Asc, Order::Desc] {
        let page = EventPage { limit: None, after: None, order };
        ask!(
            queries.events_of_stream(&StreamId::new("project", boat), &page),
            queries.events_of_stream(&StreamId::new("project", boat), &EventPage { after: Some(1), ..page }),
        );
        let all = AuditFilter { tenants: vec![crew.to_string(), "id5100".into()], ..AuditFilter::default() };
        let with = |change: fn(&mut AuditFilter)| {
            let mut filter = all.clone();
            change(&mut filter);
            filter
        };
        for filter in [
            all.clone(),
            with(|filter| filter.project = Some("id5100".into())),
            with(|filter| filter.actor = Some("id5100".into())),
            with(|filter| filter.actor = Some(EVERYWHERE.into())),
            AuditFilter { tenants: vec![BUSY.into()], actor: Some("id5100".into()), ..AuditFilter::default() },
            AuditFilter { tenants: vec![BUSY.into()], event_type: Some("type5".into()), ..AuditFilter::default() },
            AuditFilter { tenants: vec![BUSY.into()], from: Some(150_000), ..AuditFilter::default() },
            with(|filter| filter.event_type = Some("type5".into())),
            with(|filter| filter.stream = Some("id5100".into())),
            with(|filter| filter.correlation = Some(Uuid::nil())),
            with(|filter| filter.from = Some(150_000)),
            with(|filter| filter.to = Some(150_000)),
        ] {
            ask!(queries.audit_events(&filter, &page));
        }
    }
}

/// Steps of the plan that the database would take.
async fn plan(world: &World, sql: &Sql) -> Vec<String> {
    let (explain, column) = match world.db.dialect() {
        Dialect::Sqlite => ("EXPLAIN QUERY PLAN", 3),
        Dialect::Postgres => ("EXPLAIN", 0),
    };
    let explain = Sql { text: format!("{explain} {}", sql.text).into(), binds: sql.binds.clone() };
    let rows = world.db.all(explain).await.unwrap_or_else(|error| panic!("{}: {error}", sql.text));
    rows.iter().map(|row| row.text(column).expect("a step")).collect()
}

fn reads_all(step: &str) -> bool {
    let scans = step.trim_start().trim_start_matches("->").trim_start();
    // SQLite walks the partial indexes of what is unfinished, unsettled, … whole: they hold nothing else.
    let partial = ["sessions_unfinished", "sessions_unsettled", "projects_preparing", "projects_uncaptured"];
    scans.contains("Seq Scan") || (scans.starts_with("SCAN ") && !partial.iter().any(|index| scans.contains(index)))
}

/// All tables of the views, and those that say which streams are set aside and which events passed over.
async fn fill(world: &World) {
    let mut tx = world.db.begin().await.expect("a transaction");
    for table in projection::tables() {
        for fill in filled(world.db.dialect(), table) {
            tx.run(sql!(fill)).await.expect("filled");
        }
    }
    let numbers = numbers(world.db.dialect());
    for fill in [
        format!(
            "INSERT INTO parked (projection, stream, position, stream_version, error) SELECT 'gone', 'team-' || n, n, 1, '' FROM {numbers}"
        ),
        format!("INSERT INTO passed (projection, position) SELECT 'gone', n FROM {numbers}"),
    ] {
        tx.run(sql!(fill)).await.expect("filled");
    }
    tx.commit().await.expect("committed");
    for table in projection::tables().flat_map(|table| table.names("")).chain(["parked".into(), "passed".into()]) {
        let mut tx = world.db.begin().await.expect("a transaction");
        tx.run(sql!(format!("ANALYZE {table}"))).await.expect("analysed");
        tx.commit().await.expect("committed");
    }
}

async fn no_question_reads_a_large_table_whole(world: World) {
    world.cast().await;
    let (projections, _) = world.caught_up().await;
    drop(projections);
    fill(&world).await;
    let database = world.database().cloned();
    if let Some(database) = &database {
        explained::turn_on(&mut database.owner().await, &database.name).await;
    }
    // Sessions of its own: those that were there before tell nothing.
    let views = world.views().await;
    let queries = Queries::new(views.clone(), world.store.clone(), world.keys.clone());
    ask_everything(&world, &queries).await;
    ask_everything(&world, &queries.as_of(150_000)).await;
    let asked = views.asked.take();
    assert!(asked.len() > 100, "only {} statements were taken down", asked.len());
    views.close().await;
    let mut whole = Vec::new();
    for sql in asked {
        let steps = plan(&world, &sql).await;
        if steps.iter().any(|step| reads_all(step)) {
            whole.push(format!("{}\n{}", sql.text, steps.join("\n")));
        }
    }
    if let Some(database) = database {
        let plans = explained::plans(&mut database.owner().await, &database.name).await;
        let own = plans.iter().filter(|plan| !["journal.", "pg_"].iter().any(|other| plan.text.contains(other)));
        whole.extend(own.filter_map(|plan| plan.trouble(&SMALL, LOOKED_AT)));
    }
    whole.sort();
    whole.dedup();
    assert!(whole.is_empty(), "{} statements read a table whole:\n\n{}", whole.len(), whole.join("\n\n"));
}

/// What happens once in a process's life: then all that is set aside is looked at.
const AT_THE_START: [&str; 2] = ["FROM parked p LEFT JOIN generations", "SELECT projection, stream FROM parked"];

/// The rows that came with the statement, and tables that stay small.
fn given(step: &str) -> bool {
    let of = step.trim_start_matches("SCAN ");
    of.ends_with("VALUES CLAUSE") || ["w", "CONSTANT ROW"].contains(&of) || SMALL.iter().any(|table| of.starts_with(table))
}

/// Few rows each: one for each view, or for each of its sets of tables.
const SMALL: [&str; 2] = ["checkpoints", "generations"];

/// Rows that a statement may look at for an answer, or for a batch of a few hundred events.
const LOOKED_AT: u64 = 5_000;

/// A random history, and orders to streams that are not set aside.
async fn happen(world: &World) {
    let (mut runner, mut there) = (TestRunner::deterministic(), There::default());
    for _ in 0..200 {
        let happening = any_happening().new_tree(&mut runner).expect("a happening").current();
        for (stream, event) in there.lead_to(world, happening) {
            world.append(&stream, "a team", None, vec![event]).await;
        }
    }
    for view in ["team_members", "audit_events"] {
        let (projection, stream, ordered_by) = (view.to_owned(), "team-1".to_owned(), world.ada);
        let retry = RetryOrdered { projection: projection.clone(), stream: stream.clone(), position: 1, reason: None, ordered_by };
        let skip = SkipOrdered { projection, stream, position: 1, reason: "a test".into(), ordered_by };
        let orders = [ProjectionEvent::from(retry), skip.into()].map(wire).to_vec();
        world.append(&StreamId::new("projection", view), "a team", None, orders).await;
    }
}

async fn what_an_event_changes_is_found_by_an_index(world: World) {
    world.cast().await;
    drop(world.caught_up().await);
    fill(&world).await;
    let database = world.database().cloned();
    if let Some(database) = &database {
        explained::turn_on(&mut database.owner().await, &database.name).await;
    }
    // Sessions of its own: those that were there before tell nothing.
    let views = world.views().await;
    let projections = Projections::start(views.clone(), world.tail.clone()).await.expect("the engine starts");
    views.asked.take();
    happen(&world).await;
    world.settle(&projections).await;
    drop(projections);
    let texts: Vec<_> = views.asked.take().into_iter().map(|sql| sql.text).collect();
    views.close().await;
    let mut bad = Vec::new();
    if let Some(database) = database {
        let plans = explained::plans(&mut database.owner().await, &database.name).await;
        assert!(plans.len() > 100, "only {} plans were told", plans.len());
        // The journal is small here; what is asked of it is tested where it is large.
        let own = plans.iter().filter(|plan| !["journal.", "pg_"].iter().any(|other| plan.text.contains(other)));
        let asked = own.filter(|plan| !AT_THE_START.iter().any(|part| plan.text.contains(part)));
        bad.extend(asked.filter_map(|plan| plan.trouble(&SMALL, LOOKED_AT)));
    } else {
        for text in texts.into_iter().filter(|text| !AT_THE_START.iter().any(|part| text.contains(part))) {
            if ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].iter().any(|verb| text.trim_start().starts_with(verb)) {
                let steps = plan(&world, &Sql { text: text.clone(), binds: Vec::new() }).await;
                if steps.iter().any(|step| reads_all(step) && !given(step)) {
                    bad.push(format!("{text:.1000}\n{}", steps.join("\n")));
                }
            }
        }
    }
    bad.sort();
    bad.dedup();
    assert!(bad.is_empty(), "{} statements look at too much:\n\n{}", bad.len(), bad.join("\n\n"));
}
