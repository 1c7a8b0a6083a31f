//! What must hold when the storm is over.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use opensail_eventstore::sqlite::SqliteStore;
use opensail_eventstore::{Filter, Journal};
use opensail_tests::cluster::Cluster;
use opensail_tests::copies::COPY;
use opensail_tests::postgres::Database;
use opensail_tests::world::{World, until_within};
use serde_json::Value;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, PgConnection, Row};
use std::time::Duration;

use super::House;
use super::process::Program;
use super::writer::{Said, Tenant};

/// For a rebuild of everything.
const PATIENCE: Duration = Duration::from_secs(300);
/// How the views stand; not what is in them.
const STANDING: [&str; 3] = ["checkpoints", "generations", "parked"];

/// Each acknowledged word is in the history once, at its position or just before it; no other is there twice.
pub(super) async fn what_was_said_is_there_once(house: &House, tenant: &Tenant, said: &[Said]) {
    let team = tenant.all(house, &format!("audit/events?team_id={}&type=team.renamed&order=asc&", tenant.team)).await;
    let session = tenant.all(house, &format!("sessions/{}/events?", tenant.session)).await;
    let mut found: HashMap<&str, Vec<u64>> = HashMap::new();
    let position = |event: &Value| event["position"].as_u64().expect("a position");
    for event in &team {
        found.entry(event["data"]["name"].as_str().expect("a name")).or_default().push(position(event));
    }
    for event in session.iter().filter(|event| event["type"] == "agent_session.message_added") {
        found.entry(event["data"]["text"].as_str().expect("a text")).or_default().push(position(event));
    }
    for said in said.iter().filter(|said| said.team == tenant.team) {
        let at = found.get(said.text.as_str()).map_or(&[][..], Vec::as_slice);
        // A message that wakes a finished session is followed by that in one append.
        assert!(matches!(at, [at] if *at <= said.position && said.position - at < 3), "{said:?} is at {at:?}");
    }
    let doubled: Vec<_> = found.iter().filter(|(text, at)| text.starts_with("word ") && at.len() > 1).collect();
    assert!(doubled.is_empty(), "{doubled:?}");
}

/// One event for each renaming, in their order, written by whichever process had the stream just then.
pub(super) async fn each_renaming_was_copied_once(house: &House, tenant: &Tenant) {
    let of_team = async |kind: &str| tenant.all(house, &format!("audit/events?team_id={}&type={kind}&order=asc&", tenant.team)).await;
    let renamed: Vec<_> = of_team("team.renamed").await.iter().map(|event| event["position"].clone()).collect();
    let copied = until_within(PATIENCE, "all renamings to be copied", async || {
        let copies = of_team(COPY).await;
        (copies.len() >= renamed.len()).then_some(copies)
    });
    let copied: Vec<_> = copied.await.iter().map(|copy| copy["data"]["position"].clone()).collect();
    assert_eq!(copied, renamed);
}

/// The same by the journal itself, when nobody is left who could write one more.
async fn no_renaming_was_copied_twice(house: &House, journal: &dyn Journal) {
    let (mut renamed, mut copied) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::<_, Vec<_>>::new());
    let filter = Filter { types: vec!["team.renamed".into(), COPY.into()], ..Filter::default() };
    let (mut after, head) = (0, journal.head().await.expect("a head").position);
    while after < head {
        let page = journal.read_all(after, 1_000, &filter).await.expect("read");
        for event in page.events {
            let (of, position) = match event.event_type.as_str() {
                COPY => (&mut copied, serde_json::from_str::<Value>(&event.payload).expect("JSON")["position"].clone()),
                _ => (&mut renamed, event.position.into()),
            };
            of.entry(event.tenant).or_default().push(position);
        }
        after = page.seen;
    }
    assert_eq!(copied, renamed);
    println!("{}: {} renamings copied, each once", house.name(), copied.values().map(Vec::len).sum::<usize>());
}

async fn verified(command: &mut tokio::process::Command) {
    let output = command.output().await.expect("it runs");
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{}", told.lines().next().unwrap_or_default());
    assert_eq!(output.status.code(), Some(0), "{told}");
}

/// Waits until every view is there and at the journal's end.
async fn views_are_whole(url: &str, token: &str) {
    let http = reqwest::Client::new();
    until_within(PATIENCE, "the views", async || {
        let answer = http.get(format!("{url}/api/v1/projections")).bearer_auth(token).send().await.ok()?;
        let views: Value = answer.json().await.ok()?;
        let views = views["items"].as_array()?;
        let whole = |view: &Value| view["served"] == true && view["lag_events"] == 0 && view["rebuilding"].is_null() && view["parked"] == 0;
        views.iter().all(whole).then_some(())
    })
    .await;
}

fn no_panics(house: &House) {
    for process in &house.processes {
        let log = process.log();
        let panic = log.lines().position(|line| line.contains("panicked"));
        assert!(panic.is_none(), "{}", log.lines().skip(panic.unwrap_or(0)).take(5).collect::<Vec<_>>().join("\n"));
    }
}

