//! Keeping and forgetting: what goes is said before, and nothing that an event names goes.

use std::time::{Duration, SystemTime};

use futures::StreamExt;
use opensail_tests::world::until;
use reqwest::Method;
use serde_json::{Value, json};

use super::super::bench::{AT_A_TIME, Database, fresh_postgres, settings, sqlite};
use super::*;

/// More boundaries than a sweep of this store has.
const MOST: u32 = 30;

/// Makes everything in the store older than a sweep's grace.
pub(super) fn age(folder: &Path) {
    let old = SystemTime::now() - Duration::from_secs(3 * 24 * 3600);
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().is_dir() {
            age(&entry.path());
        } else {
            std::fs::File::options().write(true).open(entry.path()).and_then(|file| file.set_modified(old)).expect("aged");
        }
    }
}

impl Bench {
    pub(super) async fn sweep(&self, dry_run: bool) -> Value {
        opensail_tests::world::until("a moment in which nobody writes", async || {
            let answer = self.world.post("/api/v1/storage/sweep", json!({ "dry_run": dry_run })).await;
            (answer.status != 503).then(|| answer.expect(200))
        })
        .await
    }

    async fn keep(&self, retention: Value) {
        let path = format!("/api/v1/projects/{}/retention", self.project);
        self.world.send(Method::PUT, &path, Some(&json!({ "retention": retention }))).await.expect(200);
    }

    /// Every file of every kept step, read through the API.
    async fn read_all(&self, session: &str) -> Vec<(Value, Vec<(String, String)>)> {
        let mut read = Vec::new();
        for item in self.snapshots(session).await.iter().filter(|item| item["kept"] == true) {
            let at = &item["position"];
            let tree = self.world.get(&format!("/api/v1/sessions/{session}/tree?depth=9&at={at}")).await;
            let mut files = Vec::new();
            for file in tree["items"].as_array().expect("items").iter().filter(|file| file["kind"] == "file") {
                let path = file["path"].as_str().expect("a path").to_owned();
                let answer = self.world.send(Method::GET, &format!("/api/v1/sessions/{session}/files/{path}?at={at}"), None).await;
                assert_eq!(answer.status, 200, "{path} at {at}: {}", answer.text);
                files.push((path, answer.text));
            }
            read.push((at.clone(), files));
        }
        read
    }
}

fn steps(n: usize) -> Vec<Value> {
    let command = |n| format!("head -c 30000 /dev/urandom | base64 > big.txt; echo {n} > {n}.txt");
    (0..n).map(|n| shell(&command(n))).chain([say("done")]).collect()
}

#[tokio::test]
async fn nothing_that_an_event_names_goes() {
    let bench = Bench::new().await;
    let (session, _) = bench.run(&steps(4), json!({})).await;
    let begin = bench.step(&session, 1).await;
    bench.world.post(&format!("/api/v1/sessions/{session}/undo"), json!({ "to": begin })).await.expect(202);
    let fork = bench.world.post(&format!("/api/v1/sessions/{session}/fork"), json!({})).await.expect(201);
    let before = bench.read_all(&session).await;
    let outputs = bench.world.send(Method::GET, &format!("/api/v1/sessions/{session}/export"), None).await.text;
    age(&bench.world.home().join("blobs"));
    let told = bench.sweep(true).await;
    assert_eq!(told["young"]["objects"], 0, "{told}");
    assert_eq!(told["missing"], 0, "hashes of files' bytes are not taken for names: {told}");
    bench.sweep(false).await;
    assert_eq!(bench.read_all(&session).await, before);
    assert_eq!(bench.world.send(Method::GET, &format!("/api/v1/sessions/{session}/export"), None).await.text, outputs);
    assert_eq!(bench.read_all(fork["id"].as_str().expect("an id")).await.len(), 1);
}

