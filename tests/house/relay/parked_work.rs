//! Work that workers fail at too often is set aside; whoever runs the house sees it and has it delivered again, from the command line.

use std::time::Duration;

use opensail_eventstore::Journal;
use opensail_eventstore::conformance::relay::WorkSubject;
use opensail_eventstore::conformance::relay::servers::{Kind, RelayServer};
use serde_json::{Value, json};

use super::Fleet;

/// Longer than a delivery takes; without one the queue would be waited for in vain.
const LOOK: Duration = Duration::from_millis(500);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_parked_is_delivered_again() {
    let fleet = Fleet::new(None, Some(RelayServer::start(Kind::Nats).await)).await;
    let cluster = &fleet.cluster;
    let node = cluster.start("api").await;
    let token = fleet.admin(&node).await;
    let opensail = async |arguments: &[&str]| {
        let mut command = cluster.command(arguments);
        let output = command.env("OPENSAIL_URL", &node.url).env("OPENSAIL_TOKEN", &token).output().await.expect("it runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        (output.status.success(), text(output.stdout), text(output.stderr))
    };
    let nothing = (true, String::new(), "nothing is parked\n".to_owned());
    assert_eq!(opensail(&["work", "parked"]).await, nothing);

    // The only worker fails at whatever it is given.
    let epoch = cluster.database.journal().await.head().await.expect("a head").epoch;
    let worker = WorkSubject::relay(fleet.nats.as_ref().expect("NATS"), &epoch.to_string().replace('-', "")).await;
    let team = cluster.post(&node, &token, "/api/v1/teams", json!({ "name": "sailors" })).await.expect(201)["id"].clone();
    cluster.post(&node, &token, "/api/v1/projects", json!({ "team_id": team, "name": "boat" })).await.expect(201);
    while worker.parked_count().await != Ok(1) {
        if let Ok(taken) = tokio::time::timeout(LOOK, worker.take()).await {
            taken.again(Duration::ZERO).await;
        }
    }

    let (done, told, what_next) = opensail(&["work", "parked"]).await;
    let (id, what) = told.trim_end().split_once("  ").expect("an id and what it is");
    assert!(done && what == "project.created" && what_next.contains("opensail work retry"), "{told}{what_next}");
    let (done, told, _) = opensail(&["work", "parked", "--json"]).await;
    let told: Value = serde_json::from_str(&told).expect("a line of JSON");
    assert!(done && told["id"] == id && told["type"] == what, "{told}");
    let (done, _, refused) = opensail(&["work", "retry", "nonsense"]).await;
    assert!(!done && refused.contains("there is nothing here"), "{refused}");

    let (done, told, _) = opensail(&["work", "retry", "--all"]).await;
    assert!(done && told == format!("{id} is delivered again\n"), "{told}");
    assert_eq!(opensail(&["work", "parked"]).await, nothing);
    let taken = worker.take().await;
    assert_eq!((taken.work.id.as_str(), taken.delivery), (id, 1));
    taken.done().await;
    let orders = cluster.get(&node, &token, "/api/v1/audit/events?type=work.retry_ordered").await;
    assert_eq!(orders["items"].as_array().expect("items").len(), 1, "{orders}");
}
