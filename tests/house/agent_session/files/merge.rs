//! A fork's files, merged into those it left.

use reqwest::Method;
use serde_json::json;

use super::*;
use crate::agent_session::bench::ENDED;

#[tokio::test]
async fn what_fits_is_merged_and_what_does_not_is_decided() {
    let bench = Bench::new().await;
    let (session, _) = bench.run(&[write("a.txt", "1\n2\n3\n4\n5\n"), say("done")], json!({})).await;
    let model = bench.world.script(&[shell("sed -i 's/5/five/' a.txt; echo new > made.txt"), say("done")]);
    let wish = json!({ "message": "on", "model": model });
    let fork =
        bench.world.post(&format!("/api/v1/sessions/{session}/fork"), wish).await.expect(201)["id"].as_str().expect("an id").to_owned();
    bench.world.session_is(&fork, ENDED).await;
    std::fs::write(bench.folder.join("a.txt"), "one\n2\n3\n4\n5\n").expect("written");
    let merge = format!("/api/v1/sessions/{fork}/merge");
    // Only the session it left is merged into.
    let other = bench.world.post(&merge, json!({ "into": fork })).await;
    assert_eq!((other.status.as_u16(), &other.body["errors"][0]["pointer"]), (422, &json!("/into")), "{}", other.text);
    assert!(other.text.contains(&session), "it says which: {}", other.text);
    let merged = bench.world.post(&merge, json!({ "into": session })).await.expect(202);
    assert_eq!(merged["into"], json!(session));
    assert_eq!(bench.file("a.txt").as_deref(), Some("one\n2\n3\n4\nfive\n"), "line by line");
    assert_eq!(bench.file("made.txt").as_deref(), Some("new\n"));
    // The next merge begins where the last one ended.
    std::fs::write(bench.copy_of(&fork).join("made.txt"), "newer\n").expect("written");
    std::fs::write(bench.folder.join("made.txt"), "mine\n").expect("written");
    let refused = bench.world.post(&merge, json!({})).await;
    assert_eq!((refused.status.as_u16(), &refused.body["conflicts"][0]["path"]), (409, &json!("made.txt")), "{}", refused.text);
    assert!(refused.body["conflicts"][0]["marked"].as_str().expect("a text").contains("<<<<<<<"));
    assert_eq!(bench.file("made.txt").as_deref(), Some("mine\n"));
    bench.world.post(&merge, json!({ "decisions": { "made.txt": "marked" } })).await.expect(202);
    let marked = bench.file("made.txt").expect("there");
    assert!(marked.contains("mine") && marked.contains("newer") && marked.contains(">>>>>>>"), "{marked}");
    assert_eq!(bench.world.post(&format!("/api/v1/sessions/{session}/merge"), json!({})).await.body["reason"], "not_a_fork");
}

/// A session that wrote `a.txt`, and a fork of it that made and changed files and is at rest.
async fn with_fork(bench: &Bench) -> (String, String) {
    let (session, _) = bench.run(&[write("a.txt", "1\n2\n3\n4\n5\n"), say("done")], json!({})).await;
    let model = bench.world.script(&[shell("sed -i 's/5/five/' a.txt; echo new > made.txt"), say("done")]);
    let wish = json!({ "message": "on", "model": model });
    let fork = bench.world.post(&format!("/api/v1/sessions/{session}/fork"), wish).await.expect(201);
    let fork = fork["id"].as_str().expect("an id").to_owned();
    bench.world.session_is(&fork, ENDED).await;
    (session, fork)
}

