//! Processes that are upgraded one after the other: the newer one writes what the older one does not know.

use opensail_tests::cluster::{ADMIN, Cluster, Node};
use opensail_tests::later::{REHEARSE, VERSION};
use opensail_tests::watch::Watch;
use opensail_tests::world::until;
use reqwest::Method;
use serde_json::json;

use crate::PROGRAM;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_older_process_names_what_it_does_not_know_and_the_newer_one_goes_on() {
    let cluster = Cluster::new(PROGRAM, &[]).await;
    let (old, _worker) = (cluster.start("api").await, cluster.start("worker").await);
    let token = cluster.sign_in(&old, ADMIN).await;
    let (team, project, _) = cluster.project(&old, &token).await;
    let path = format!("/api/v1/projects/{project}");
    let live = format!("/api/v1/live?teams={team}");
    let mut live = Watch::at(&cluster.http, &old.url, &token, &live, None).await.expect("a stream");

    let new = cluster.start_with("api", &[(REHEARSE, "1")]).await;
    let rename = async |node: &Node, name: &str| cluster.ask(node, &token, Method::PATCH, &path, Some(&json!({ "name": name }))).await;
    let renamed = rename(&new, "Ship").await.expect(200)["position"].clone();
    let refused = rename(&old, "Boat").await.expect(503);
    assert_eq!((&refused["code"], &refused["position"]), (&json!("newer_event"), &renamed), "{refused}");
    let says = format!("event project.renamed v{VERSION} at position {renamed}");
    assert!(refused["detail"].as_str().is_some_and(|detail| detail.contains(&says) && detail.contains("upgrade")), "{refused}");

    // Who watches at the older one is told, and what the newer one shows is shown there, too: the views are shared.
    let told = live.until("project.renamed").await.pop().expect("the event");
    assert!(told.data.contains(&format!("\"version\":{VERSION}")) && told.data.contains("Ship"), "{}", told.data);
    for node in [&new, &old] {
        until("the new name in the list", async || {
            let list = cluster.get(node, &token, "/api/v1/projects").await;
            list["items"].as_array()?.iter().any(|item| item["name"] == "Ship").then_some(())
        })
        .await;
    }
    // All else goes on at both.
    for node in [&old, &new] {
        cluster.ask(node, &token, Method::PATCH, &format!("/api/v1/teams/{team}"), Some(&json!({ "name": "Crew" }))).await.expect(200);
    }
    assert_eq!(cluster.get(&new, &token, &path).await["name"], "Ship");
    rename(&new, "Ferry").await.expect(200);

    assert_eq!(old.stop().await, Some(0));
    let upgraded = cluster.start_with("api", &[(REHEARSE, "1")]).await;
    assert_eq!(cluster.get(&upgraded, &token, &path).await["name"], "Ferry");
    rename(&upgraded, "Boat").await.expect(200);
    assert_eq!(cluster.get(&new, &token, &path).await["name"], "Boat");
}
