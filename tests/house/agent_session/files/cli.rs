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
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("[possible values: keep, take]"), "{told}");
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
    let (session, _) = bench.run(&script(), json!({})).await;
    for words in [["audit", "query"].as_slice(), &["audit", "export"], &["session", "export", &session]] {
        let mut reading = bench.world.command(words);
        let mut running = reading.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
        drop(running.stdout.take());
        let mut said = String::new();
        running.stderr.take().expect("a pipe").read_to_string(&mut said).await.expect("read");
        assert_eq!((running.wait().await.expect("it ends").code(), said.as_str()), (Some(141), ""), "{words:?}");
    }
}

#[tokio::test]
async fn a_refusal_is_told_once_and_names_what_was_meant() {
    let bench = Bench::new().await;
    let (session, _) = bench.run(&script(), json!({})).await;
    let told = bench.types(&["session", "undo", &session, "--to", "1"]).await.2;
    assert_eq!(told, "opensail: Unprocessable Entity: the session has no event there\n");
    let told = bench.types(&["session", "compare", &session, "01a210e0-bf68-77d4-9221-3750606dd37a"]).await.2;
    assert!(told.contains("with=01a210e0-bf68-77d4-9221-3750606dd37a"), "{told}");
    let told = bench.types(&["session", "tree", "nobody"]).await.2;
    assert!(told.contains("(sessions/nobody/forks)"), "{told}");
}

#[tokio::test]
async fn a_repository_and_a_change_of_kind_take_one_line() {
    let bench = Bench::new().await;
    let commands = "mkdir -p .git/objects/aa; echo x > .git/objects/aa/bb; echo ref > .git/HEAD; rm kind; mkdir kind; echo new > b.txt";
    std::fs::write(bench.folder.join("kind"), "a file\n").expect("written");
    let (session, _) = bench.run(&[shell(commands), say("done")], json!({})).await;
    let (code, told, _) = bench.types(&["session", "diff", &session]).await;
    assert_eq!(code, Some(0));
    assert_eq!(told.lines().filter(|line| line.contains(".git")).collect::<Vec<_>>(), [".git (the repository itself; paths: 2)"]);
    assert!(told.contains("kind (a file became a folder, mode 644 → 755)"), "{told}");
    assert!(told.contains("b.txt (added)\n--- /dev/null"), "{told}");
}

#[tokio::test]
async fn who_forgets_a_session_is_told_of_the_forks_that_still_know_it() {
    let bench = Bench::new().await;
    let (session, _) = bench.run(&script(), json!({})).await;
    let (_, fork, told) = bench.types(&["session", "fork", &session]).await;
    let copy = bench.copy_of(fork.trim());
    assert!(told.contains(&format!("its files: {}", copy.display())), "{told}");
    let told = bench.types(&["session", "forget", &session, "--reason", "a password"]).await.1;
    assert!(told.contains(&format!("opensail session forget {}", fork.trim())), "{told}");
    let told = bench.types(&["session", "forget", fork.trim(), "--reason", "a password"]).await.1;
    assert_eq!(told.lines().count(), 1, "{told}");
}
