//! An event that a consumer cannot handle: its stream waits, and an administrator says what becomes of it, from the command line. The consumer's member is this
//! process, beside the server.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use opensail_eventstore::sqlite::SqliteStore;
use opensail_eventstore::subscription::Tail;
use opensail_eventstore::subscription::group::{Group, Handler, Share, Unhandled};
use opensail_eventstore::{Filter, Journal, Leases, Position, Recorded, Vault};
use opensail_tests::postgres::{Database, fresh_database};
use opensail_tests::world::{World, until};
use reqwest::Method;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::PROGRAM;
use crate::projection::{number, opensail};

const NAME: &str = "ferries";

/// Positions of what was handled; renamings are refused while it is in a bad mood.
#[derive(Clone, Default)]
struct Ferry(Arc<Mutex<(bool, Vec<Position>)>>);

impl Ferry {
    fn refuses(&self, renamings: bool) {
        self.0.lock().expect("no panic").0 = renamings;
    }
    fn handled(&self, position: &Value) -> bool {
        self.0.lock().expect("no panic").1.iter().any(|handled| json!(handled) == *position)
    }
}

#[async_trait]
impl Handler for Ferry {
    async fn handle(&self, _: &Share, events: &[Arc<Recorded>]) -> Result<(), Unhandled> {
        let (refuses, handled) = &mut *self.0.lock().expect("no panic");
        for event in events {
            if *refuses && event.event_type == "project.renamed" {
                return Err(Unhandled::Poison("no room for\na new name".into()));
            }
            handled.push(event.position);
        }
        Ok(())
    }
}

async fn member<S: Journal + Leases + Vault + Clone + 'static>(store: S, ferry: &Ferry, leaves: &CancellationToken) -> Working {
    let group = Group {
        name: NAME.into(),
        partitions: 4,
        filter: Filter { stream_types: vec!["project".into()], ..Filter::default() },
        from: 0,
        tail: Tail::start(Arc::new(store.clone())).await.expect("a tail"),
        leases: Arc::new(store.clone()),
        vault: Arc::new(store),
        member: "test".into(),
        lease: Duration::from_secs(2),
    };
    let (ferry, leaves) = (Arc::new(ferry.clone()), leaves.clone());
    tokio::spawn(async move { group.run(ferry, leaves.cancelled_owned()).await })
}

type Working = tokio::task::JoinHandle<()>;

async fn joins(world: &World, database: Option<&Database>, ferry: &Ferry, leaves: &CancellationToken) -> Working {
    match database {
        Some(database) => member(database.journal().await, ferry, leaves).await,
        None => member(SqliteStore::open(world.home().join("journal.db")).await.expect("the journal"), ferry, leaves).await,
    }
}

async fn renamed(world: &World, project: &str, name: &str) -> Value {
    let path = format!("/api/v1/projects/{project}");
    world.send(Method::PATCH, &path, Some(&json!({ "name": name }))).await.expect(200)["position"].clone()
}

async fn is_parked(world: &World, position: &Value) -> Value {
    let parked = async || {
        let items = world.get("/api/v1/consumers/parked").await["items"].clone();
        let found = items.as_array().expect("items").iter().find(|item| item["position"] == *position && item["status"] == "parked");
        found.cloned()
    };
    until("the stream to be parked", parked).await
}

async fn orders(world: &World, kind: &str) -> Value {
    world.get(&format!("/api/v1/audit/events?type=consumer.{kind}_ordered")).await["items"].clone()
}

