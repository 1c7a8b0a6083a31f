//! The journal's database in trouble, as callers see it over HTTP: it is lost in the midst of a commit, or a process stands still with its lock.

use opensail_tests::cluster::{Cluster, Node};
use opensail_tests::wire::{Mishap, Wire};
use opensail_tests::world::{Answer, until};
use serde_json::{Value, json};
use sqlx::Executor;

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

/// As after a failover that lost the last of it: the process that runs notices it before it writes anything, and says what to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_that_lost_its_end_is_not_written_on() {
    let cluster = Cluster::new(PROGRAM, &[]).await;
    let node = cluster.start("api").await;
    let token = cluster.sign_in(&node, opensail_tests::cluster::ADMIN).await;
    let crew = team(&cluster, &node, &token, "crew").await;
    let last = renames(&cluster, &node, &token, &crew, "one").await.expect(200)["position"].as_u64().expect("a position");
    let mut owner = cluster.database.owner().await;
    let lose = format!(
        "SET session_replication_role = replica; ALTER TABLE journal.events DISABLE TRIGGER append_only;
         DELETE FROM journal.events WHERE position >= {last}; DELETE FROM journal.command_results WHERE position >= {last};
         ALTER TABLE journal.events ENABLE ALWAYS TRIGGER append_only; RESET session_replication_role"
    );
    owner.execute(lose.as_str()).await.expect("lost");
    let end =
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    owner.execute(end).await.expect("failed over");

    for name in ["two", "three"] {
        let refused = renames(&cluster, &node, &token, &crew, name).await;
        assert!(refused.headers.contains_key("retry-after"));
        refused.expect(503);
    }
    let ready = until("readiness to tell", async || {
        let ready = cluster.ask(&node, "", reqwest::Method::GET, "/readyz", None).await;
        (ready.status == 503).then_some(ready.body)
    })
    .await;
    let journal = ready["back_ends"].as_array().expect("back ends").iter().find(|end| end["name"] == "journal").expect("it").clone();
    let why = journal["why"].as_str().unwrap_or_default();
    assert!(why.contains(&format!("though {last} was there")) && why.contains("opensail new-epoch"), "{journal}");
    let head: i64 = sqlx::query_scalar("SELECT max(position) FROM journal.events").fetch_one(&mut owner).await.expect("a head");
    assert_eq!(head as u64, last - 1, "nothing was written");
    assert!(node.log().contains("opensail new-epoch"));
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
