//! Going back, and back again.

use reqwest::Method;
use serde_json::{Value, json};

use super::*;

#[tokio::test]
async fn files_and_conversation_go_back_and_come_again() {
    let bench = Bench::new().await;
    std::fs::write(bench.folder.join("old.txt"), "old\n").expect("written");
    let before = holds(&bench.folder);
    let (session, _) = bench.run(&script(), json!({})).await;
    let after = holds(&bench.folder);
    let path = format!("/api/v1/sessions/{session}");
    let messages = async || bench.world.get(&format!("{path}/replay")).await["messages"].clone();
    let told = messages().await;
    let begin = bench.step(&session, 0).await;
    let undone = bench.world.post(&format!("{path}/undo"), json!({ "to": begin })).await.expect(202);
    assert_eq!((holds(&bench.folder), &undone["to"]), (before, &json!(begin)));
    assert_eq!(messages().await.as_array().expect("messages").len(), 1, "only the task is left");
    // Nothing is erased: the undo itself is undone.
    bench.world.post(&format!("{path}/undo"), json!({ "to": undone["found"] })).await.expect(202);
    assert_eq!(holds(&bench.folder), after);
    assert_eq!(messages().await, told);
    // And it goes on from a step, otherwise.
    let first = bench.step(&session, 1).await;
    bench.world.post(&format!("{path}/undo"), json!({ "to": first })).await.expect(202);
    assert_eq!(bench.file("a.txt").as_deref(), Some("one\n"));
    bench.world.post(&format!("{path}/messages"), json!({ "text": "otherwise" })).await.expect(202);
    bench.world.session_is(&session, &["failed", "completed"]).await;
    let said = messages().await;
    assert!(said.as_array().expect("messages").iter().any(|message| message["text"] == "otherwise"), "{said}");
}

#[tokio::test]
async fn a_point_that_the_journal_has_not_reached_is_refused() {
    let bench = Bench::new().await;
    let (session, _) = bench.run(&script(), json!({})).await;
    let there = holds(&bench.folder);
    let path = format!("/api/v1/sessions/{session}");
    for (method, wish, body) in [
        (Method::POST, "undo".to_owned(), Some(json!({ "to": 1_000_000 }))),
        (Method::POST, "fork".into(), Some(json!({ "at": 1_000_000 }))),
        (Method::PUT, "snapshots/1000000".into(), Some(json!({ "name": "good" }))),
        (Method::GET, "diff?to=1000000".into(), None),
        (Method::GET, "tree?at=1000000".into(), None),
    ] {
        let answer = bench.world.send(method, &format!("{path}/{wish}"), body.as_ref()).await;
        assert_eq!(answer.status, 422, "{wish}: {}", answer.text);
        assert!(answer.text.contains("the journal ends at"), "{wish}: {}", answer.text);
    }
    assert_eq!(holds(&bench.folder), there);
}

#[tokio::test]
async fn what_people_changed_is_not_overwritten() {
    let bench = Bench::new().await;
    let (session, _) = bench.run(&script(), json!({})).await;
    let begin = bench.step(&session, 1).await;
    std::fs::write(bench.folder.join("a.txt"), "mine\n").expect("written");
    std::fs::write(bench.folder.join("new.txt"), "mine too\n").expect("written");
    let undo = format!("/api/v1/sessions/{session}/undo");
    let refused = bench.world.post(&undo, json!({ "to": begin })).await;
    assert_eq!((refused.status.as_u16(), &refused.body["code"]), (409, &json!("files_conflict")), "{}", refused.text);
    let paths: Vec<&Value> = refused.body["conflicts"].as_array().expect("conflicts").iter().map(|conflict| &conflict["path"]).collect();
    assert_eq!(paths, ["a.txt"]);
    assert_eq!(bench.file("a.txt").as_deref(), Some("mine\n"), "nothing was done");
    // Decisions that decide nothing, and markers, which are for merges.
    for (wish, pointer) in [
        (json!({ "to": begin, "decisions": { "a.txt": "keep", "b.txt": "take" } }), "/decisions"),
        (json!({ "to": begin, "decisions": { "a.txt": "marked" } }), "/decisions"),
        (json!({ "to": begin, "on_conflict": "marked" }), "/on_conflict"),
    ] {
        let refused = bench.world.post(&undo, wish).await;
        assert_eq!((refused.status.as_u16(), &refused.body["errors"][0]["pointer"]), (422, &json!(pointer)), "{}", refused.text);
        assert!(pointer == "/on_conflict" || refused.text.contains("b.txt:") || refused.text.contains("a.txt:"), "{}", refused.text);
    }
    assert!(bench.events_of(&session, "undo_started").await.is_empty());
    bench.world.post(&undo, json!({ "to": begin, "decisions": { "a.txt": "keep" } })).await.expect(202);
    assert_eq!(bench.file("a.txt").as_deref(), Some("mine\n"));
    assert_eq!(bench.file("new.txt").as_deref(), Some("mine too\n"));
    assert!(!bench.folder.join("d").exists(), "what only the session changed went back");
    // What was kept stays theirs: a further undo would overwrite it, so it asks again.
    let earlier = bench.step(&session, 0).await;
    assert_eq!(bench.world.post(&undo, json!({ "to": earlier })).await.status, 409);
    bench.world.post(&undo, json!({ "to": earlier, "on_conflict": "take" })).await.expect(202);
    assert_eq!(bench.file("a.txt"), None);
    assert_eq!(bench.file("new.txt").as_deref(), Some("mine too\n"));
}

