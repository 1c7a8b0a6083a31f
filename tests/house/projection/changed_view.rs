//! A program that has a read model in another version: it builds it anew when it starts, and meanwhile answers everything else.

use opensail_tests::postgres::{Database, fresh_database};
use opensail_tests::world::{World, until};
use reqwest::Method;
use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Executor};

use super::killed_rebuild::{built, view};
use super::rebuild_projection::{lag, opensail};
use crate::PROGRAM;

/// The tables are as the program before left them, and nobody may read them.
const CHANGED: &str = "UPDATE checkpoints SET version = version - 1 WHERE projection = 'project'; UPDATE projects SET name = 'Wreck'";
/// What is built is not switched to: a switch takes along what was passed over.
const HOLD: &str = "ALTER TABLE passed RENAME COLUMN projection TO held";
const LET_GO: &str = "ALTER TABLE passed RENAME COLUMN held TO projection";

/// In the views' database.
async fn run(world: &World, database: Option<&Database>, script: &str) {
    if let Some(database) = database {
        let script = format!("SET search_path TO views; {script}");
        database.owner().await.execute(script.as_str()).await.expect("changed");
    } else {
        let options = SqliteConnectOptions::new().filename(world.home().join("views.db"));
        options.connect().await.expect("connected").execute(script).await.expect("changed");
    }
}

async fn builds_itself_anew(mut world: World, database: Option<&Database>) {
    let (boat, raft) = (world.project("boat").await.0, world.project("raft").await.0);
    let rename = async |world: &World, path: &str, name: &str| world.send(Method::PATCH, path, Some(&json!({ "name": name }))).await;
    let (boat, raft) = (format!("/api/v1/projects/{boat}"), format!("/api/v1/projects/{raft}"));
    let team = format!("/api/v1/teams/{}", world.team().await);
    let at = rename(&world, &boat, "Ship").await.expect(200)["position"].clone();
    let list = world.get("/api/v1/projects").await;
    let then = format!("/api/v1/projects?as_of={at}");
    let past = world.get(&then).await;
    world.stop().await;
    run(&world, database, &format!("{CHANGED}; {HOLD}")).await;
    world.serve(&[]).await;

    for withheld in ["/api/v1/projects", &boat, &then] {
        let answer = world.send(Method::GET, withheld, None).await;
        assert!(answer.headers.contains_key("retry-after"), "{withheld}");
        assert_eq!(answer.expect(503)["code"], "rebuilding", "{withheld}");
    }
    assert_eq!(world.get("/readyz").await["status"], "ready");
    rename(&world, &team, "Crew").await.expect(200);
    assert_eq!(world.get(&team).await["name"], "Crew");
    // Done, and only not to be shown.
    assert_eq!(rename(&world, &raft, "Ferry").await.expect(503)["code"], "rebuilding");

    let held = until("the view to be built", async || {
        let view = view(&world).await;
        (view["rebuilding"]["to_do"] == 0).then_some(view)
    })
    .await;
    assert_eq!(held["served"], false, "{held}");
    assert!(held["lag_events"].as_u64() >= Some(2), "{held}");
    assert_eq!(lag(&world).await, (Some(1), held["lag_events"].to_string()));
    let (done, told) = opensail(&world, &["projection", "list"]).await;
    let line = told.lines().find(|line| line.starts_with("project ")).unwrap_or_default();
    let says = format!("not read until it is built  building: {} done, 0 to do", held["rebuilding"]["done"]);
    assert!(done && line.contains(&says), "{told}");

    run(&world, database, LET_GO).await;
    built(&world).await;
    let now = world.get("/api/v1/projects").await;
    assert_eq!((&now["items"][0], &now["items"][1]["name"]), (&list["items"][0], &json!("Ferry")), "{now}");
    assert_eq!(world.get(&then).await, past);
    assert_eq!(lag(&world).await, (Some(0), "0".to_owned()));
    let (done, told) = opensail(&world, &["projection", "list"]).await;
    assert!(done && !told.contains("not read until it is built") && told.contains("kept for rollback"), "{told}");
    let (done, told) = opensail(&world, &["projection", "rollback", "project"]).await;
    assert!(!done && told.contains("another version of the program"), "{told}");
}

#[tokio::test]
async fn builds_itself_anew_on_sqlite() {
    builds_itself_anew(World::start(PROGRAM, &[]).await, None).await;
}

#[tokio::test]
async fn builds_itself_anew_on_postgres() {
    let database = fresh_database().await;
    builds_itself_anew(World::start(PROGRAM, &database.settings()).await, Some(&database)).await;
}
