//! The journal's database in trouble, as callers see it over HTTP: it is lost in the midst of a commit, or a process stands still with its lock.

use opensail_tests::cluster::{Cluster, Node};
use opensail_tests::wire::{Mishap, Wire};
use opensail_tests::world::{Answer, until};
use serde_json::{Value, json};

use crate::PROGRAM;

async fn team(cluster: &Cluster, node: &Node, token: &str, name: &str) -> String {
    let made = cluster.post(node, token, "/api/v1/teams", json!({ "name": name })).await.expect(201);
    made["id"].as_str().expect("an id").to_owned()
}

async fn renames(cluster: &Cluster, node: &Node, token: &str, team: &str, name: &str) -> Answer {
    let request = cluster.http.patch(format!("{}/api/v1/teams/{team}", node.url)).bearer_auth(token);
    Answer::of(request.header("Idempotency-Key", name).json(&json!({ "name": name })).send().await.expect("an answer")).await
}

/// Whether it was done is not known then; the same key, asked for again, tells it truly, and it is done once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outcome_that_is_unknown_is_told_when_it_is_asked_for_again() {
    let database = opensail_tests::postgres::fresh_database().await;
    let wire = Wire::to(&database);
    let mut behind = database.clone();
    behind.app_url = wire.url(&database.app_url);
    let cluster = Cluster::over(behind, PROGRAM, &[]);
    let node = cluster.start("api").await;
    let token = cluster.sign_in(&node, opensail_tests::cluster::ADMIN).await;
    let crew = team(&cluster, &node, &token, "crew").await;

    wire.expects(Mishap::LosesTheAnswer("the lost one"));
    let lost = renames(&cluster, &node, &token, &crew, "the lost one").await;
    assert!(lost.headers.contains_key("retry-after"), "{}", lost.text);
    assert_eq!(lost.expect(503)["code"], "outcome_unknown");
    wire.mend();
    let told: Value = until("the same command to be told of", async || {
        let answer = renames(&cluster, &node, &token, &crew, "the lost one").await;
        (answer.status == 200).then_some(answer.body)
    })
    .await;
    assert_eq!(told["name"], "the lost one");
    let history = cluster.get(&node, &token, &format!("/api/v1/audit/events?team_id={crew}&type=team.renamed")).await;
    assert_eq!(history["items"].as_array().expect("items").len(), 1, "{history}");
    assert_eq!(history["items"][0]["position"], told["position"], "{history}");
}

/// A second process begins, takes the journal's lock and stands still; the server itself puts it out of the way, and the first goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_stands_still_with_the_lock_stops_no_other() {
    let cluster = Cluster::new(PROGRAM, &[]).await;
    let node = cluster.start("api").await;
    let token = cluster.sign_in(&node, opensail_tests::cluster::ADMIN).await;
    let crew = team(&cluster, &node, &token, "crew").await;
    let wire = Wire::to(&cluster.database);
    wire.expects(Mishap::Freezes("COMMIT"));
    let through = wire.url(&cluster.database.app_url);
    let mut command = cluster.command(&["serve", "--role", "api"]);
    command.env("OPENSAIL_LISTEN", "127.0.0.1:0").env("DATABASE_URL", through).env_remove("DATABASE_OWNER_URL");
    let mut still = command.spawn().expect("it starts");
    let holds = "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND l.granted
                 AND a.datname = current_database() AND a.state = 'idle in transaction'";
    let mut owner = cluster.database.owner().await;
    until("the other to stand still with the lock", async || {
        (sqlx::query_scalar::<_, i64>(holds).fetch_one(&mut owner).await.expect("an answer") > 0).then_some(())
    })
    .await;
    assert_eq!(renames(&cluster, &node, &token, &crew, "on we go").await.expect(200)["name"], "on we go");
    still.kill().await.expect("killed");
}