#[tokio::test]
async fn the_session_that_is_merged_into_is_told_and_can_go_back() {
    let bench = Bench::new().await;
    let (session, fork) = with_fork(&bench).await;
    // What a person did since the last step is there before the merge.
    std::fs::write(bench.folder.join("mine.txt"), "mine\n").expect("written");
    let before = holds(&bench.folder);
    let merge = format!("/api/v1/sessions/{fork}/merge");
    let merged = bench.world.post(&merge, json!({})).await.expect(202);
    let after = holds(&bench.folder);
    assert_ne!(before, after);
    // Told in the same append as the fork, and before it.
    for (told, own) in [("fork_merge_started", "merge_started"), ("fork_merged", "merged")] {
        let (told, own) = (bench.events_of(&session, told).await, bench.events_of(&fork, own).await);
        assert_eq!((told.len(), own.len()), (1, 1));
        assert_eq!((&told[0]["data"]["fork"], &told[0]["command_id"]), (&json!(fork), &own[0]["command_id"]));
        assert!(told[0]["position"].as_u64() < own[0]["position"].as_u64());
    }
    let told = bench.events_of(&session, "fork_merged").await.remove(0);
    let started = bench.events_of(&session, "fork_merge_started").await.remove(0);
    let causes: Vec<_> = bench.snapshots(&session).await.iter().rev().take(2).map(|item| item["cause"].clone()).collect();
    assert_eq!(causes, ["merge", "found"]);
    let changed = bench.world.get(&format!("/api/v1/sessions/{session}/diff?from={}&to={}", started["position"], told["position"])).await;
    let paths: Vec<_> = changed["items"].as_array().expect("items").iter().map(|file| file["path"].clone()).collect();
    assert_eq!(paths, ["a.txt", "made.txt"]);
    // Back to before it, and the fork's files can be merged again.
    let undo = format!("/api/v1/sessions/{session}/undo");
    bench.world.post(&undo, json!({ "to": merged["found"] })).await.expect(202);
    assert_eq!(holds(&bench.folder), before);
    let again = bench.world.post(&merge, json!({})).await.expect(202);
    assert_eq!((holds(&bench.folder), &again["changed"]), (after.clone(), &json!(2)));
    // Nothing new: nothing is done, however often.
    let none = bench.world.post(&merge, json!({})).await.expect(202);
    assert_eq!((holds(&bench.folder), &none["changed"]), (after, &json!(0)));
    // Back to the step before the merge as well: what the person wrote meanwhile stays.
    let step = bench.step(&session, 1).await;
    bench.world.post(&undo, json!({ "to": step })).await.expect(202);
    assert_eq!(bench.file("a.txt").as_deref(), Some("1\n2\n3\n4\n5\n"));
    assert!(!bench.folder.join("made.txt").exists());
    assert_eq!(bench.file("mine.txt").as_deref(), Some("mine\n"));
    // A repeated request is answered as the first one.
    let key = [("Idempotency-Key", "once")];
    let ask = async || bench.world.send_as(&bench.world.token, Method::POST, &merge, Some(&json!({})), &key).await.expect(202);
    assert_eq!(ask().await, ask().await);
}

#[tokio::test]
async fn what_an_answer_offers_is_done_without_a_question() {
    let bench = Bench::new().await;
    let (session, fork) = with_fork(&bench).await;
    // One file holds both now: line by line what a person wrote, and what the fork did.
    std::fs::write(bench.folder.join("a.txt"), "one\n2\n3\n4\n5\n").expect("written");
    let before = holds(&bench.folder);
    let merged = bench.world.post(&format!("/api/v1/sessions/{fork}/merge"), json!({})).await.expect(202);
    let after = holds(&bench.folder);
    // Each undo tells how what it found comes back, and nobody changed anything since.
    let undo = format!("/api/v1/sessions/{session}/undo");
    let undone = bench.world.post(&undo, json!({ "to": merged["found"] })).await.expect(202);
    assert_eq!(holds(&bench.folder), before);
    let again = bench.world.post(&undo, json!({ "to": undone["found"] })).await.expect(202);
    assert_eq!(holds(&bench.folder), after);
    bench.world.post(&undo, json!({ "to": again["found"] })).await.expect(202);
    assert_eq!(holds(&bench.folder), before);
    // What is changed then is a person's all the same, and so is what they had written before the merge.
    std::fs::write(bench.folder.join("a.txt"), "one\n2\n3\n4\n5\n6\n").expect("written");
    assert_eq!(bench.world.post(&undo, json!({ "to": undone["found"] })).await.status, 409);
    bench.world.post(&undo, json!({ "to": undone["found"], "on_conflict": "take" })).await.expect(202);
    assert_eq!(holds(&bench.folder), after);
    let step = bench.step(&session, 1).await;
    assert_eq!(bench.world.post(&undo, json!({ "to": step })).await.status, 409);
}

