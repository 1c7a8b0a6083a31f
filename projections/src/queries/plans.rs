//! No list that people wait for reads a whole table.

use opensail_domain::kernel::SessionId;
use opensail_eventstore::ActorKind;
use uuid::Uuid;

use crate::audit::AuditFilter;
use crate::db::Sql;
use crate::page::Window;
use crate::testing::World;
use crate::{Order, agent_session, audit, project, team};

async fn plan(world: &World, sql: &Sql) -> Vec<String> {
    let explain = Sql { text: format!("EXPLAIN QUERY PLAN {}", sql.text).into(), binds: sql.binds.clone() };
    let rows = world.db.all(explain).await.expect("a plan");
    rows.iter().map(|row| row.text(3).expect("a step")).collect()
}

#[tokio::test]
async fn every_list_has_its_index() {
    let world = World::new().await;
    world.start().await;
    let session = SessionId(Uuid::now_v7());
    for order in [Order::Asc, Order::Desc] {
        let window = Window::new(None, None, order);
        let mut lists = vec![
            (team::list_of_account(world.ada, &window), true),
            (team::list_of_members(world.crew, &window), true),
            (project::list_of_team(world.crew, &window), true),
            // Over many teams at once: each by its index, then sorted.
            (project::list_of_account(world.ada, &window), false),
            (agent_session::list_of_project(world.boat, &window), true),
            (agent_session::approvals_of_session(session), true),
            (agent_session::approvals_of_account(world.ada, &window), false),
            (agent_session::queue(None), true),
            (agent_session::queue(Some(world.boat)), true),
        ];
        let only = |change: fn(&mut AuditFilter)| {
            let mut filter = AuditFilter::default();
            change(&mut filter);
            audit::list(&filter, "a team", Some(1), Some(1000), &window)
        };
        lists.extend([
            (only(|_| {}), true),
            (only(|filter| filter.project = Some("p".into())), true),
            (only(|filter| filter.actor = Some("a".into())), true),
            (only(|filter| filter.actor_kind = Some(ActorKind::Agent)), true),
            (only(|filter| filter.event_type = Some("t".into())), true),
            (only(|filter| filter.stream = Some("s-1".into())), true),
            (only(|filter| filter.correlation = Some(Uuid::nil())), true),
        ]);
        for (sql, ordered) in lists {
            let steps = plan(&world, &sql).await;
            for step in &steps {
                let whole_table = step.starts_with("SCAN") && !step.contains("INDEX sessions_unfinished");
                assert!(!whole_table, "{}\n{steps:#?}", sql.text);
                // By the primary key of positions an audit list would walk through other tenants' events.
                assert!(!step.contains("sqlite_autoindex_audit_events"), "{}\n{steps:#?}", sql.text);
                assert!(!(ordered && step.contains("TEMP B-TREE")), "{}\n{steps:#?}", sql.text);
            }
        }
    }
}
