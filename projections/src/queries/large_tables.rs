//! With 100,000 rows in every table, all of it analysed, no question reads a table from end to end. What is explained is what the questions ask: each
//! is asked, now and in the past, and its statements are taken down with their values.

use opensail_domain::kernel::SessionId;
use opensail_eventstore::{ActorKind, StreamId};
use uuid::Uuid;

use crate::audit::{AuditFilter, EventPage};
use crate::db::{Dialect, Kind, Sql, sql};
use crate::table::{Shape, Table};
use crate::testing::{World, on_both};
use crate::{Order, PageRequest, Queries, projection};

on_both!(no_question_reads_a_large_table_whole);

const ROWS: u64 = 100_000;

/// What a column of the row `n` holds: keys are unique, ids of what a row belongs to have twenty rows each, flags are seldom up.
fn value(shape: &Shape, place: usize) -> String {
    let name = shape.names[place];
    let last_of_key = shape.key.last() == Some(&place);
    match shape.kinds[place] {
        Kind::Text if last_of_key => "'id' || n".into(),
        Kind::Text if name.ends_with("_id") || ["tenant", "project", "stream", "correlation"].contains(&name) => "'id' || (n / 20)".into(),
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
            with(|filter| filter.actor_kind = Some(ActorKind::Agent)),
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

async fn no_question_reads_a_large_table_whole(world: World) {
    world.cast().await;
    let (projections, _) = world.caught_up().await;
    drop(projections);
    let mut tx = world.db.begin().await.expect("a transaction");
    for table in projection::tables() {
        for fill in filled(world.db.dialect(), table) {
            tx.run(sql!(fill)).await.expect("filled");
        }
    }
    tx.commit().await.expect("committed");
    for table in projection::tables().flat_map(|table| table.names("")) {
        let mut tx = world.db.begin().await.expect("a transaction");
        tx.run(sql!(format!("ANALYZE {table}"))).await.expect("analysed");
        tx.commit().await.expect("committed");
    }
    let queries = world.queries();
    ask_everything(&world, &queries).await;
    ask_everything(&world, &queries.as_of(150_000)).await;
    let asked = std::mem::take(&mut *queries.db.asked.lock().expect("whole"));
    assert!(asked.len() > 100, "only {} statements were taken down", asked.len());
    let mut whole = Vec::new();
    for sql in asked {
        let steps = plan(&world, &sql).await;
        if steps.iter().any(|step| reads_all(step)) {
            whole.push(format!("{}\n{}", sql.text, steps.join("\n")));
        }
    }
    whole.sort();
    whole.dedup();
    assert!(whole.is_empty(), "{} statements read a table whole:\n\n{}", whole.len(), whole.join("\n\n"));
}