/// A person and a fork changed the same line, and a merge decided it; how to ask for an undo, and the step before all that.
async fn back_after(decision: &str) -> (Bench, String, u64) {
    let bench = Bench::new().await;
    let (session, fork) = with_fork(&bench).await;
    std::fs::write(bench.folder.join("a.txt"), "1\n2\n3\n4\nfifth\n").expect("written");
    let merge = format!("/api/v1/sessions/{fork}/merge");
    assert_eq!(bench.world.post(&merge, json!({})).await.status, 409);
    bench.world.post(&merge, json!({ "decisions": { "a.txt": decision } })).await.expect(202);
    let step = bench.step(&session, 1).await;
    (bench, format!("/api/v1/sessions/{session}/undo"), step)
}

#[tokio::test]
async fn what_a_person_wrote_between_markers_is_not_undone_without_a_question() {
    let (bench, undo, step) = back_after("marked").await;
    let marked = bench.file("a.txt").expect("there");
    assert!(marked.contains("fifth") && marked.contains("five"), "{marked}");
    let refused = bench.world.post(&undo, json!({ "to": step })).await;
    assert_eq!((refused.status.as_u16(), &refused.body["conflicts"][0]["path"]), (409, &json!("a.txt")), "{}", refused.text);
    assert_eq!(bench.file("a.txt"), Some(marked.clone()), "nothing is half done");
    assert!(bench.folder.join("made.txt").exists());
    // Also where somebody took the markers out, to what they had written or to nothing.
    for resolved in [Some("1\n2\n3\n4\nfifth\n"), None] {
        match resolved {
            Some(text) => std::fs::write(bench.folder.join("a.txt"), text).expect("written"),
            None => std::fs::remove_file(bench.folder.join("a.txt")).expect("removed"),
        }
        assert_eq!(bench.world.post(&undo, json!({ "to": step })).await.status, 409, "{resolved:?}");
    }
    std::fs::write(bench.folder.join("a.txt"), &marked).expect("written");
    // All that the session made goes, and this file as it is decided.
    let kept = bench.world.post(&undo, json!({ "to": step, "decisions": { "a.txt": "keep" } })).await.expect(202);
    assert_eq!((bench.file("a.txt"), bench.folder.join("made.txt").exists()), (Some(marked.clone()), false));
    bench.world.post(&undo, json!({ "to": kept["found"] })).await.expect(202);
    bench.world.post(&undo, json!({ "to": step, "on_conflict": "take" })).await.expect(202);
    assert_eq!(bench.file("a.txt").as_deref(), Some("1\n2\n3\n4\n5\n"));
}

#[tokio::test]
async fn what_a_merge_took_whole_is_undone_without_a_question() {
    let (bench, undo, step) = back_after("take").await;
    assert_eq!(bench.file("a.txt").as_deref(), Some("1\n2\n3\n4\nfive\n"));
    bench.world.post(&undo, json!({ "to": step })).await.expect(202);
    assert_eq!(bench.file("a.txt").as_deref(), Some("1\n2\n3\n4\n5\n"));
}

#[tokio::test]
async fn what_a_merge_kept_is_a_persons_still() {
    let (bench, undo, step) = back_after("keep").await;
    bench.world.post(&undo, json!({ "to": step })).await.expect(202);
    assert_eq!((bench.file("a.txt").as_deref(), bench.folder.join("made.txt").exists()), (Some("1\n2\n3\n4\nfifth\n"), false));
}

#[tokio::test]
async fn a_forgotten_session_is_merged_into_all_the_same() {
    let bench = Bench::new().await;
    let (session, fork) = with_fork(&bench).await;
    let forget = json!({ "reason": "it held a secret" });
    bench.world.post(&format!("/api/v1/sessions/{session}/forget"), forget).await.expect(202);
    bench.world.post(&format!("/api/v1/sessions/{fork}/merge"), json!({})).await.expect(202);
    assert_eq!(bench.file("made.txt").as_deref(), Some("new\n"));
    assert_eq!(bench.events_of(&session, "fork_merged").await.len(), 1);
}
