//! What `/metrics` says of those who follow the journal: read models, consumer groups, queues of work.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use opensail_eventstore::sqlite::SqliteStore;
use opensail_eventstore::subscription::Tail;
use opensail_eventstore::subscription::group::{Group, Handler, Share, Unhandled};
use opensail_eventstore::{Filter, Journal, Leases, Recorded, Vault};
use opensail_tests::postgres::{Database, fresh_database};
use opensail_tests::world::{Answer, World, until, until_within};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::{oneshot, watch};

use crate::PROGRAM;

/// Readiness tells of a group only when it has stood still for half a minute; a bound for a broken build, not a measure.
const PATIENCE: Duration = Duration::from_secs(120);

/// One number; the labels as they are told.
pub(crate) async fn number(world: &World, name: &str, labels: &str) -> Option<f64> {
    let text = world.send(Method::GET, "/metrics", None).await.text;
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("opensail_{name}{{{labels}}} ")));
    line.map(|value| value.parse().expect("a number"))
}

/// Handles nothing as long as the gate is shut.
struct Gated(watch::Receiver<bool>);

#[async_trait]
impl Handler for Gated {
    async fn handle(&self, _: &Share, _: &[Arc<Recorded>]) -> Result<(), Unhandled> {
        self.0.clone().wait_for(|open| *open).await.map(|_| ()).map_err(|error| Unhandled::Poison(error.to_string()))
    }
}

/// What anybody is told, without a token, and what it says of consumer groups.
async fn readiness(world: &World) -> (Answer, Value) {
    let ready = world.send_as("", Method::GET, "/readyz", None, &[]).await;
    let of_groups = ready.body["back_ends"].as_array().expect("back ends").iter().find(|one| one["name"] == "consumer_groups");
    let of_groups = of_groups.expect("it").clone();
    (ready, of_groups)
}

/// Nothing is handled. Which of the two partitions is the slowest depends on the streams' names, which are others each time.
async fn a_stall_is_told_of(world: &World) {
    let (ready, groups) = until_within(PATIENCE, "readiness to tell of the stall", async || {
        let (ready, groups) = readiness(world).await;
        (ready.body["status"] == "degraded" && groups["ok"] == false).then_some((ready, groups))
    })
    .await;
    assert_eq!(ready.status, 200, "another process would do no better: {}", ready.text);
    let why = groups["why"].as_str().unwrap_or_default();
    let stands = ["partition 0", "partition 1"].map(|partition| format!("{partition} of copies: it has not moved from position 0 for "));
    assert!(stands.iter().any(|stands| why.starts_with(stands)) && why.contains("members that live: 1"), "{groups}");
}

async fn tells_of_groups(world: World, database: Option<&Database>) {
    let labels = "back_end=\"consumer_groups\",name=\"copies\"";
    assert_eq!(number(&world, "lag_events", labels).await, None, "nobody has worked on it");
    world.team().await;
    let (journal, vault, leases): (Arc<dyn Journal>, Arc<dyn Vault>, Arc<dyn Leases>) = match database {
        Some(database) => {
            let store = database.journal().await;
            (Arc::new(store.clone()), Arc::new(store.clone()), Arc::new(store))
        }
        None => {
            let store = SqliteStore::open(world.home().join("journal.db")).await.expect("the journal");
            (Arc::new(store.clone()), Arc::new(store.clone()), Arc::new(store))
        }
    };
    let tail = Tail::start(journal.clone()).await.expect("a tail");
    let group = Group {
        name: "copies".into(),
        partitions: 2,
        filter: Filter::default(),
        from: 0,
        tail,
        leases,
        vault,
        member: "a node".into(),
        lease: Duration::from_secs(600),
    };
    let (gate, stop) = (watch::Sender::new(false), oneshot::channel::<()>());
    let handler = Arc::new(Gated(gate.subscribe()));
    let member = tokio::spawn(async move { group.run(handler, async { _ = stop.1.await }).await });

    let head = journal.head().await.expect("a head").position as f64;
    until("the group to be told of", async || (number(&world, "lag_events", labels).await == Some(head)).then_some(())).await;
    assert_eq!(number(&world, "position", labels).await, Some(0.0));
    assert_eq!(number(&world, "members", labels).await, Some(1.0));
    assert!(number(&world, "lag_seconds", labels).await.is_some());
    a_stall_is_told_of(&world).await;
    gate.send_replace(true);
    until("the group to be caught up", async || (number(&world, "lag_events", labels).await == Some(0.0)).then_some(())).await;
    assert_eq!(number(&world, "lag_seconds", labels).await, Some(0.0));
    until("readiness to tell of it no more", async || (readiness(&world).await.1["ok"] == true).then_some(())).await;
    stop.0.send(()).expect("it runs");
    member.await.expect("no panic");
    assert_eq!(number(&world, "members", labels).await, Some(0.0));
    // What nobody handles any more waits, and is told.
    world.post("/api/v1/teams", json!({ "name": "late" })).await.expect(201);
    assert!(number(&world, "lag_events", labels).await > Some(0.0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_are_told_of_on_sqlite() {
    tells_of_groups(World::start(PROGRAM, &[]).await, None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_are_told_of_on_postgres() {
    let database = fresh_database().await;
    tells_of_groups(World::start(PROGRAM, &database.settings()).await, Some(&database)).await;
}

#[tokio::test]
async fn the_text_is_as_prometheus_reads_it() {
    let world = World::start(PROGRAM, &[]).await;
    let text = world.send(Method::GET, "/metrics", None).await.text;
    let (mut family, mut told) = ("", BTreeSet::new());
    for line in text.lines() {
        if let Some(kind) = line.strip_prefix("# TYPE ") {
            family = kind.split(' ').next().expect("a name");
            assert!(told.insert(family), "{family} is told twice");
        } else if !line.starts_with("# HELP ") {
            let (series, value) = line.rsplit_once(' ').expect("a value");
            assert_eq!(series.split('{').next(), Some(family), "{line}");
            value.parse::<f64>().expect(line);
        }
    }
    for view in ["project", "team", "account"] {
        for name in ["lag_events", "lag_seconds", "parked"] {
            assert!(text.contains(&format!("opensail_{name}{{back_end=\"{view}\"}} ")), "{name} of {view}: {text}");
        }
    }
    assert!(text.contains("opensail_parked{back_end=\"work_queue\"} 0\n"), "{text}");
}