#[tokio::test]
async fn what_retention_lets_go_is_said_released_and_removed() {
    let bench = Bench::new().await;
    let (session, _) = bench.run(&steps(6), json!({})).await;
    let second = bench.step(&session, 2).await;
    let name = format!("/api/v1/sessions/{session}/snapshots/{second}");
    bench.world.send(Method::PUT, &name, Some(&json!({ "name": "good" }))).await.expect(200);
    bench.keep(json!({ "days": 0, "every": 5 })).await;
    age(&bench.world.home().join("blobs"));
    let told = bench.sweep(true).await;
    assert_eq!(told["released"], 3, "{told}");
    assert!(told["removed"]["bytes"].as_u64().expect("bytes") > 30_000, "{told}");
    assert!(bench.snapshots(&session).await.iter().all(|item| item["kept"] == true), "a dry run does nothing");
    let swept = bench.sweep(false).await;
    assert_eq!((&swept["released"], &swept["removed"]), (&told["released"], &told["removed"]), "what was said is what goes");
    let kept: Vec<_> = bench.snapshots(&session).await.iter().map(|item| item["kept"] == true).collect();
    // The first, every fifth, the named and the last.
    assert_eq!(kept, [true, false, true, false, false, true, true]);
    assert_eq!(bench.events_of(&session, "snapshots_released").await.len(), 1);
    assert_eq!(bench.read_all(&session).await.len(), 4);
    let gone = bench.step(&session, 1).await;
    for (method, path, body) in [
        (Method::GET, format!("files/0.txt?at={gone}"), None),
        (Method::POST, "fork".into(), Some(json!({ "at": gone }))),
        (Method::POST, "undo".into(), Some(json!({ "to": gone }))),
    ] {
        let answer = bench.world.send(method, &format!("/api/v1/sessions/{session}/{path}"), body.as_ref()).await;
        assert_eq!((answer.status.as_u16(), &answer.body["reason"]), (409, &json!("snapshot_released")), "{path}: {}", answer.text);
    }
    // Again: what lay in mostly live packs may go now, and nothing that is kept.
    bench.sweep(false).await;
    assert_eq!(bench.read_all(&session).await.len(), 4);
    assert_eq!(bench.events_of(&session, "snapshots_released").await.len(), 1);
    // And the session goes on from what is there.
    bench.world.post(&format!("/api/v1/sessions/{session}/undo"), json!({ "to": second })).await.expect(202);
    assert!(bench.folder.join("1.txt").exists() && !bench.folder.join("2.txt").exists());
}

/// A sweep that lets something go, dying at the n-th boundary that it passes; whether it died.
async fn killed_sweep(database: &Database, n: u32) -> bool {
    let mut bench = Bench::with(&settings(database)).await;
    let (session, _) = bench.run(&steps(4), json!({})).await;
    bench.keep(json!({ "days": 0, "every": 3 })).await;
    let before = bench.read_all(&session).await;
    age(&bench.world.home().join("blobs"));
    bench.world.stop().await;
    bench.world.serve(&[("OPENSAIL_CRASH_AT", &format!("any:{n}"))]).await;
    let request = bench.world.http.post(format!("{}/api/v1/storage/sweep", bench.world.url)).bearer_auth(&bench.world.token);
    let died = request.json(&json!({ "dry_run": false })).send().await.is_err();
    if died {
        bench.world.dies().await;
        bench.world.serve(&[]).await;
        // The lease of the one that died may outlive it by a moment.
        let again = async || bench.world.post("/api/v1/storage/sweep", json!({ "dry_run": false })).await;
        until("a sweep after the one that died", async || again().await.status.is_success().then_some(())).await;
    }
    let after = bench.read_all(&session).await;
    assert!(after.len() < before.len(), "something was let go");
    assert!(after.iter().all(|kept| before.contains(kept)), "killed at {n}");
    died
}

async fn a_killed_sweep_loses_nothing(database: impl AsyncFn() -> Database) {
    let run = async |n| (n, killed_sweep(&database().await, n).await);
    let mut ends = futures::stream::iter(1..MOST).map(run).buffered(AT_A_TIME);
    while let Some((n, died)) = ends.next().await {
        if !died {
            assert!(n > 3, "only {n} boundaries were passed; are the crash points built in?");
            return;
        }
    }
    panic!("more than {MOST} boundaries");
}

#[tokio::test]
async fn a_killed_sweep_loses_nothing_on_sqlite() {
    a_killed_sweep_loses_nothing(sqlite).await;
}

#[tokio::test]
async fn a_killed_sweep_loses_nothing_on_postgres() {
    a_killed_sweep_loses_nothing(fresh_postgres).await;
}

#[tokio::test]
async fn only_the_platforms_admin_sweeps() {
    let bench = Bench::with(&[("OPENSAIL_REGISTRATION", "open")]).await;
    let person = bench.world.register("person").await;
    let team = bench.world.team().await;
    bench.world.join(&team, &person, "admin").await;
    let body = json!({ "dry_run": true });
    let answer = bench.world.send_as(&person.token, Method::POST, "/api/v1/storage/sweep", Some(&body), &[]).await;
    assert_eq!(answer.status, 403);
}
