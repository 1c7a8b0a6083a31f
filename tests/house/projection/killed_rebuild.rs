//! A server is killed in the midst of a rebuild, again and again: the next one goes on where it was, and what comes of it is what a rebuild from
//! nothing gives.

use opensail_eventstore::Journal;
use opensail_tests::behind::{journal, write_to_project};
use opensail_tests::postgres::{Database, fresh_database};
use opensail_tests::world::{World, until};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection, Row};

use crate::PROGRAM;

/// Events of the one project, a good number of a rebuild's steps.
const EVENTS: u64 = 20_000;
/// How far the rebuild has come when the server is killed: just begun, after a step, further on.
const POINTS: [u64; 4] = [0, 1, EVENTS / 4, EVENTS / 2];
const TABLES: [&str; 3] = ["projects", "projects_history", "projects_changes"];

async fn fill(journal: &dyn Journal, project: &str) {
    for round in 0..EVENTS / 1000 {
        let names = (0..1000).map(|n| json!({ "name": format!("Boat {}", round * 1000 + n) }));
        write_to_project(journal, project, ("project.renamed", 1), names).await;
    }
}

/// Every row of the view, those of the past included.
async fn rows(world: &World, database: Option<&Database>) -> Vec<String> {
    let mut rows = Vec::new();
    for table in TABLES {
        if let Some(database) = database {
            let mut connection = PgConnection::connect(&database.app_url).await.expect("connected");
            let text = format!("SELECT to_jsonb(t)::text FROM views.{table} t ORDER BY 1");
            rows.extend(sqlx::query(&text).fetch_all(&mut connection).await.expect("rows").iter().map(|row| row.get::<String, _>(0)));
        } else {
            let options = SqliteConnectOptions::new().filename(world.home().join("views.db")).read_only(true);
            let mut connection = options.connect().await.expect("connected");
            let names = sqlx::query("SELECT group_concat(name, ', ') FROM pragma_table_info($1)").bind(table);
            let names: String = names.fetch_one(&mut connection).await.expect("columns").get(0);
            let text = format!("SELECT json_array({names}) FROM {table} ORDER BY 1");
            rows.extend(sqlx::query(&text).fetch_all(&mut connection).await.expect("rows").iter().map(|row| row.get::<String, _>(0)));
        }
    }
    rows
}

pub(super) async fn view(world: &World) -> Value {
    let views = world.get("/api/v1/projections").await;
    views["items"].as_array().expect("items").iter().find(|view| view["name"] == "project").expect("the view").clone()
}

pub(super) async fn built(world: &World) -> Value {
    until("the view to be built", async || {
        let view = view(world).await;
        (view["rebuilding"].is_null() && view["served"] == true && view["lag_events"] == 0).then_some(view)
    })
    .await
}

/// Events that a rebuild has done, the rest being still to do; none when it is over.
async fn progress(world: &World) -> Option<u64> {
    let view = view(world).await;
    let number = |of: &Value| of.as_u64().expect("a number");
    let done = view["rebuilding"]["done"].as_u64()?;
    let end = number(&view["position"]) + number(&view["lag_events"]);
    assert_eq!(done + number(&view["rebuilding"]["to_do"]), end, "{view}");
    Some(done)
}

async fn rebuild(world: &World) {
    world.post("/api/v1/projections/project/rebuild", Value::Null).await.expect(202);
}

async fn killed_again_and_again(mut world: World, database: Option<&Database>) {
    let (project, _) = world.project("boat").await;
    world.stop().await;
    fill(&*journal(&world, database).await, &project).await;
    world.serve(&[]).await;
    built(&world).await;
    let shown = world.get(&format!("/api/v1/projects/{project}")).await;
    assert_eq!(shown["name"], format!("Boat {}", EVENTS - 1));
    let lived = rows(&world, database).await;

    rebuild(&world).await;
    let (mut reached, mut kills) = (0, 0);
    for point in POINTS {
        // It goes on while the server starts, and may be over before it is looked at.
        let done = until("the rebuild to come so far", async || {
            let done = progress(&world).await;
            (done.is_none() || done >= Some(point)).then_some(done)
        })
        .await;
        let Some(done) = done else { break };
        world.kill().await;
        kills += 1;
        assert!(done >= reached, "{done} is before {reached}: what was done is done again");
        reached = done;
        world.serve(&[]).await;
        assert_eq!(world.get(&format!("/api/v1/projects/{project}")).await, shown, "what is read is as it was");
    }
    assert!(kills >= 2, "killed only {kills} times");
    assert!(built(&world).await["kept"].is_u64(), "it was switched to");
    assert_eq!(rows(&world, database).await, lived, "killed at {POINTS:?}");
    assert_eq!(world.get(&format!("/api/v1/projects/{project}")).await, shown);

    rebuild(&world).await;
    built(&world).await;
    assert_eq!(rows(&world, database).await, lived, "from nothing");
}

#[tokio::test]
async fn killed_again_and_again_on_sqlite() {
    killed_again_and_again(World::start(PROGRAM, &[]).await, None).await;
}

#[tokio::test]
async fn killed_again_and_again_on_postgres() {
    let database = fresh_database().await;
    killed_again_and_again(World::start(PROGRAM, &database.settings()).await, Some(&database)).await;
}
