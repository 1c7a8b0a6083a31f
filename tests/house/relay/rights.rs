//! What is taken away at one node is gone at every node, at once: roles, sign-ins, what was forgotten.

use opensail_tests::cluster::PASSWORD;
use opensail_tests::watch::Watch;
use reqwest::Method;
use serde_json::json;

use super::Fleet;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_taken_at_one_node_does_not_work_at_another() {
    let fleet = Fleet::with_relays().await;
    let (one, other) = fleet.two_api_nodes().await;
    let cluster = &fleet.cluster;
    let _worker = cluster.start("worker").await;
    let admin = fleet.admin(&one).await;
    let (team, project, _) = cluster.project(&one, &admin).await;
    let body = json!({ "email": "bob@example.org", "password": PASSWORD, "name": "bob" });
    let bob =
        cluster.post(&other, "", "/api/v1/auth/register", body).await.expect(201)["access_token"].as_str().expect("a token").to_owned();
    let id = cluster.get(&other, &bob, "/api/v1/auth/me").await["id"].as_str().expect("an id").to_owned();
    let member = json!({ "email": "bob@example.org", "role": "editor" });
    cluster.post(&one, &admin, &format!("/api/v1/teams/{team}/members"), member).await.expect(201);
    // The other node has his role in memory, for reads and for writes.
    let session = cluster.session(&other, &bob, &project, json!({ "task": "sail" })).await;
    let live = format!("/api/v1/live?teams={team}");
    let mut watch = Watch::at(&cluster.http, &other.url, &bob, &live, None).await.expect("a stream");

    let gone = format!("/api/v1/teams/{team}/members/{id}");
    cluster.ask(&one, &admin, Method::DELETE, &gone, None).await.expect(200);
    // Not after a while: with the first answer.
    cluster.ask(&other, &bob, Method::GET, &format!("/api/v1/projects/{project}"), None).await.expect(404);
    cluster.ask(&other, &bob, Method::GET, &format!("/api/v1/sessions/{session}/events"), None).await.expect(404);
    cluster.post(&other, &bob, &format!("/api/v1/projects/{project}/sessions"), json!({ "task": "again" })).await.expect(404);
    cluster.post(&other, &bob, &format!("/api/v1/sessions/{session}/messages"), json!({ "text": "on" })).await.expect(404);
    assert_eq!(Watch::at(&cluster.http, &other.url, &bob, &live, None).await.err(), Some(404));
    // The stream that was open ends by itself.
    while watch.next().await.is_some() {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_out_at_one_node_counts_at_another() {
    let fleet = Fleet::without_relays().await;
    let (one, other) = fleet.two_api_nodes().await;
    let token = fleet.admin(&one).await;
    fleet.cluster.get(&other, &token, "/api/v1/auth/me").await;
    fleet.cluster.ask(&one, &token, Method::POST, "/api/v1/auth/logout", None).await.expect(202);
    fleet.cluster.ask(&other, &token, Method::GET, "/api/v1/auth/me", None).await.expect(401);
}

/// The other node has the session's key in its memory, where it would stay for a minute.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_forgotten_at_one_node_is_not_told_by_another() {
    let fleet = Fleet::with_relays().await;
    let (one, other) = fleet.two_api_nodes().await;
    let cluster = &fleet.cluster;
    let _worker = cluster.start("worker").await;
    let token = fleet.admin(&one).await;
    let (_, project, _) = cluster.project(&one, &token).await;
    let session = cluster.session(&one, &token, &project, json!({ "task": "a very private task" })).await;
    cluster.session_is(&other, &token, &session, &["completed"]).await;
    let told = |events: Vec<serde_json::Value>| serde_json::to_string(&events).expect("JSON").contains("a very private task");
    assert!(told(cluster.events(&other, &token, &session).await));
    let wish = json!({ "reason": "a password was pasted" });
    cluster.post(&one, &token, &format!("/api/v1/sessions/{session}/forget"), wish).await.expect(202);
    let forgotten = opensail_tests::world::until("the other node to have forgotten", async || {
        (!told(cluster.events(&other, &token, &session).await)).then_some(())
    });
    // Well before the key's time in memory is over.
    tokio::time::timeout(opensail_eventstore::vault::keyring::CACHED_FOR / 2, forgotten).await.expect("it does not wait for that");
}
