//! Questions and answers.

use serde_json::{Value, json};

use super::bench::{Bench, call, say, shell, turn, write};

const ASK: fn() -> Value = || json!({ "edit_mode": "ask" });

#[tokio::test]
async fn a_no_with_its_reason_reaches_the_model_and_the_run_goes_on() {
    let bench = Bench::new().await;
    let session = bench.start(&[shell("rm -rf /"), say("then not")], ASK()).await;
    let question = bench.question(&session).await;
    bench.answer(&session, &question, json!({ "decision": "deny", "reason": "far too dangerous" })).await.expect(202);
    let details = bench.world.session_is(&session, &["completed", "failed"]).await;
    assert_eq!(details["status"], "completed", "{details}");
    let calls = bench.calls(&session).await;
    assert_eq!(calls[0].1, "denied");
    assert!(calls[0].2.contains("far too dangerous"), "{}", calls[0].2);
    let replay = bench.world.get(&format!("/api/v1/sessions/{session}/replay")).await;
    let told = replay["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .any(|message| message["role"] == "tool" && message["output"].as_str().is_some_and(|text| text.contains("far too dangerous")));
    assert!(told, "{replay}");
}

#[tokio::test]
async fn for_the_session_covers_the_same_tool_and_of_commands_the_identical_one() {
    let bench = Bench::new().await;
    let with_env = turn(vec![call("bash_exec", json!({ "command": "echo one", "env": { "A": "b" } }))]);
    let lines = [
        write("a.txt", "1"),
        write("b.txt", "2"),
        turn(vec![call("delete_file", json!({ "file_path": "a.txt" }))]),
        shell("echo one"),
        shell("echo one"),
        shell("echo one "),
        with_env,
        say("done"),
    ];
    let session = bench.start(&lines, ASK()).await;
    let mut asked = Vec::new();
    let mut question = bench.question(&session).await;
    for _ in 0..5 {
        asked.push((
            question["tool"].as_str().expect("a tool").to_owned(),
            question["arguments"]["command"].as_str().unwrap_or_default().to_owned(),
        ));
        bench.answer(&session, &question, json!({ "decision": "allow_session" })).await.expect(202);
        if asked.len() < 5 {
            question = bench.next_question(&session, &question).await;
        }
    }
    bench.world.session_is(&session, &["completed"]).await;
    let wanted =
        [("write_file", ""), ("delete_file", ""), ("bash_exec", "echo one"), ("bash_exec", "echo one "), ("bash_exec", "echo one")];
    assert_eq!(asked, wanted.map(|(tool, command)| (tool.to_owned(), command.to_owned())));

    // It is for this session alone.
    let other = bench.start(&[write("c.txt", "3"), say("done")], ASK()).await;
    let question = bench.question(&other).await;
    assert_eq!(question["tool"], "write_file");
    // Once is once.
    bench.answer(&other, &question, json!({ "decision": "allow_once" })).await.expect(202);
    bench.world.session_is(&other, &["completed"]).await;
    let third = bench.start(&[write("d.txt", "4"), write("e.txt", "5"), say("done")], ASK()).await;
    let first = bench.question(&third).await;
    bench.answer(&third, &first, json!({ "decision": "allow_once" })).await.expect(202);
    let second = bench.next_question(&third, &first).await;
    assert_eq!(bench.file("e.txt"), None);
    bench.answer(&third, &second, json!({ "decision": "deny" })).await.expect(202);
    bench.world.session_is(&third, &["completed"]).await;
}

#[tokio::test]
async fn two_answers_at_once() {
    let bench = Bench::new().await;
    for (one, two) in [("allow_once", "deny"), ("allow_once", "allow_once"), ("allow_session", "deny")] {
        let session = bench.start(&[shell("true"), say("done")], ASK()).await;
        let question = bench.question(&session).await;
        let (first, second) = tokio::join!(
            bench.answer(&session, &question, json!({ "decision": one })),
            bench.answer(&session, &question, json!({ "decision": two }))
        );
        let mut statuses = [first.status.as_u16(), second.status.as_u16()];
        statuses.sort_unstable();
        let same = one == two;
        assert!(
            if same { statuses[1] < 300 } else { statuses[0] < 300 && statuses[1] == 409 },
            "{one} {two}: {} {}",
            first.text,
            second.text
        );
        assert_eq!(bench.events_of(&session, "approval_answered").await.len(), 1);
        bench.world.session_is(&session, &["completed"]).await;
        let allowed = bench.outcomes(&session).await == ["ok"];
        let won = if first.status.as_u16() < 300 { one } else { two };
        assert_eq!(allowed, won != "deny", "what was answered is what was done");
    }
}

#[tokio::test]
async fn an_answer_must_fit_its_question() {
    let bench = Bench::new().await;
    let session = bench.start(&[shell("true"), say("done")], ASK()).await;
    let question = bench.question(&session).await;
    let other = bench.start(&[say("done")], json!({})).await;
    let approvals = |session: &str, id: &str| format!("/api/v1/sessions/{session}/approvals/{id}");
    let id = question["id"].as_str().expect("an id");
    let nobody = uuid::Uuid::now_v7().to_string();
    for path in [approvals(&session, &nobody), approvals(&other, id), approvals(&nobody, id), approvals(&session, "x")] {
        bench.world.post(&path, json!({ "decision": "allow_once" })).await.expect(404);
    }
    for (body, pointer) in [
        (json!({ "decision": "perhaps" }), "/decision"),
        (json!({}), ""),
        (json!({ "decision": "deny", "reason": "x".repeat(2001) }), "/reason"),
        (json!({ "decision": "deny", "because": "x" }), "/because"),
    ] {
        let answer = bench.world.post(&approvals(&session, id), body.clone()).await;
        assert_eq!((answer.status.as_u16(), answer.body["errors"][0]["pointer"].as_str()), (422, Some(pointer)), "{body} {}", answer.text);
    }
    // The list over all sessions has it, too.
    let all = bench.world.get("/api/v1/approvals").await;
    assert_eq!(all["items"][0]["id"], question["id"]);
    bench.answer(&session, &question, json!({ "decision": "deny" })).await.expect(202);
    bench.world.session_is(&session, &["completed"]).await;
    assert_eq!(bench.world.get("/api/v1/approvals").await["items"], json!([]));
}

/// A person agreed to a diff; if the file is another one by then, it is not what they agreed to.
#[tokio::test]
async fn a_file_changed_after_the_question_is_asked_for_anew() {
    let bench = Bench::new().await;
    std::fs::write(bench.folder.join("a.txt"), "one\n").expect("written");
    let session = bench
        .start(&[turn(vec![call("patch_file", json!({ "file_path": "a.txt", "old_str": "one", "new_str": "two" }))]), say("done")], ASK())
        .await;
    let question = bench.question(&session).await;
    assert!(question["preview"].as_str().expect("a diff").contains("+two"), "{question}");
    std::fs::write(bench.folder.join("a.txt"), "one\nand more\n").expect("written");
    bench.answer(&session, &question, json!({ "decision": "allow_once" })).await.expect(202);
    bench.world.session_is(&session, &["completed"]).await;
    assert_eq!(bench.outcomes(&session).await, ["denied"]);
    assert_eq!(bench.file("a.txt").as_deref(), Some("one\nand more\n"));
}
