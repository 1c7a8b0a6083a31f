//! `POST sessions/{id}/messages`: steering while it runs, and a follow-up once it is over.

use opensail_tests::world::until;
use serde_json::json;

use super::bench::{Bench, say, shell};

#[tokio::test]
async fn said_while_it_runs_it_is_heard_before_the_end() {
    let bench = Bench::new().await;
    let lines = [shell("touch begun; while [ ! -e go ]; do sleep 0.05; done"), say("first word"), say("second word")];
    let session = bench.start(&lines, json!({})).await;
    until("the command", async || bench.file("begun")).await;
    bench.world.post(&format!("/api/v1/sessions/{session}/messages"), json!({ "text": "mind the reef" })).await.expect(202);
    std::fs::write(bench.folder.join("go"), "").expect("written");
    let details = bench.world.session_is(&session, super::bench::ENDED).await;
    assert_eq!(details["status"], "completed", "{details}");
    let replay = bench.world.get(&format!("/api/v1/sessions/{session}/replay")).await;
    let messages: Vec<_> = replay["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .map(|message| (message["role"].as_str().expect("a role"), message["text"].as_str().unwrap_or_default()))
        .collect();
    // After the call's result, before the next turn: never between a call and its result.
    assert_eq!(messages[2].0, "tool", "{messages:?}");
    assert_eq!(messages[3], ("user", "mind the reef"), "{messages:?}");
    assert_eq!(messages[4], ("assistant", "first word"));
}

#[tokio::test]
async fn a_follow_up_wakes_what_is_over_and_spends_a_new_budget() {
    let bench = Bench::new().await;
    let lines = [say("one"), say("two"), json!({ "error": { "status": 400 } }), say("four"), say("five")];
    let (session, details) = bench.run(&lines, json!({ "budget": { "max_steps": 1 } })).await;
    assert_eq!(details["status"], "completed");
    let path = format!("/api/v1/sessions/{session}/messages");
    let follow_up = async |text: &str, status: &str| {
        let before = bench.world.events(&session).await.len();
        bench.world.post(&path, json!({ "text": text })).await.expect(202);
        until("the follow-up", async || {
            let events = bench.world.events(&session).await;
            let ended = events.iter().skip(before).any(|event| event["type"] == format!("agent_session.{status}"));
            ended.then_some(())
        })
        .await;
    };
    follow_up("and then?", "completed").await;
    follow_up("and then?", "failed").await;
    follow_up("try again", "completed").await;
    // The view follows the journal that was asked above; usage counts all of it.
    let details = until("the view", async || {
        let details = bench.world.get(&format!("/api/v1/sessions/{session}")).await;
        (details["status"] == "completed" && details["usage"]["steps"] == 3).then_some(details)
    })
    .await;
    assert_eq!(details["reason"], json!(null), "an old failure is no reason any more");
    let replay = bench.world.get(&format!("/api/v1/sessions/{session}/replay")).await;
    let users = replay["messages"].as_array().expect("messages").iter().filter(|message| message["role"] == "user").count();
    assert_eq!(users, 4);
}

#[tokio::test]
async fn a_cancelled_one_goes_on_too() {
    let bench = Bench::new().await;
    let session = bench.start(&[shell("touch begun; sleep 1000"), say("back again")], json!({})).await;
    until("the command", async || bench.file("begun")).await;
    bench.world.post(&format!("/api/v1/sessions/{session}/cancel"), json!({})).await.expect(202);
    bench.world.session_is(&session, &["cancelled"]).await;
    bench.world.post(&format!("/api/v1/sessions/{session}/messages"), json!({ "text": "go on" })).await.expect(202);
    bench.world.session_is(&session, &["completed"]).await;
}

#[tokio::test]
async fn an_empty_or_endless_word_is_refused() {
    let bench = Bench::new().await;
    let (session, _) = bench.run(&[say("done")], json!({})).await;
    for text in ["".to_owned(), "  ".into(), "x".repeat(100_001)] {
        let answer = bench.world.post(&format!("/api/v1/sessions/{session}/messages"), json!({ "text": text })).await;
        assert_eq!((answer.status.as_u16(), answer.body["errors"][0]["pointer"].as_str()), (422, Some("/text")), "{}", answer.text);
    }
    assert_eq!(bench.world.get(&format!("/api/v1/sessions/{session}")).await["status"], "completed");
}
