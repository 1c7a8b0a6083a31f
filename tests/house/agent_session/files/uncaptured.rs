//! Steps whose files could not be captured when they were made.

use opensail_tests::world::until;
use serde_json::json;

use super::*;
use crate::agent_session::bench::ENDED;

/// A session whose last step's files are not captured: while it ran, its folder was elsewhere, and is so still.
async fn uncaptured(bench: &Bench) -> (String, PathBuf) {
    let last = "echo begun > b.txt; while [ ! -e go ]; do sleep 0.02; done; echo two > a.txt";
    let session = bench.start(&[write("a.txt", "one\n"), shell(last), say("done")], json!({})).await;
    until("the last step", async || bench.folder.join("b.txt").exists().then_some(())).await;
    let away = bench.folder.with_extension("away");
    std::fs::rename(&bench.folder, &away).expect("moved");
    std::fs::write(away.join("go"), "").expect("written");
    bench.world.session_is(&session, ENDED).await;
    (session, away)
}

#[tokio::test]
async fn that_it_failed_is_an_event_at_that_step() {
    let bench = Bench::new().await;
    let (session, away) = uncaptured(&bench).await;
    let failed = bench.events_of(&session, "capture_failed").await.pop().expect("told");
    let last_call = bench.events_of(&session, "tool_call_completed").await.pop().expect("a call");
    assert_eq!((&failed["data"]["version"], &failed["data"]["reason"]), (&last_call["stream_version"], &json!("files_failed")));
    let path = format!("/api/v1/sessions/{session}/snapshots");
    let listed = bench.world.get(&path).await;
    assert_eq!((&listed["failed"][0]["position"], &listed["awaited"]), (&last_call["position"], &json!(false)), "{listed}");
    let told = async |command: &str| {
        let output = bench.world.command(&["session", command, &session]).output().await.expect("it runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert!(told("watch").await.contains("! the files after this step could not be captured"));
    assert!(told("snapshots").await.contains(&format!("#{}", last_call["position"])));
    let tree = format!("/api/v1/sessions/{session}/tree?at={}", last_call["position"]);
    let refused = bench.world.send(reqwest::Method::GET, &tree, None).await;
    assert_eq!((refused.status.as_u16(), &refused.body["reason"]), (409, &json!("no_snapshot")), "{}", refused.text);
    // Made up, it is no failure any more.
    std::fs::rename(&away, &bench.folder).expect("moved back");
    bench.world.post(&format!("/api/v1/sessions/{session}/fork"), json!({})).await.expect(201);
    let listed = bench.world.get(&path).await;
    assert_eq!((&listed["failed"], &listed["complete"]), (&json!([]), &json!(true)), "{listed}");
}

#[tokio::test]
async fn an_undo_makes_them_up_or_does_nothing() {
    let bench = Bench::new().await;
    let (session, away) = uncaptured(&bench).await;
    let first = bench.step(&session, 1).await;
    let undo = format!("/api/v1/sessions/{session}/undo");
    let events = bench.world.events(&session).await.len();
    let refused = bench.world.post(&undo, json!({ "to": first })).await;
    assert_eq!((refused.status.as_u16(), &refused.body["reason"]), (409, &json!("files_failed")), "{}", refused.text);
    assert_eq!(bench.world.events(&session).await.len(), events, "nothing was done");
    std::fs::rename(&away, &bench.folder).expect("moved back");
    bench.world.post(&undo, json!({ "to": first })).await.expect(202);
    assert_eq!(bench.file("a.txt").as_deref(), Some("one\n"), "what the agent did is taken back");
    assert!(!bench.folder.join("b.txt").exists());
    let second = bench.snapshots(&session).await.iter().filter(|item| item["cause"] == "call").nth(1).cloned().expect("made up");
    assert_eq!(second["late"], true);
}

#[tokio::test]
async fn a_fork_makes_them_up_or_is_refused() {
    let bench = Bench::new().await;
    let (session, away) = uncaptured(&bench).await;
    let fork = format!("/api/v1/sessions/{session}/fork");
    let refused = bench.world.post(&fork, json!({})).await;
    assert_eq!((refused.status.as_u16(), &refused.body["reason"]), (409, &json!("files_failed")), "{}", refused.text);
    std::fs::rename(&away, &bench.folder).expect("moved back");
    let made = bench.world.post(&fork, json!({})).await.expect(201);
    let copy = bench.copy_of(made["id"].as_str().expect("an id"));
    assert_eq!(std::fs::read_to_string(copy.join("a.txt")).expect("a file"), "two\n");
}

#[tokio::test]
async fn a_diff_goes_as_far_as_is_known_and_says_so() {
    let bench = Bench::new().await;
    let (session, _away) = uncaptured(&bench).await;
    let path = format!("/api/v1/sessions/{session}/snapshots");
    assert_eq!(bench.world.get(&path).await["complete"], false);
    let output = bench.world.command(&["session", "diff", &session]).output().await.expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (diff, said) = (text(&output.stdout), text(&output.stderr));
    assert!(diff.contains("a.txt (added)") && diff.contains("+one") && !diff.contains("b.txt"), "{diff}");
    let until = bench.step(&session, 1).await;
    let watched = bench.world.command(&["session", "watch", &session]).output().await.expect("it runs");
    assert!(text(&watched.stderr).contains("could not be captured"), "{watched:?}");
    assert!(said.contains("not captured (yet)") && said.contains(&format!("#{until}")), "{said}");
}

/// What is forgotten meanwhile takes the names of the files with it, and not the files.
#[tokio::test]
async fn a_merge_makes_them_up_for_a_session_that_is_forgotten() {
    let bench = Bench::new().await;
    let (session, away) = uncaptured(&bench).await;
    std::fs::rename(&away, &bench.folder).expect("moved back");
    let first = bench.step(&session, 1).await;
    let fork = bench.world.post(&format!("/api/v1/sessions/{session}/fork"), json!({ "at": first })).await.expect(201);
    let fork = fork["id"].as_str().expect("an id").to_owned();
    std::fs::write(bench.copy_of(&fork).join("made.txt"), "made\n").expect("written");
    let forget = json!({ "reason": "it held a secret" });
    bench.world.post(&format!("/api/v1/sessions/{session}/forget"), forget).await.expect(202);
    bench.world.post(&format!("/api/v1/sessions/{fork}/merge"), json!({})).await.expect(202);
    assert_eq!((bench.file("made.txt").as_deref(), bench.file("a.txt").as_deref()), (Some("made\n"), Some("two\n")));
    let captured = bench.events_of(&session, "workspace_captured").await.pop().expect("made up");
    assert_eq!((&captured["data"]["late"], captured["data"].get("paths")), (&json!(true), None));
}
