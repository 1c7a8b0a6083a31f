//! One run per project at a time, in order; projects do not wait for each other.

use opensail_tests::world::until;
use serde_json::{Value, json};

use super::bench::{Bench, say, shell};

#[tokio::test]
async fn sessions_of_a_project_take_turns() {
    let bench = Bench::new().await;
    // Fails if another one is inside.
    let inside = |n: u32| shell(&format!("mkdir busy && echo {n} >> order && sleep 0.1 && rmdir busy"));
    let mut sessions = Vec::new();
    for n in 0..4 {
        sessions.push(bench.start(&[inside(n), inside(n), say("done")], json!({})).await);
    }
    let mut spans = Vec::new();
    for session in &sessions {
        let details = bench.world.session_is(session, super::bench::ENDED).await;
        assert_eq!(details["status"], "completed", "{details}");
        assert_eq!(bench.outcomes(session).await, ["ok", "ok"]);
        let events = bench.world.events(session).await;
        let position =
            |kind: &str| events.iter().find(|event| event["type"] == kind).expect(kind)["position"].as_u64().expect("a position");
        spans.push((position("agent_session.run_started"), position("agent_session.completed")));
    }
    assert_eq!(bench.file("order").as_deref(), Some("0\n0\n1\n1\n2\n2\n3\n3\n"));
    assert!(spans.windows(2).all(|pair| pair[0].1 < pair[1].0), "{spans:?}");
}

/// While a question is open the project stays held.
#[tokio::test]
async fn a_question_holds_its_project_and_no_other() {
    let bench = Bench::new().await;
    let asking = bench.start(&[shell("cat a.txt"), say("done")], json!({ "edit_mode": "ask" })).await;
    let question = bench.question(&asking).await;
    let behind = bench.start(&[shell("touch b.txt"), say("done")], json!({})).await;
    let (elsewhere, folder) = bench.world.project("elsewhere").await;
    let model = bench.world.script(&[shell("touch c.txt"), say("done")]);
    let other = bench.world.session(&elsewhere, json!({ "task": "t", "model": model, "edit_mode": "allow" })).await;
    bench.world.session_is(&other, &["completed"]).await;
    assert!(folder.join("c.txt").exists());
    assert_eq!(bench.world.get(&format!("/api/v1/sessions/{behind}")).await["status"], "queued");
    assert_eq!(bench.file("b.txt"), None);
    bench.answer(&asking, &question, json!({ "decision": "deny" })).await.expect(202);
    bench.world.session_is(&behind, &["completed"]).await;
}

/// Two projects at the same moment: each waits for a sign of the other, which a queue would never give.
#[tokio::test]
async fn projects_run_at_once() {
    let bench = Bench::new().await;
    let (second, there) = bench.world.project("second").await;
    let wait = |mark: &str| shell(&format!("touch {mark}; while [ ! -e go ]; do sleep 0.05; done"));
    let one = bench.start(&[wait("here"), say("done")], json!({})).await;
    let model = bench.world.script(&[wait("there"), say("done")]);
    let two = bench.world.session(&second, json!({ "task": "t", "model": model, "edit_mode": "allow" })).await;
    until("both to run", async || (bench.folder.join("here").exists() && there.join("there").exists()).then_some(())).await;
    for folder in [&bench.folder, &there] {
        std::fs::write(folder.join("go"), "").expect("written");
    }
    for session in [one, two] {
        bench.world.session_is(&session, &["completed"]).await;
    }
}

#[tokio::test]
async fn lists_show_them_in_order_page_by_page() {
    let bench = Bench::new().await;
    let mut made = Vec::new();
    for n in 0..5 {
        made.push(Value::from(bench.start(&[say("done")], json!({ "task": format!("task {n}\nmore of it") })).await));
    }
    for session in &made {
        bench.world.session_is(session.as_str().expect("an id"), &["completed"]).await;
    }
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = bench.world.get(&format!("/api/v1/projects/{}/sessions?limit=2&order=asc{after}", bench.project)).await;
        for item in page["items"].as_array().expect("items") {
            assert!(
                item["title"].as_str().expect("a title").starts_with("task ") && !item["title"].as_str().expect("a title").contains('\n')
            );
            seen.push(item["id"].clone());
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(seen, made);
}
