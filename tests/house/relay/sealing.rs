//! One process seals for all; when it dies another goes on where it stopped.

use opensail_tests::cluster::{ADMIN, Cluster, Node};
use opensail_tests::world::until;
use reqwest::Method;
use serde_json::json;

use crate::PROGRAM;

/// Makes a team at a node; gives the position of that.
async fn written(cluster: &Cluster, node: &Node, token: &str, name: &str) -> u64 {
    let made = cluster.post(node, token, "/api/v1/teams", json!({ "name": name })).await.expect(201);
    made["position"].as_u64().expect("a position")
}

/// The checkpoint that a node tells of covers the position, and so does the one outside the database.
async fn sealed(cluster: &Cluster, node: &Node, token: &str, position: u64) {
    let path = format!("/api/v1/audit/checkpoint?min_position={position}");
    until("the checkpoint", async || {
        let told = cluster.ask(node, token, Method::GET, &path, None).await;
        (told.status == 200 && told.body["size"].as_u64() >= Some(position)).then_some(())
    })
    .await;
    until("the checkpoint in the folder", async || {
        let latest = std::fs::read_to_string(cluster.home().join("checkpoints/latest")).ok()?;
        (latest.lines().nth(1)?.parse::<u64>().ok()? >= position).then_some(())
    })
    .await;
}

async fn sealer(cluster: &Cluster) -> String {
    let mut owner = cluster.database.owner().await;
    sqlx::query_scalar("SELECT holder FROM journal.leases WHERE resource = 'seal'").fetch_one(&mut owner).await.expect("a holder")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_node_seals_when_the_one_that_did_is_killed() {
    let cluster = Cluster::new(PROGRAM, &[]).await;
    // Alone it must be the one that seals.
    let one = cluster.start("api").await;
    let token = cluster.sign_in(&one, ADMIN).await;
    let early = written(&cluster, &one, &token, "early").await;
    sealed(&cluster, &one, &token, early).await;
    let first = sealer(&cluster).await;
    let other = cluster.start("api").await;
    let seen = written(&cluster, &other, &token, "seen by both").await;
    sealed(&cluster, &other, &token, seen).await;
    assert_eq!(sealer(&cluster).await, first, "the other stands by");

    // It may die with this one unsealed.
    written(&cluster, &one, &token, "the last there").await;
    one.kill().await;
    let late = written(&cluster, &other, &token, "late").await;
    sealed(&cluster, &other, &token, late).await;
    assert_ne!(sealer(&cluster).await, first);
    let verified = cluster.command(&["audit", "verify"]).output().await.expect("it runs");
    assert_eq!(verified.status.code(), Some(0), "{}", String::from_utf8_lossy(&verified.stderr));
}
