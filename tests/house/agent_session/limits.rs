//! A budget's parts, each with an end of its own.

use serde_json::{Value, json};

use super::bench::{Bench, call, say, shell, turn};

fn busy(usage: Value) -> Value {
    json!({ "text": "on", "tool_calls": [{ "name": "list_dir", "arguments": { "dir_path": "." } }], "usage": usage })
}

#[tokio::test]
async fn each_limit_is_told_apart() {
    let bench = Bench::new().await;
    let forever: Vec<Value> = (0..10).map(|_| busy(json!({ "input": 100, "output": 50 }))).collect();
    let ending = async |budget: Value| {
        let (session, details) = bench.run(&forever, json!({ "budget": budget })).await;
        let event = bench.events_of(&session, "limit_reached").await;
        assert_eq!(event.len(), 1, "{details}");
        assert_eq!(event[0]["data"]["limit"], details["reason"]);
        (
            details["status"].as_str().expect("text").to_owned(),
            details["reason"].as_str().expect("text").to_owned(),
            details["usage"]["steps"].as_u64().expect("a number"),
        )
    };
    assert_eq!(ending(json!({ "max_steps": 3 })).await, ("limit_reached".into(), "max_steps".into(), 3));
    assert_eq!(ending(json!({ "max_tokens": 400 })).await, ("limit_reached".into(), "max_tokens".into(), 3));

    let (session, details) = bench.run(&[shell("echo begun; sleep 1000"), say("never")], json!({ "budget": { "max_seconds": 2 } })).await;
    assert_eq!((details["status"].as_str(), details["reason"].as_str()), (Some("limit_reached"), Some("max_seconds")), "{details}");
    let calls = bench.calls(&session).await;
    assert_eq!(calls[0].1, "timed_out");
    assert!(calls[0].2.contains("begun"), "what it said before is kept");
    // A model that takes too long is stopped as well.
    let slow = json!({ "text": "late", "delay_ms": 600_000 });
    let (_, details) = bench.run(&[slow], json!({ "budget": { "max_seconds": 1 } })).await;
    assert_eq!((details["status"].as_str(), details["reason"].as_str()), (Some("limit_reached"), Some("max_seconds")), "{details}");
}

#[tokio::test]
async fn money_needs_a_price() {
    let bench = Bench::new().await;
    let model = bench.world.script(&[say("done")]);
    let wish = json!({ "task": "t", "model": model, "budget": { "max_micro_usd": 1000 } });
    let refused = bench.world.post(&format!("/api/v1/projects/{}/sessions", bench.project), wish).await;
    assert_eq!(
        (refused.status.as_u16(), refused.body["errors"][0]["pointer"].as_str()),
        (422, Some("/budget/max_micro_usd")),
        "{}",
        refused.text
    );
    assert_eq!(refused.body["reason"], "model_without_price");

    // One dollar a token: the second turn is over the limit.
    let script = bench.world.path().join("priced.jsonl");
    let lines: String = (0..5).map(|_| format!("{}\n", busy(json!({ "input": 1, "output": 1 })))).collect();
    std::fs::write(&script, lines).expect("written");
    let script = script.display().to_string();
    let bench = Bench::with(&[("OPENSAIL_MODEL_PROVIDER", "scripted"), ("OPENSAIL_MODEL", &script), ("OPENSAIL_MODEL_PRICE", "1,1")]).await;
    let wish = json!({ "task": "t", "edit_mode": "allow", "budget": { "max_micro_usd": 3 } });
    let session = bench.world.session(&bench.project, wish).await;
    let details = bench.world.session_is(&session, super::bench::ENDED).await;
    assert_eq!((details["status"].as_str(), details["reason"].as_str()), (Some("limit_reached"), Some("max_micro_usd")), "{details}");
    assert_eq!(details["usage"]["micro_usd"], 4);
}

#[tokio::test]
async fn a_budget_out_of_range_is_refused() {
    let bench = Bench::new().await;
    for (budget, pointer) in [
        (json!({ "max_steps": 0 }), "/budget/max_steps"),
        (json!({ "max_steps": 10_001 }), "/budget/max_steps"),
        (json!({ "max_seconds": 0 }), "/budget/max_seconds"),
        (json!({ "max_tokens": 0 }), "/budget/max_tokens"),
        (json!({ "max_micro_usd": 0 }), "/budget/max_micro_usd"),
        (json!({ "max_steps": -1 }), "/budget/max_steps"),
        (json!({ "max_steps": 1.5 }), "/budget/max_steps"),
        (json!({ "max_steps": "3" }), "/budget/max_steps"),
        (json!({ "max_hours": 3 }), "/budget/max_hours"),
    ] {
        let answer =
            bench.world.post(&format!("/api/v1/projects/{}/sessions", bench.project), json!({ "task": "t", "budget": budget })).await;
        assert_eq!(
            (answer.status.as_u16(), answer.body["errors"][0]["pointer"].as_str()),
            (422, Some(pointer)),
            "{budget} {}",
            answer.text
        );
    }
    for (wish, pointer) in [
        (json!({ "task": "" }), "/task"),
        (json!({ "task": "  \n" }), "/task"),
        (json!({ "task": "x".repeat(100_001) }), "/task"),
        (json!({ "task": "t", "edit_mode": "yolo" }), "/edit_mode"),
    ] {
        let answer = bench.world.post(&format!("/api/v1/projects/{}/sessions", bench.project), wish).await;
        assert_eq!((answer.status.as_u16(), answer.body["errors"][0]["pointer"].as_str()), (422, Some(pointer)), "{}", answer.text);
    }
}

/// Waiting for people is not work.
#[tokio::test]
async fn waiting_for_an_answer_costs_no_time() {
    let bench = Bench::new().await;
    let session = bench
        .start(
            &[shell("true"), turn(vec![call("list_dir", json!({ "dir_path": "." }))]), say("done")],
            json!({ "edit_mode": "ask", "budget": { "max_seconds": 2 } }),
        )
        .await;
    let question = bench.question(&session).await;
    let asked = chrono::DateTime::parse_from_rfc3339(question["requested_at"].as_str().expect("a time")).expect("a time");
    opensail_tests::world::until("more time than the budget has", async || {
        (chrono::Utc::now() - asked.to_utc() > chrono::TimeDelta::seconds(3)).then_some(())
    })
    .await;
    bench.answer(&session, &question, json!({ "decision": "allow_once" })).await.expect(202);
    let details = bench.world.session_is(&session, super::bench::ENDED).await;
    assert_eq!(details["status"], "completed", "{details}");
}
