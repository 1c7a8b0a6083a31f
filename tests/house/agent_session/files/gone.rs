//! Working copies of forks that are over: thrown away, forgotten, of a deleted project.

use reqwest::Method;
use serde_json::json;

use super::*;

/// A fork that rests, with a file that no step wrote.
async fn fork(bench: &Bench, session: &str) -> String {
    let fork = bench.world.post(&format!("/api/v1/sessions/{session}/fork"), json!({})).await.expect(201);
    let fork = fork["id"].as_str().expect("an id").to_owned();
    std::fs::write(bench.copy_of(&fork).join("mine.txt"), "mine\n").expect("written");
    fork
}

#[tokio::test]
async fn what_is_thrown_away_is_kept_as_the_last_step() {
    let bench = Bench::new().await;
    let (session, _) = bench.run(&script(), json!({})).await;
    let fork = fork(&bench, &session).await;
    let there = holds(&bench.copy_of(&fork));
    // Also without a body, as ever.
    bench.world.send(Method::POST, &format!("/api/v1/sessions/{fork}/discard"), None).await.expect(202);
    assert!(!bench.copy_of(&fork).exists());
    let last = bench.snapshots(&fork).await.pop().expect("the last");
    assert_eq!((&last["cause"], &last["kept"]), (&json!("discard"), &json!(true)));
    let again = bench.world.post(&format!("/api/v1/sessions/{fork}/fork"), json!({})).await.expect(201);
    assert_eq!(holds(&bench.copy_of(again["id"].as_str().expect("an id"))), there);
    bench.world.post(&format!("/api/v1/sessions/{fork}/discard"), json!({})).await.expect(202);
    assert_eq!(bench.events_of(&fork, "workspace_discarded").await.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_kept_is_not_thrown_away_unless_forced() {
    let bench = Bench::new().await;
    let (session, _) = bench.run(&script(), json!({})).await;
    let fork = fork(&bench, &session).await;
    let (copy, away) = (bench.copy_of(&fork), bench.copy_of(&fork).with_extension("away"));
    // Links are not followed: what is behind it cannot be captured.
    std::fs::rename(&copy, &away).expect("moved");
    std::os::unix::fs::symlink(&away, &copy).expect("a link");
    let discard = format!("/api/v1/sessions/{fork}/discard");
    let refused = bench.world.post(&discard, json!({})).await;
    assert_eq!((refused.status.as_u16(), &refused.body["reason"]), (409, &json!("files_failed")), "{}", refused.text);
    assert!(bench.events_of(&fork, "workspace_discarded").await.is_empty());
    bench.world.post(&discard, json!({ "force": true })).await.expect(202);
    assert!(copy.symlink_metadata().is_err() && away.join("mine.txt").exists(), "the link goes, not what it names");
    assert_eq!(bench.world.post(&discard, json!({ "forced": true })).await.status, 422);
}

#[tokio::test]
async fn a_forgotten_forks_copy_goes_with_it() {
    let bench = Bench::new().await;
    let (session, _) = bench.run(&script(), json!({})).await;
    let (gone, stays) = (fork(&bench, &session).await, fork(&bench, &session).await);
    let there = holds(&bench.folder);
    let forget = |session: &str| (format!("/api/v1/sessions/{session}/forget"), json!({ "reason": "it held a secret" }));
    let (path, body) = forget(&gone);
    bench.world.post(&path, body).await.expect(202);
    assert!(!bench.copy_of(&gone).exists());
    assert!(bench.copy_of(&stays).exists());
    // It is not made again.
    assert_eq!(bench.world.post(&format!("/api/v1/sessions/{gone}/undo"), json!({ "to": 1 })).await.body["reason"], "session_forgotten");
    assert!(!bench.copy_of(&gone).exists());
    // A session that worked in its project's folder leaves that alone.
    let (path, body) = forget(&session);
    bench.world.post(&path, body).await.expect(202);
    assert_eq!(holds(&bench.folder), there);
}

#[tokio::test]
async fn a_deleted_projects_copies_go_with_it() {
    let bench = Bench::new().await;
    let (session, _) = bench.run(&script(), json!({})).await;
    let fork = fork(&bench, &session).await;
    bench.world.send(Method::DELETE, &format!("/api/v1/projects/{}", bench.project), None).await.expect(200);
    assert!(!bench.copy_of(&fork).exists());
}

#[tokio::test]
async fn a_sweep_tells_and_removes_what_was_left() {
    let bench = Bench::new().await;
    let (session, _) = bench.run(&script(), json!({})).await;
    let (forgotten, discarded, lives) = (fork(&bench, &session).await, fork(&bench, &session).await, fork(&bench, &session).await);
    let body = json!({ "reason": "it held a secret" });
    bench.world.post(&format!("/api/v1/sessions/{forgotten}/forget"), body).await.expect(202);
    bench.world.post(&format!("/api/v1/sessions/{discarded}/discard"), json!({})).await.expect(202);
    // As a crash would leave it; and folders that are nobody's.
    let forks = bench.world.home().join("forks");
    let strange = uuid::Uuid::now_v7().to_string();
    for name in [&forgotten, &strange, &"notes".to_owned()] {
        std::fs::create_dir(forks.join(name)).expect("a folder");
        std::fs::write(forks.join(name).join("left.txt"), "12345").expect("written");
    }
    let told = bench.sweep(true).await;
    assert_eq!(told["copies"], json!({ "objects": 1, "bytes": 5 }));
    assert!(forks.join(&forgotten).exists());
    let swept = bench.sweep(false).await;
    assert_eq!(swept["copies"], json!({ "objects": 1, "bytes": 5 }));
    for (name, there) in [(&forgotten, false), (&strange, true), (&"notes".to_owned(), true), (&lives, true)] {
        assert_eq!(forks.join(name).exists(), there, "{name}");
    }
    assert_eq!(bench.sweep(false).await["copies"], json!({ "objects": 0, "bytes": 0 }));
}