async fn ordered_about(mut world: World, database: Option<&Database>) {
    let (boat, _) = world.project("boat").await;
    let (raft, _) = world.project("raft").await;
    let (stream, other) = (format!("project-{boat}"), format!("project-{raft}"));
    assert_eq!(opensail(&world, &["consumer", "list"]).await, (true, "no consumer has begun yet\n".to_owned()));
    assert_eq!(opensail(&world, &["consumer", "parked"]).await, (true, "nothing is parked\n".to_owned()));
    let (ferry, leaves) = (Ferry::default(), CancellationToken::new());
    ferry.refuses(true);
    let working = joins(&world, database, &ferry, &leaves).await;
    let poison = renamed(&world, &boat, "Ship").await;
    let waits = renamed(&world, &boat, "Brig").await;

    // It is told, also what to type next; of the others nothing waits.
    is_parked(&world, &poison).await;
    let told = async || world.get("/api/v1/consumers/parked").await["items"][0].clone();
    let waiting = async || (told().await["waiting"] == 1).then_some(());
    until("what waits to be counted", waiting).await;
    let parked = told().await;
    assert_eq!((&parked["consumer"], &parked["stream"], &parked["type"]), (&json!(NAME), &json!(stream), &json!("project.renamed")));
    assert_eq!(parked["error"], "no room for\na new name");
    let (done, listed) = opensail(&world, &["consumer", "list"]).await;
    assert!(done && listed.starts_with(NAME) && listed.contains("parked 1  members 1"), "{listed}");
    assert_eq!(number(&world, "parked", &format!("back_end=\"consumer_groups\",name=\"{NAME}\"")).await, Some(1.0));
    let (done, listed) = opensail(&world, &["consumer", "parked"]).await;
    assert!(done && listed.lines().count() == 3 && listed.contains("1 waiting"), "{listed}");
    assert!(listed.contains(&format!("opensail consumer retry {NAME} {stream}")), "what to type next: {listed}");
    let (_, line) = opensail(&world, &["consumer", "parked", "--json"]).await;
    assert_eq!(line.lines().next().map(serde_json::from_str::<Value>).expect("a line").expect("JSON"), parked);

    // What is asked for wrongly is refused, and nothing comes of it.
    let (done, refused) = opensail(&world, &["consumer", "retry", NAME, &other]).await;
    assert!(!done && refused.contains("opensail consumer parked lists what is"), "{refused}");
    let path = format!("/api/v1/consumers/{NAME}/parked/{stream}");
    let skip = |position: u64, reason: &str| json!({ "position": position, "reason": reason });
    let at = poison.as_u64().expect("a number");
    assert_eq!(world.post(&format!("{path}/skip"), skip(at + 1, "broken")).await.expect(409)["reason"], "not_parked");
    assert_eq!(world.post(&format!("{path}/skip"), skip(at, " ")).await.expect(422)["errors"][0]["pointer"], "/reason");
    world.post(&format!("/api/v1/consumers/others/parked/{stream}/skip"), skip(at, "broken")).await.expect(404);
    assert_eq!((orders(&world, "retry").await, orders(&world, "skip").await), (json!([]), json!([])));

    let (done, told) = opensail(&world, &["consumer", "retry", NAME, &stream, "--reason", "let us see"]).await;
    assert!(!done && told.contains("it is parked again") && told.contains("no room for"), "{told}");
    ferry.refuses(false);
    let (done, told) = opensail(&world, &["consumer", "retry", NAME, &stream]).await;
    assert!(done && told == format!("{stream} flows again\n"), "{told}");
    assert!(ferry.handled(&poison) && ferry.handled(&waits));

    // Ordered while nobody works, and the server killed at once: the order is there, and whoever comes carries it out.
    ferry.refuses(true);
    let poison = renamed(&world, &raft, "Ferry").await;
    is_parked(&world, &poison).await;
    leaves.cancel();
    working.await.expect("it left");
    let position = poison.to_string();
    let command = ["consumer", "skip", NAME, &other, "--position", &position, "--reason", "nobody waits for it"];
    let (done, told) = opensail(&world, &command).await;
    assert!(done && told.contains("no member of ferries lives just now"), "{told}");
    world.kill().await;
    world.serve(&[]).await;
    assert_eq!(world.get("/api/v1/consumers/parked").await["items"][0]["status"], "skip_ordered");
    let (done, told) = opensail(&world, &["consumer", "parked"]).await;
    assert!(done && told.contains("to be left out"), "{told}");
    ferry.refuses(false);
    let behind = renamed(&world, &raft, "Barge").await;
    let working = joins(&world, database, &ferry, &CancellationToken::new()).await;
    until("the stream to flow", async || (world.get("/api/v1/consumers/parked").await["items"] == json!([])).then_some(())).await;
    until("what came behind it", async || ferry.handled(&behind).then_some(())).await;
    assert!(!ferry.handled(&poison), "it was left out");
    working.abort();

    // Told for ever, in the team whose event it was.
    let team = world.team().await;
    let retried = orders(&world, "retry").await;
    let told = |order: &Value| (order["team_id"] == json!(team), order["data"]["stream"].clone(), order["data"]["reason"].clone());
    let retried: Vec<_> = retried.as_array().expect("items").iter().map(told).collect();
    assert_eq!(retried, [(true, json!(stream), json!("let us see")), (true, json!(stream), Value::Null)]);
    let skipped = orders(&world, "skip").await;
    assert_eq!(told(&skipped[0]), (true, json!(other), json!("nobody waits for it")));
    assert_eq!((&skipped[0]["data"]["position"], &skipped[0]["actor"]["kind"]), (&poison, &json!("api_key")), "{skipped}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ordered_about_on_sqlite() {
    ordered_about(World::start(PROGRAM, &[]).await, None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ordered_about_on_postgres() {
    let database = fresh_database().await;
    ordered_about(World::start(PROGRAM, &database.settings()).await, Some(&database)).await;
}
