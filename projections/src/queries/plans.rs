//! No list that people wait for reads a whole table.

use opensail_domain::kernel::SessionId;
use uuid::Uuid;

use crate::audit::AuditFilter;
use crate::db::{Dialect, Sql, sql};
use crate::page::Window;
use crate::reader::Reader;
use crate::testing::{World, on_both};
use crate::{Order, agent_session, audit, project, team};

on_both!(every_list_has_its_index);

/// The steps of a statement's plan. On PostgreSQL as on a large table: reading it whole and sorting are dear there, so both
/// appear only where there is no other way.
async fn plan(world: &World, sql: &Sql) -> Vec<String> {
    let mut tx = world.db.begin().await.expect("a transaction");
    let (explain, column) = match world.db.dialect() {
        Dialect::Sqlite => ("EXPLAIN QUERY PLAN", 3),
        Dialect::Postgres => ("EXPLAIN", 0),
    };
    if world.db.dialect() == Dialect::Postgres {
        for way in ["enable_seqscan", "enable_sort", "enable_bitmapscan"] {
            tx.run(sql!(format!("SET LOCAL {way} = off"))).await.expect("set");
        }
    }
    let explain = Sql { text: format!("{explain} {}", sql.text).into(), binds: sql.binds.clone() };
    let rows = tx.all(explain).await.expect("a plan");
    rows.iter().map(|row| row.text(column).expect("a step")).collect()
}

/// A table read whole, except the partial index of the unfinished sessions, which is small.
fn reads_all(step: &str) -> bool {
    step.contains("Seq Scan") || (step.starts_with("SCAN") && !step.contains("INDEX sessions_unfinished"))
}

fn sorts(step: &str) -> bool {
    step.contains("TEMP B-TREE") || step.contains("Sort")
}

/// By the primary key of positions an audit list would walk through other tenants' events.
fn walks_all_tenants(step: &str) -> bool {
    step.contains("sqlite_autoindex_audit_events") || step.contains("audit_events_pkey")
}

async fn every_list_has_its_index(world: World) {
    world.start().await;
    let session = SessionId(Uuid::now_v7());
    for order in [Order::Asc, Order::Desc] {
        let window = Window::new(None, None, order);
        let mut lists = vec![
            (team::list_of_account(world.ada, None, &window), true),
            (team::list_of_members(world.crew, &window), true),
            (team::list_of_invitations(world.crew, 0, &window), true),
            (project::list_of_team(world.crew, &window), true),
            // Over many teams at once: each by its index, then sorted.
            (project::list_of_account(world.ada, None, &window), false),
            (agent_session::list_of_project(world.boat, &window), true),
            (agent_session::approvals_of_session(session), true),
            (agent_session::approvals_of_account(world.ada, None, &window), false),
            (agent_session::forks(session), true),
            (agent_session::queue(None), true),
            (agent_session::queue(Some(world.boat)), true),
        ];
        for before in [true, false] {
            lists.push((project::files_then(world.crew, world.boat, 1000, before), true));
        }
        let only = |change: fn(&mut AuditFilter)| {
            let mut filter = AuditFilter::default();
            change(&mut filter);
            audit::list(&filter, "a team", Some(1), Some(1000), &window)
        };
        lists.extend([
            (only(|_| {}), true),
            (only(|filter| filter.project = Some("p".into())), true),
            (only(|filter| filter.actor = Some("a".into())), true),
            (only(|filter| filter.event_type = Some("t".into())), true),
            (only(|filter| filter.stream = Some("s-1".into())), true),
            (only(|filter| filter.correlation = Some(Uuid::nil())), true),
        ]);
        // The past of each finds its rows the same way; those of the queue are asked for now only.
        let then = Reader::new(world.db.clone()).at(1000);
        let past: Vec<_> = lists.iter().filter(|(sql, _)| !sql.text.contains("finished = 0")).cloned().collect();
        lists.extend(past.into_iter().map(|(sql, ordered)| (then.then(sql), ordered)));
        let one = |text: &'static str| then.then(sql!(text, "an id"));
        lists.extend([
            (one("SELECT role FROM team_members WHERE team_id = $1 AND account_id = $1"), true),
            (one("SELECT name, position FROM teams WHERE team_id = $1"), true),
            (one("SELECT name, position FROM projects WHERE project_id = $1"), true),
            (one("SELECT task, status FROM sessions WHERE session_id = $1"), true),
            (one("SELECT name FROM accounts WHERE account_id = $1"), true),
        ]);
        for (sql, ordered) in lists {
            let steps = plan(&world, &sql).await;
            for step in &steps {
                assert!(!reads_all(step), "{}\n{steps:#?}", sql.text);
                assert!(!walks_all_tenants(step), "{}\n{steps:#?}", sql.text);
                assert!(!(ordered && sorts(step)), "{}\n{steps:#?}", sql.text);
            }
            // One actor may have acted for all tenants, and a tenant may have all events but a few.
            if sql.text.contains("actor_id =") {
                let by_both = |step: &String| step.contains("(tenant=? AND actor_id=?") || step.contains("(actor_id = ");
                assert!(steps.iter().any(|step| step.contains("audit_by_actor")), "{}\n{steps:#?}", sql.text);
                assert!(steps.iter().any(by_both) && !steps.iter().any(|step| step.contains("Filter:")), "{}\n{steps:#?}", sql.text);
            }
        }
    }
}