fn same(lived: &[String], rebuilt: &[String]) {
    let differing = lived.iter().zip(rebuilt).find(|(one, other)| one != other);
    assert!(lived == rebuilt, "{} rows lived, {} rebuilt; the first that differs: {differing:?}", lived.len(), rebuilt.len());
}

pub(super) async fn on_sqlite(house: Arc<House>, world: &World) {
    let program = Program::of(&world.command(&["serve", "--role", "api"]));
    let token = std::fs::read_to_string(world.home().join("cli.token")).expect("a token").trim().to_owned();
    let door = &house.processes[0];
    views_are_whole(&door.own_url(), &token).await;
    door.rest().await;
    verified(&mut world.command(&["audit", "verify"])).await;
    no_renaming_was_copied_twice(&house, &SqliteStore::open(world.home().join("journal.db")).await.expect("the journal")).await;
    // The last things that workers did while it stopped are still to be seen; nobody works any more.
    let catching_up = super::Process::begin("catching-up", program.clone(), world.path()).await;
    catching_up.ready().await;
    views_are_whole(&catching_up.own_url(), &token).await;
    catching_up.rest().await;
    let lived = file_rows(&world.home().join("views.db")).await;
    for name in ["views.db", "views.db-wal", "views.db-shm"] {
        let _ = std::fs::remove_file(world.home().join(name));
    }
    let fresh = super::Process::begin("rebuild", program, world.path()).await;
    fresh.ready().await;
    views_are_whole(&fresh.own_url(), &token).await;
    fresh.rest().await;
    same(&lived, &file_rows(&world.home().join("views.db")).await);
    no_panics(&house);
}

pub(super) async fn on_postgres(house: Arc<House>, cluster: &Cluster) {
    let postgres = house.postgres.as_ref().expect("a database").lock().await;
    let database = postgres.database();
    for process in &house.processes[1..] {
        process.rest().await;
    }
    let door = &house.processes[0];
    let token = admin(&door.own_url()).await;
    views_are_whole(&door.own_url(), &token).await;
    door.rest().await;
    verified(&mut cluster.command(&["audit", "verify"])).await;
    no_renaming_was_copied_twice(&house, &database.journal().await).await;
    let lived = database_rows(&database).await;
    let mut owner = PgConnection::connect(&database.owner_url).await.expect("connected");
    owner.execute("DROP SCHEMA views CASCADE").await.expect("dropped");
    let fresh = super::Process::begin("rebuild", Program::of(&cluster.command(&["serve", "--role", "api"])), cluster.path()).await;
    fresh.ready().await;
    views_are_whole(&fresh.own_url(), &token).await;
    fresh.rest().await;
    same(&lived, &database_rows(&database).await);
    no_panics(&house);
}

async fn admin(url: &str) -> String {
    let http = reqwest::Client::new();
    let body = serde_json::json!({ "email": opensail_tests::cluster::ADMIN, "password": opensail_tests::cluster::PASSWORD });
    until_within(PATIENCE, "the admin to sign in", async || {
        let answer = http.post(format!("{url}/api/v1/auth/login")).json(&body).send().await.ok()?;
        answer.json::<Value>().await.ok()?["access_token"].as_str().map(str::to_owned)
    })
    .await
}

/// Every row of every view, in one order.
async fn file_rows(file: &Path) -> Vec<String> {
    let mut connection = SqliteConnectOptions::new().filename(file).connect().await.expect("connected");
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '%\\_\\_g%' ESCAPE '\\' ORDER BY name";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut connection).await.expect("tables");
    let mut rows = Vec::new();
    for table in tables.iter().filter(|table| !STANDING.contains(&table.as_str()) && !table.starts_with('_')) {
        let names = sqlx::query("SELECT group_concat(name, ', ') FROM pragma_table_info($1)").bind(table);
        let names: String = names.fetch_one(&mut connection).await.expect("columns").get(0);
        let text = format!("SELECT json_array({names}) FROM {table} ORDER BY 1");
        let found = sqlx::query(&text).fetch_all(&mut connection).await.expect("rows");
        rows.extend(found.iter().map(|row| format!("{table} {}", row.get::<String, _>(0))));
    }
    rows
}

async fn database_rows(database: &Database) -> Vec<String> {
    let mut connection = PgConnection::connect(&database.owner_url).await.expect("connected");
    let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'views' AND tablename NOT LIKE '%\\_\\_g%' ORDER BY 1";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut connection).await.expect("tables");
    let mut rows = Vec::new();
    for table in tables.iter().filter(|table| !STANDING.contains(&table.as_str()) && !table.starts_with('_')) {
        let found = sqlx::query(&format!("SELECT to_jsonb(t)::text FROM views.{table} t ORDER BY 1")).fetch_all(&mut connection).await;
        rows.extend(found.expect("rows").iter().map(|row| format!("{table} {}", row.get::<String, _>(0))));
    }
    rows
}
