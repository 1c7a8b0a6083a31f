//! `POST sessions/{id}/cancel`, at every stage.

use opensail_tests::world::until;
use serde_json::json;

use super::bench::{Bench, anyone_with, call, say, shell, turn};

impl Bench {
    async fn cancel(&self, session: &str) -> u16 {
        self.world.post(&format!("/api/v1/sessions/{session}/cancel"), json!({})).await.status.as_u16()
    }

    async fn is_cancelled(&self, session: &str) {
        let details = self.world.session_is(session, super::bench::ENDED).await;
        assert_eq!(details["status"], "cancelled", "{details}");
        assert_eq!(self.events_of(session, "cancelled").await.len(), 1);
    }
}

#[tokio::test]
async fn a_running_command_is_killed_and_what_it_said_is_kept() {
    let bench = Bench::new().await;
    let command = "echo begun; touch begun; setsid sleep 881123 & sleep 881123";
    let session = bench
        .start(
            &[
                turn(vec![call("bash_exec", json!({ "command": command })), call("bash_exec", json!({ "command": "touch second" }))]),
                say("never"),
            ],
            json!({}),
        )
        .await;
    until("the command to run", async || bench.file("begun")).await;
    assert!(anyone_with("881123"));
    assert_eq!(bench.cancel(&session).await, 202);
    bench.is_cancelled(&session).await;
    let calls = bench.calls(&session).await;
    assert_eq!(calls[0].1, "cancelled");
    assert!(calls[0].2.contains("begun"), "{}", calls[0].2);
    until("the command's processes to go", async || (!anyone_with("881123")).then_some(())).await;
    assert_eq!(bench.file("second"), None, "nothing more is begun");
    // The project is free again.
    let (_, details) = bench.run(&[say("next")], json!({})).await;
    assert_eq!(details["status"], "completed");
}

#[tokio::test]
async fn while_a_question_is_open_or_the_model_thinks() {
    let bench = Bench::new().await;
    let session = bench.start(&[shell("touch done"), say("never")], json!({ "edit_mode": "ask" })).await;
    let question = bench.question(&session).await;
    assert_eq!(bench.cancel(&session).await, 202);
    bench.is_cancelled(&session).await;
    let late = bench.answer(&session, &question, json!({ "decision": "allow_once" })).await;
    assert!(matches!(late.status.as_u16(), 404 | 409), "{}", late.text);
    assert_eq!(bench.file("done"), None);
    assert_eq!(bench.world.get("/api/v1/approvals").await["items"], json!([]));

    let session = bench.start(&[json!({ "text": "slow", "delay_ms": 600_000 })], json!({})).await;
    bench.world.session_is(&session, &["running"]).await;
    until("the model to be asked", async || (!bench.events_of(&session, "turn_started").await.is_empty()).then_some(())).await;
    assert_eq!(bench.cancel(&session).await, 202);
    bench.is_cancelled(&session).await;
}

#[tokio::test]
async fn while_it_is_queued_and_once_it_is_over() {
    let bench = Bench::new().await;
    let first = bench.start(&[shell("true"), say("done")], json!({ "edit_mode": "ask" })).await;
    bench.question(&first).await;
    let queued = bench.start(&[shell("touch queued"), say("done")], json!({})).await;
    assert_eq!(bench.world.get(&format!("/api/v1/sessions/{queued}")).await["status"], "queued");
    assert_eq!(bench.cancel(&queued).await, 202);
    bench.is_cancelled(&queued).await;
    assert_eq!(bench.cancel(&queued).await, 202, "what is so already is granted");
    assert_eq!(bench.world.get(&format!("/api/v1/sessions/{first}")).await["status"], "waiting_approval", "others go on");
    let question = bench.question(&first).await;
    bench.answer(&first, &question, json!({ "decision": "allow_once" })).await.expect(202);
    bench.world.session_is(&first, &["completed"]).await;
    assert_eq!(bench.cancel(&first).await, 409, "what is done cannot be stopped");
    assert_eq!(bench.file("queued"), None);
}

/// Ten people press the button at once.
#[tokio::test]
async fn many_cancellations_are_one() {
    let bench = Bench::new().await;
    let session = bench.start(&[shell("sleep 1000")], json!({})).await;
    bench.world.session_is(&session, &["running"]).await;
    let statuses = futures::future::join_all((0..10).map(|_| bench.cancel(&session))).await;
    assert!(statuses.iter().all(|status| *status == 202), "{statuses:?}");
    bench.is_cancelled(&session).await;
    assert_eq!(bench.events_of(&session, "cancel_requested").await.len(), 1);
}
