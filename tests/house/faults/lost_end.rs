//! The journal loses its end under a running server, and nobody writes: the server finds it all the same, and tells nothing more of what it knows.

use opensail_tests::postgres::{Database, fresh_database};
use opensail_tests::watch::Watch;
use opensail_tests::world::{World, until};
use reqwest::Method;
use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Executor};

use crate::PROGRAM;

/// Everything after a position is gone, and what was sealed of it, as after a failover; what refuses it stands in the way again afterwards.
async fn lose(world: &World, database: Option<&Database>, after: u64) {
    let lost = |schema: &str| {
        format!(
            "DELETE FROM {schema}events WHERE position > {after};
             DELETE FROM {schema}seal_tiles WHERE level = 0 AND first + length(hashes) / 32 > {after};
             DELETE FROM {schema}seal_checkpoints WHERE size > {after};"
        )
    };
    let Some(database) = database else {
        let mut file = SqliteConnectOptions::new().filename(world.home().join("journal.db")).connect().await.expect("the file");
        let triggers: Vec<(String, String)> =
            sqlx::query_as("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetch_all(&mut file).await.expect("triggers");
        // At once, or a sealer writes in between.
        let (dropped, made): (Vec<_>, Vec<_>) =
            triggers.into_iter().map(|(name, trigger)| (format!("DROP TRIGGER {name};"), format!("{trigger};"))).unzip();
        let all = format!("BEGIN IMMEDIATE; {} {} {} COMMIT", dropped.concat(), lost(""), made.concat());
        file.execute(all.as_str()).await.expect("lost");
        return;
    };
    let each = |verb: &str| {
        ["events", "seal_tiles", "seal_checkpoints"]
            .map(|table| format!("ALTER TABLE journal.{table} {verb} TRIGGER append_only;"))
            .concat()
    };
    let lose = format!("SET session_replication_role = replica; {} {} {}", each("DISABLE"), lost("journal."), each("ENABLE ALWAYS"));
    database.owner().await.execute(lose.as_str()).await.expect("lost");
}

async fn a_lost_end_is_told_of_and_nothing_else(database: Option<Database>) {
    let mut world = World::start(PROGRAM, &database.iter().flat_map(Database::settings).collect::<Vec<_>>()).await;
    let crew = world.post("/api/v1/teams", json!({ "name": "crew" })).await.expect(201);
    let (team, kept) = (crew["id"].as_str().expect("an id"), crew["position"].as_u64().expect("a position"));
    let end = world.post("/api/v1/teams", json!({ "name": "lost" })).await.expect(201)["position"].as_u64().expect("a position");
    assert!(world.get(&format!("/api/v1/teams?min_position={end}")).await.to_string().contains("\"lost\""));
    let live = format!("/api/v1/live?teams={team}");
    let mut watch = Watch::open(&world, &world.token, &live, None).await.expect("a stream");

    lose(&world, database.as_ref(), kept).await;
    until("a question to be refused", async || (world.send(Method::GET, "/api/v1/teams", None).await.status == 503).then_some(())).await;
    while watch.next().await.is_some() {}
    assert_eq!(Watch::open(&world, &world.token, &live, None).await.err(), Some(503));
    let asked = [
        "/api/v1/teams".into(),
        format!("/api/v1/teams/{team}"),
        format!("/api/v1/teams?as_of={kept}"),
        format!("/api/v1/audit/events?team_id={team}"),
        format!("/api/v1/audit/export?team_id={team}"),
        format!("/api/v1/audit/proof?position={kept}"),
        "/api/v1/audit/checkpoint".into(),
        "/api/v1/auth/me".into(),
    ];
    let ordered = [("/api/v1/teams".to_owned(), json!({ "name": "later" })), ("/api/v1/auth/logout".into(), json!({}))];
    let asked = asked.into_iter().map(|path| (Method::GET, path, None));
    for (method, path, body) in asked.chain(ordered.into_iter().map(|(path, body)| (Method::POST, path, Some(body)))) {
        let refused = world.send(method, &path, body.as_ref()).await;
        assert_eq!((refused.status.as_u16(), refused.body["code"].as_str()), (503, Some("set_back")), "{path}: {}", refused.text);
        let detail = refused.body["detail"].as_str().expect("a detail");
        assert!(detail.contains(&format!("position {kept}, though {end} was there")) && detail.contains("opensail new-epoch"), "{detail}");
        assert!(refused.headers.contains_key("retry-after"), "{path}");
    }
    for (path, status) in [("/healthz", 200), ("/metrics", 200), ("/", 200), ("/api/openapi.json", 200), ("/readyz", 503)] {
        assert_eq!(world.send(Method::GET, path, None).await.status, status, "{path}");
    }
    let said = world.command(&["projection", "list"]).output().await.expect("it runs");
    let words = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.status.code() == Some(1) && words.contains("opensail new-epoch"), "{words}");

    // As it said.
    assert_eq!(world.stop().await, Some(0));
    let epoch = world.command(&["new-epoch"]).output().await.expect("it runs");
    assert_eq!(epoch.status.code(), Some(0), "{}", String::from_utf8_lossy(&epoch.stderr));
    world.serve(&[]).await;
    let teams = world.get("/api/v1/teams").await.to_string();
    assert!(teams.contains("\"crew\"") && !teams.contains("\"lost\""), "{teams}");
    world.post("/api/v1/teams", json!({ "name": "later" })).await.expect(201);
}

#[tokio::test]
async fn in_a_file() {
    a_lost_end_is_told_of_and_nothing_else(None).await;
}

#[tokio::test]
async fn in_a_database() {
    a_lost_end_is_told_of_and_nothing_else(Some(fresh_database().await)).await;
}
