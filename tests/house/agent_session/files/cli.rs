//! The same by the command line, as a person types it.

use std::process::Stdio;

use serde_json::json;
use tokio::io::AsyncReadExt;

use super::*;

impl Bench {
    /// Exit code, standard output and standard error.
    async fn types(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let output = self.world.command(arguments).output().await.expect("it runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    }
}

#[tokio::test]
async fn conflicts_tell_how_to_decide_and_what_was_overwritten_how_it_comes_back() {
    let bench = Bench::new().await;
    let (session, _) = bench.run(&script(), json!({})).await;
    let first = bench.step(&session, 1).await.to_string();
    std::fs::write(bench.folder.join("a.txt"), "mine\n").expect("written");
    let (code, _, told) = bench.types(&["session", "undo", &session, "--to", &first]).await;
    assert_eq!(code, Some(1));
    assert!(told.contains("a.txt: changed since") && told.contains("--keep PATH") && told.contains("--take PATH"), "{told}");
    assert!(!told.contains("marked"), "{told}");
    let (code, _, told) = bench.types(&["session", "undo", &session, "--to", &first, "--on-conflict", "marked"]).await;
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("marked is for merges"), "{told}");
    let (code, told, _) = bench.types(&["session", "undo", &session, "--to", &first, "--take", "a.txt"]).await;
    assert_eq!(code, Some(0));
    let way = told.lines().find_map(|line| line.split_once("comes back with: opensail ")).expect("a way back").1.to_owned();
    assert_eq!(bench.types(&way.split(' ').collect::<Vec<_>>()).await.0, Some(0));
    assert_eq!(bench.file("a.txt").as_deref(), Some("mine\n"));
    let replay = bench.types(&["session", "replay", &session]).await.1;
    assert!(replay.contains(&format!("taken back to #{first};")), "{replay}");
}

#[tokio::test]
async fn merging_naming_comparing() {
    let bench = Bench::new().await;
    let (session, _) = bench.run(&[shell("echo one > a.txt"), say("done")], json!({})).await;
    // What only a command changed.
    let (_, diff, _) = bench.types(&["session", "diff", &session]).await;
    assert!(diff.contains("a.txt (added)") && diff.contains("+one"), "{diff}");
    let (code, _, told) = bench.types(&["session", "diff", &session, "--from", "yesterday"]).await;
    assert!(code == Some(1) && told.contains("a session's id"), "{told}");
    let step = bench.step(&session, 1).await.to_string();
    assert_eq!(bench.types(&["session", "name", &session, &step, "before the tidy-up"]).await.0, Some(0));
    assert!(bench.types(&["session", "snapshots", &session]).await.1.contains("“before the tidy-up”"));
    assert_eq!(bench.types(&["session", "name", &session, &step]).await.0, Some(0));
    assert!(!bench.types(&["session", "snapshots", &session]).await.1.contains("tidy-up"));
    let fork = bench.types(&["session", "fork", &session, "--at", &step]).await.1.trim().to_owned();
    assert!(bench.types(&["session", "replay", &fork]).await.1.contains(&format!("forked from {session} at #{step}")));
    std::fs::write(bench.copy_of(&fork).join("a.txt"), "of the fork\n").expect("written");
    std::fs::write(bench.folder.join("a.txt"), "mine\n").expect("written");
    let (code, _, told) = bench.types(&["session", "merge", &fork]).await;
    assert!(code == Some(1) && told.contains("    mine") && told.contains("    of the fork") && told.contains("--marked PATH"), "{told}");
    let (code, told, _) = bench.types(&["session", "merge", &fork, "--marked", "a.txt"]).await;
    assert_eq!(code, Some(0), "{told}");
    assert!(bench.file("a.txt").expect("there").contains("<<<<<<<"));
    assert!(bench.types(&["session", "replay", &session]).await.1.contains(&format!("the files of fork {fork} merged in")));
}

#[tokio::test]
async fn a_reader_that_has_had_enough_ends_it_quietly() {
    let bench = Bench::new().await;
    bench.run(&script(), json!({})).await;
    let mut query = bench.world.command(&["audit", "query"]);
    let mut running = query.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    drop(running.stdout.take());
    let mut said = String::new();
    running.stderr.take().expect("a pipe").read_to_string(&mut said).await.expect("read");
    assert_eq!((running.wait().await.expect("it ends").code(), said.as_str()), (Some(141), ""));
}
