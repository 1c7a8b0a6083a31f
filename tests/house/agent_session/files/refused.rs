//! A path that the file system lets nobody change: the rest is done, the plan is ended, and the path is told with its reason.

use std::process::Command;

use serde_json::json;

use super::*;
use crate::agent_session::bench::ENDED;

/// A file that not even root changes, until it is dropped.
struct Fixed(PathBuf);

impl Fixed {
    fn new(path: PathBuf) -> Option<Self> {
        let done = Command::new("chattr").arg("+i").arg(&path).output().is_ok_and(|answer| answer.status.success());
        if !done {
            eprintln!("skipped: a file cannot be fixed here (not root, or another file system)");
        }
        done.then_some(Self(path))
    }
}

impl Drop for Fixed {
    fn drop(&mut self) {
        let done = Command::new("chattr").arg("-i").arg(&self.0).status();
        assert!(done.is_ok_and(|status| status.success()), "{} could not be freed", self.0.display());
    }
}

#[tokio::test]
async fn an_undo_does_all_else_and_ends() {
    let bench = Bench::new().await;
    std::fs::write(bench.folder.join("old.txt"), "old\n").expect("written");
    let change = shell("echo new > old.txt; echo b > b.txt; mkdir z; echo z > z/z.txt");
    let (session, _) = bench.run(&[change, say("done")], json!({})).await;
    let begin = bench.step(&session, 0).await;
    let Some(fixed) = Fixed::new(bench.folder.join("old.txt")) else { return };
    let undo = format!("/api/v1/sessions/{session}/undo");
    let undone = bench.world.post(&undo, json!({ "to": begin })).await.expect(202);
    let refused = json!([{ "path": "old.txt", "reason": "not_permitted" }]);
    assert_eq!((&undone["refused"], &undone["spared"]), (&refused, &json!(["old.txt"])), "{undone}");
    assert!(!bench.folder.join("b.txt").exists() && !bench.folder.join("z").exists(), "all else went back");
    let event = &bench.events_of(&session, "undone").await[0];
    assert_eq!(event["data"]["refused"], refused, "{event}");
    // Nothing is left open. Who freed it begins again where the undo did.
    drop(fixed);
    bench.world.post(&undo, json!({ "to": undone["found"] })).await.expect(202);
    let undone = bench.world.post(&undo, json!({ "to": begin })).await.expect(202);
    assert_eq!((&undone["refused"], &undone["spared"]), (&json!([]), &json!([])));
    assert_eq!(bench.file("old.txt").as_deref(), Some("old\n"));
}

#[tokio::test]
async fn a_merge_does_all_else_and_ends() {
    let bench = Bench::new().await;
    std::fs::write(bench.folder.join("old.txt"), "old\n").expect("written");
    let (session, _) = bench.run(&[say("done")], json!({})).await;
    let model = bench.world.script(&[shell("echo new > old.txt; echo b > b.txt; echo z > z.txt"), say("done")]);
    let wish = json!({ "message": "on", "model": model });
    let fork = bench.world.post(&format!("/api/v1/sessions/{session}/fork"), wish).await.expect(201);
    let fork = fork["id"].as_str().expect("an id").to_owned();
    bench.world.session_is(&fork, ENDED).await;
    let Some(fixed) = Fixed::new(bench.folder.join("old.txt")) else { return };
    let merge = format!("/api/v1/sessions/{fork}/merge");
    let merged = bench.world.post(&merge, json!({})).await.expect(202);
    assert_eq!(merged["refused"], json!([{ "path": "old.txt", "reason": "not_permitted" }]), "{merged}");
    assert_eq!((bench.file("b.txt").as_deref(), bench.file("z.txt").as_deref()), (Some("b\n"), Some("z\n")));
    assert_eq!(bench.file("old.txt").as_deref(), Some("old\n"));
    drop(fixed);
}
