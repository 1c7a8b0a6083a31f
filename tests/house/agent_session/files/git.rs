//! A project that is a repository: what is undone and merged is a repository that git finds whole.

use std::path::Path;

use serde_json::json;

use super::*;
use crate::agent_session::bench::ENDED;

const GIT: &str = "git -c safe.directory=* -c user.name=t -c user.email=t@example.org -c gc.auto=0";

fn git(folder: &Path, arguments: &[&str]) -> String {
    let words = GIT.split(' ').skip(1).chain(arguments.iter().copied());
    let answer = std::process::Command::new("git").current_dir(folder).args(words).output().expect("git");
    assert!(answer.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&answer.stderr));
    String::from_utf8(answer.stdout).expect("text").trim().to_owned()
}

fn commit(folder: &Path, path: &str, text: &str) -> String {
    std::fs::write(folder.join(path), text).expect("written");
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-q", "-m", path]);
    git(folder, &["rev-parse", "HEAD"])
}

/// Where HEAD is; every reference, reflog and index entry leads to objects that are there.
fn head_of_whole(folder: &Path) -> String {
    git(folder, &["fsck", "--full", "--strict"]);
    git(folder, &["status", "--porcelain"]);
    git(folder, &["rev-parse", "HEAD"])
}

fn agents_commit(path: &str) -> Value {
    shell(&format!("echo agent > {path} && {GIT} add -A && {GIT} commit -q -m agent"))
}

async fn bench() -> (Bench, String) {
    let bench = Bench::new().await;
    git(&bench.folder, &["init", "-q", "-b", "main"]);
    let first = commit(&bench.folder, "a.txt", "1\n");
    (bench, first)
}

fn conflicts(body: &Value) -> Vec<&str> {
    body["conflicts"].as_array().expect("conflicts").iter().map(|conflict| conflict["path"].as_str().expect("a path")).collect()
}

#[tokio::test]
async fn an_undo_leaves_a_whole_repository_and_every_commit() {
    let (bench, first) = bench().await;
    let (session, _) = bench.run(&[agents_commit("b.txt"), say("done")], json!({})).await;
    let agents = head_of_whole(&bench.folder);
    assert_ne!(agents, first, "{:?}", bench.calls(&session).await);
    let begin = bench.step(&session, 0).await;
    let undo = format!("/api/v1/sessions/{session}/undo");
    let persons = commit(&bench.folder, "c.txt", "mine\n");
    let refused = bench.world.post(&undo, json!({ "to": begin })).await;
    assert_eq!((refused.status.as_u16(), conflicts(&refused.body)), (409, vec![".git"]), "{}", refused.text);
    bench.world.post(&undo, json!({ "to": begin, "decisions": { ".git": "keep" } })).await.expect(202);
    assert_eq!(head_of_whole(&bench.folder), persons);
    assert!(!bench.folder.join("b.txt").exists());
    bench.world.post(&undo, json!({ "to": begin })).await.expect(202);
    assert_eq!(head_of_whole(&bench.folder), persons, "what was kept is the person's and stays");
    // To where the agent's commit was, which is there whole.
    let after = bench.step(&session, 1).await;
    bench.world.post(&undo, json!({ "to": after, "on_conflict": "take" })).await.expect(202);
    assert_eq!(head_of_whole(&bench.folder), agents);
    for commit in [&first, &agents, &persons] {
        git(&bench.folder, &["cat-file", "-e", commit]);
    }
}

#[tokio::test]
async fn a_merge_keeps_or_takes_a_repository_whole_and_never_marks_it() {
    for choice in ["keep", "take"] {
        let (bench, _) = bench().await;
        let (session, _) = bench.run(&[say("done")], json!({})).await;
        let model = bench.world.script(&[agents_commit("a.txt"), say("done")]);
        let wish = json!({ "message": "on", "model": model });
        let fork = bench.world.post(&format!("/api/v1/sessions/{session}/fork"), wish).await.expect(201);
        let fork = fork["id"].as_str().expect("an id").to_owned();
        bench.world.session_is(&fork, ENDED).await;
        let theirs = head_of_whole(&bench.copy_of(&fork));
        let ours = commit(&bench.folder, "a.txt", "mine\n");
        let merge = format!("/api/v1/sessions/{fork}/merge");
        let refused = bench.world.post(&merge, json!({})).await;
        assert_eq!((refused.status.as_u16(), conflicts(&refused.body)), (409, vec![".git", "a.txt"]), "{}", refused.text);
        assert_eq!(refused.body["conflicts"][0]["marked"], Value::Null);
        let refused = bench.world.post(&merge, json!({ "on_conflict": "marked" })).await;
        assert_eq!((refused.status.as_u16(), conflicts(&refused.body)), (409, vec![".git"]), "{}", refused.text);
        let decided = json!({ "on_conflict": "marked", "decisions": { ".git": choice } });
        bench.world.post(&merge, decided).await.expect(202);
        assert_eq!(head_of_whole(&bench.folder), if choice == "keep" { ours.clone() } else { theirs });
        git(&bench.folder, &["cat-file", "-e", &ours]);
        assert!(bench.file("a.txt").expect("there").contains("<<<<<<<"), "texts beside it are marked");
        for (path, (_, _, bytes)) in holds(&bench.folder.join(".git")) {
            assert!(!bytes.windows(7).any(|window| window == b"<<<<<<<"), "{path}");
        }
    }
}