#[tokio::test]
async fn what_was_overwritten_comes_back() {
    let bench = Bench::new().await;
    let (session, _) = bench.run(&script(), json!({})).await;
    let (begin, first) = (bench.step(&session, 0).await, bench.step(&session, 1).await);
    let path = format!("/api/v1/sessions/{session}");
    std::fs::write(bench.folder.join("a.txt"), "mine\n").expect("written");
    std::fs::write(bench.folder.join("new.txt"), "mine too\n").expect("written");
    let mine = holds(&bench.folder);
    let taken = bench.world.post(&format!("{path}/undo"), json!({ "to": first, "on_conflict": "take" })).await.expect(202);
    assert_eq!(bench.file("a.txt").as_deref(), Some("one\n"));
    // It is seen, compared, forked from and gone back to by its position.
    let found = &taken["found"];
    let then = bench.world.send(Method::GET, &format!("{path}/files/a.txt?at={found}"), None).await;
    assert_eq!(then.text, "mine\n");
    let changed = bench.world.get(&format!("{path}/diff?from={found}")).await;
    assert!(changed["items"].as_array().expect("items").iter().any(|file| file["path"] == "a.txt"), "{changed}");
    let fork = bench.world.post(&format!("{path}/fork"), json!({ "at": found })).await.expect(201);
    assert_eq!(holds(&bench.copy_of(fork["id"].as_str().expect("an id"))), mine);
    // What only people made is theirs after one undo and after the next.
    let again = bench.world.post(&format!("{path}/undo"), json!({ "to": begin })).await.expect(202);
    assert!(!bench.folder.join("a.txt").exists());
    assert_eq!(bench.file("new.txt").as_deref(), Some("mine too\n"));
    assert_ne!(&again["found"], found);
    bench.world.post(&format!("{path}/undo"), json!({ "to": found })).await.expect(202);
    assert_eq!(holds(&bench.folder), mine);
    let causes: Vec<_> = bench.snapshots(&session).await.iter().rev().take(4).map(|item| item["cause"].clone()).collect();
    assert_eq!(causes, ["undo", "found", "undo", "found"]);
}

#[tokio::test]
async fn a_session_at_work_is_not_undone() {
    let bench = Bench::new().await;
    let session = bench.start(&script(), json!({ "edit_mode": "ask" })).await;
    bench.question(&session).await;
    let refused = bench.world.post(&format!("/api/v1/sessions/{session}/undo"), json!({ "to": u64::MAX })).await;
    assert_eq!((refused.status.as_u16(), &refused.body["reason"]), (409, &json!("session_phase")));
    // Nor one whose folder another session works in.
    bench.world.post(&format!("/api/v1/sessions/{session}/cancel"), json!({})).await.expect(202);
    bench.world.session_is(&session, &["cancelled"]).await;
    let other = bench.start(&script(), json!({ "edit_mode": "ask" })).await;
    bench.question(&other).await;
    let refused = bench.world.post(&format!("/api/v1/sessions/{session}/undo"), json!({ "to": 1 })).await;
    assert_eq!((refused.status.as_u16(), &refused.body["reason"]), (409, &json!("workspace_busy")), "{}", refused.text);
    assert!(refused.text.contains("a session works in these files"), "{}", refused.text);
    assert_eq!(bench.world.post(&format!("/api/v1/sessions/{session}/undo"), json!({ "to": 0 })).await.status, 409);
}

#[tokio::test]
async fn a_repeated_request_undoes_once() {
    let bench = Bench::new().await;
    let (session, _) = bench.run(&script(), json!({})).await;
    let begin = bench.step(&session, 0).await;
    let undo = format!("/api/v1/sessions/{session}/undo");
    let body = json!({ "to": begin });
    let key = [("Idempotency-Key", "once")];
    let first = bench.world.send_as(&bench.world.token, Method::POST, &undo, Some(&body), &key).await.expect(202);
    // Whatever comes between, the answer is the first one.
    bench.world.post(&undo, json!({ "to": first["found"] })).await.expect(202);
    let again = bench.world.send_as(&bench.world.token, Method::POST, &undo, Some(&body), &key).await.expect(202);
    assert_eq!(first, again);
    assert_eq!(bench.events_of(&session, "undone").await.len(), 2);
}

#[tokio::test]
async fn who_lost_the_role_is_not_shown_what_it_once_did() {
    let bench = Bench::with(&[("OPENSAIL_REGISTRATION", "open")]).await;
    let (session, _) = bench.run(&script(), json!({})).await;
    let begin = bench.step(&session, 0).await;
    let fork = bench.world.post(&format!("/api/v1/sessions/{session}/fork"), json!({})).await.expect(201);
    let fork = fork["id"].as_str().expect("an id").to_owned();
    let person = bench.world.register("person").await;
    let team = bench.world.team().await;
    bench.world.join(&team, &person, "editor").await;
    let deeds = [
        (format!("/api/v1/sessions/{session}/undo"), json!({ "to": begin })),
        (format!("/api/v1/sessions/{session}/fork"), json!({ "at": begin })),
        (format!("/api/v1/sessions/{fork}/merge"), json!({ "on_conflict": "keep" })),
        (format!("/api/v1/sessions/{fork}/discard"), json!({})),
    ];
    let ask = async |path: &str, body: &Value| {
        let key = [("Idempotency-Key", "once")];
        bench.world.send_as(&person.token, reqwest::Method::POST, path, Some(body), &key).await
    };
    for (path, body) in &deeds {
        let first = ask(path, body).await;
        assert!(first.status.is_success(), "{path}: {}", first.text);
    }
    let member = format!("/api/v1/teams/{team}/members/{}", person.id);
    bench.world.send(reqwest::Method::DELETE, &member, None).await.expect(200);
    for (path, body) in &deeds {
        assert_eq!(ask(path, body).await.status, 404, "{path}");
    }
}
