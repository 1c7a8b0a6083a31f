//! A bucket as second place: what it remembers no one on this machine can take back, and while it is away nothing stops.

use std::sync::Arc;

use opensail_eventstore::conformance::second_place::what_was_kept_comes_back;
use opensail_eventstore::seal::CheckpointFolder;
use opensail_tests::bucket::BucketServer;
use opensail_tests::world::{World, until};
use opensail_workers::outside::checkpoint_bucket::CheckpointBucket;
use serde_json::{Value, json};

use super::verify::{overwrite, run};
use crate::PROGRAM;

#[tokio::test]
async fn a_folder_remembers() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path().join("checkpoints");
    what_was_kept_comes_back(|| Arc::new(CheckpointFolder::new(&home))).await;
}

#[tokio::test]
async fn a_bucket_remembers() {
    for locks in [false, true] {
        let server = BucketServer::start(locks).await;
        what_was_kept_comes_back(|| Arc::new(CheckpointBucket::new(server.bucket()))).await;
    }
}

async fn world(server: &BucketServer) -> World {
    let settings = server.settings();
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    World::start(PROGRAM, &settings).await
}

/// Waits until something is in the bucket; answers the names.
async fn names(server: &BucketServer) -> Vec<String> {
    let bucket = server.bucket();
    until("a note in the bucket", async || bucket.list("checkpoints/", 10).await.ok().filter(|names| !names.is_empty())).await
}

#[tokio::test]
async fn a_journal_taken_back_with_its_folder_is_found_out_by_the_bucket() {
    let server = BucketServer::start(true).await;
    let mut world = world(&server).await;
    names(&server).await;
    assert_eq!(world.stop().await, Some(0));
    let file = world.home().join("journal.db");
    let before = std::fs::read(&file).expect("the journal");
    world.serve(&[]).await;
    let later = world.post("/api/v1/teams", json!({ "name": "later" })).await.expect(201)["position"].clone();
    world.get(&format!("/api/v1/audit/checkpoint?min_position={later}")).await;
    assert_eq!(world.stop().await, Some(0));
    // A start takes the newest there at once.
    world.serve(&[]).await;
    until("the newest in the bucket", async || {
        let newest = server.bucket().list("checkpoints/", 100).await.ok()?.pop()?;
        let size: u64 = newest.rsplit('/').next()?.split('-').next()?.parse().ok()?;
        (size >= later.as_u64()?).then_some(())
    })
    .await;
    assert_eq!(world.stop().await, Some(0));
    let (code, said) = run(&world, &["audit", "verify"]).await;
    assert!(code == 0 && said.contains("bucket evidence"), "{said}");

    overwrite(&file, &before);
    std::fs::remove_dir_all(world.home().join("checkpoints")).expect("removed");
    let (code, said) = run(&world, &["audit", "verify"]).await;
    assert!(code == 1 && said.contains("rolled back"), "{said}");
    assert!(!said.contains("tester's secret"));
}

/// Locked by the bucket, where it offers that.
#[tokio::test]
async fn notes_cannot_be_taken_out_of_a_bucket_that_locks() {
    let server = BucketServer::start(true).await;
    let world = world(&server).await;
    let name = names(&server).await.remove(0);
    let object = format!("{}/evidence/{name}", server.endpoint());
    // The server believes any signature.
    let signed = "AWS4-HMAC-SHA256 Credential=tester/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";
    let head = world.http.head(&object).header("authorization", signed).send().await.expect("an answer");
    assert_eq!(head.headers().get("x-amz-object-lock-mode").map(|mode| mode.as_bytes()), Some(b"COMPLIANCE".as_slice()));
    let version = head.headers()["x-amz-version-id"].to_str().expect("a version").to_owned();
    let removed =
        world.http.delete(format!("{object}?versionId={version}")).header("authorization", signed).send().await.expect("an answer");
    assert!(!removed.status().is_success(), "{}", removed.status());
    let there = world.http.head(format!("{object}?versionId={version}")).header("authorization", signed).send().await.expect("an answer");
    assert_eq!(there.status(), 200);
    // Put once: another note of the same name is none.
    let again = server.bucket().put_new(&name, b"forged".to_vec(), None).await;
    assert_eq!(again, Err(opensail_csi::bucket::BucketError::Exists));
}

#[tokio::test]
async fn while_the_bucket_is_away_nothing_stops_and_it_is_told() {
    let mut server = BucketServer::start(false).await;
    let mut world = world(&server).await;
    names(&server).await;
    assert_eq!(world.stop().await, Some(0));
    server.kill().await;
    world.serve(&[]).await;
    let bucket = async || {
        let answer = world.send(reqwest::Method::GET, "/readyz", None).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let ends = answer.body["back_ends"].as_array().expect("back ends").clone();
        let bucket = ends.into_iter().find(|end| end["name"] == "checkpoint_bucket").expect("the bucket");
        assert_eq!(answer.body["status"] == "degraded", bucket["ok"] == false, "{}", answer.text);
        bucket
    };
    let away: Value = until("readiness to tell", async || Some(bucket().await).filter(|end| end["ok"] == false)).await;
    assert_eq!(away["optional"], true, "{away}");
    let position = world.post("/api/v1/teams", json!({ "name": "all the same" })).await.expect(201)["position"].clone();
    world.get(&format!("/api/v1/audit/proof?position={position}")).await;
    assert!(!world.log().contains("tester's secret"));
    server.back().await;
    until("the bucket", async || (bucket().await["ok"] == true).then_some(())).await;
    names(&server).await;
}
