//! What a model may answer besides sense: none of it breaks a session that can go on.

use serde_json::json;

use super::bench::{Bench, call, say, turn};

#[tokio::test]
async fn nonsense_is_told_to_the_model_and_nothing_is_done() {
    let bench = Bench::new().await;
    let deep = "[".repeat(2000);
    let lines = [
        turn(vec![call("no_such_tool", json!({}))]),
        turn(vec![call("write_file", json!("{\"file_path\": \"a.txt\", \"content\": "))]),
        turn(vec![call("write_file", json!("not JSON at all"))]),
        turn(vec![call("write_file", json!("[1, 2]"))]),
        turn(vec![call("write_file", json!(deep))]),
        turn(vec![call("write_file", json!({ "file_path": "a.txt" }))]),
        turn(vec![call("write_file", json!({ "file_path": 7, "content": "x" }))]),
        turn(vec![call("write_file", json!({ "file_path": "a.txt", "content": "x", "moed": 1 }))]),
        turn(vec![call("bash_exec", json!({ "command": "true", "timeout": 1e300 }))]),
        turn(vec![call("bash_exec", json!("{\"command\": \"true\", \"timeout\": 99999999999999999999999999999999}"))]),
        turn(vec![call("bash_exec", json!({ "command": "true", "is_background": true }))]),
        turn(vec![call("bash_exec", json!({ "command": "  " }))]),
        turn(vec![call("bash_exec", json!({ "command": "a\u{0}b" }))]),
        turn(vec![call("bash_exec", json!({ "command": "true", "cwd": "../.." }))]),
        turn(vec![call("write_file", json!({ "file_path": "../out.txt", "content": "x" }))]),
        turn(vec![call("write_file", json!({ "file_path": "/etc/x", "content": "x" }))]),
        turn(vec![call("patch_file", json!({ "file_path": "missing", "old_str": "a", "new_str": "b" }))]),
        turn(vec![call("grep", json!({ "pattern": "(" }))]),
        say("I give up"),
    ];
    let count = lines.len() - 1;
    let (session, details) = bench.run(&lines, json!({})).await;
    assert_eq!(details["status"], "completed", "{details}");
    let calls = bench.calls(&session).await;
    assert_eq!(calls.len(), count);
    for (number, (tool, outcome, output)) in calls.iter().enumerate() {
        assert!(matches!(outcome.as_str(), "invalid" | "failed"), "call {number}, {tool}: {outcome} {output}");
        assert!(!output.is_empty());
    }
    assert!(calls[0].2.contains("write_file"), "the tools there are are named: {}", calls[0].2);
    assert!(calls[7].2.contains("moed"), "{}", calls[7].2);
    assert_eq!(std::fs::read_dir(&bench.folder).expect("a folder").count(), 0);
}

#[tokio::test]
async fn an_empty_answer_is_tried_again_and_told_in_the_end() {
    let bench = Bench::new().await;
    let (session, details) = bench.run(&[say(""), say("  \n"), say("there")], json!({})).await;
    assert_eq!(details["status"], "completed", "{details}");
    let failed = bench.events_of(&session, "turn_failed").await;
    assert_eq!(failed.iter().map(|event| event["data"]["code"].as_str()).collect::<Vec<_>>(), [Some("empty_answer"); 2]);
}

#[tokio::test]
async fn failures_of_the_model_are_tried_again_or_told() {
    let bench = Bench::new().await;
    let failing = |status: u16| json!({ "text": "half a", "error": { "status": status, "retry_after": 0 } });
    let (session, details) = bench.run(&[failing(429), failing(500), failing(503), failing(529), say("done")], json!({})).await;
    assert_eq!(details["status"], "completed", "{details}");
    assert_eq!(bench.events_of(&session, "turn_failed").await.len(), 4);
    assert_eq!(bench.events_of(&session, "turn_completed").await[0]["data"]["attempt"], 5);
    let replay = bench.world.get(&format!("/api/v1/sessions/{session}/replay")).await;
    assert!(!replay["messages"].to_string().contains("half a"), "what was cut off is no part of the conversation");

    for (status, code) in [(400, "bad_request"), (401, "unauthorized")] {
        let (session, details) = bench.run(&[failing(status), say("never")], json!({})).await;
        assert_eq!((details["status"].as_str(), details["reason"].as_str()), (Some("failed"), Some(code)), "{details}");
        assert_eq!(bench.events_of(&session, "turn_failed").await.len(), 1, "trying again would not help");
    }
    let (_, details) = bench.run(&[turn(vec![call("list_dir", json!({ "dir_path": "." }))])], json!({})).await;
    assert_eq!(details["status"], "failed", "a script that ends in the middle fails: {details}");
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let bench = Bench::new().await;
    let (session, details) = bench.run(&[json!({ "error": { "status": 429, "retry_after": 2 } }), say("done")], json!({})).await;
    assert_eq!(details["status"], "completed", "{details}");
    let time = |event: &serde_json::Value| chrono::DateTime::parse_from_rfc3339(event["time"].as_str().expect("a time")).expect("a time");
    let failed = time(&bench.events_of(&session, "turn_failed").await[0]);
    let again = time(&bench.events_of(&session, "turn_started").await[1]);
    assert!(again - failed >= chrono::TimeDelta::seconds(2), "{failed} {again}");
    assert_eq!(bench.events_of(&session, "turn_failed").await[0]["data"]["code"], "rate_limited");

    // A long wait is told as a pause, and a cancellation does not wait for it.
    let session = bench.start(&[json!({ "error": { "status": 429, "retry_after": 3600 } }), say("done")], json!({})).await;
    let paused = bench.world.session_is(&session, &["paused"]).await;
    assert_eq!(paused["reason"], "model_unavailable");
    bench.world.post(&format!("/api/v1/sessions/{session}/cancel"), json!({})).await.expect(202);
    bench.world.session_is(&session, &["cancelled"]).await;
}

#[tokio::test]
async fn a_script_that_is_none_fails_with_words() {
    let bench = Bench::new().await;
    for model in
        ["scripted:/no/such/file.jsonl".to_owned(), "scripted:relative.jsonl".into(), format!("scripted:{}", bench.folder.display())]
    {
        let session = bench.world.session(&bench.project, json!({ "task": "t", "model": model })).await;
        let details = bench.world.session_is(&session, &["failed", "completed"]).await;
        assert_eq!((details["status"].as_str(), details["reason"].as_str()), (Some("failed"), Some("bad_request")), "{details}");
        assert!(details["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
    }
}

/// Numbers that no float holds come through as they were written.
#[tokio::test]
async fn huge_numbers_survive_as_written() {
    let bench = Bench::new().await;
    let arguments = r#"{"command":"true","n":123456789012345678901234567890.000000000000000001,"e":1e400}"#;
    let (session, details) = bench.run(&[turn(vec![call("bash_exec", json!(arguments))]), say("done")], json!({})).await;
    assert_eq!(details["status"], "completed", "{details}");
    let answered = bench.events_of(&session, "turn_completed").await;
    assert_eq!(answered[0]["data"]["answer"]["tool_calls"][0]["arguments"].as_str(), Some(arguments));
    let replay = bench.world.get(&format!("/api/v1/sessions/{session}/replay")).await;
    assert!(replay.to_string().contains("123456789012345678901234567890.000000000000000001"), "{replay}");
    // In a question the command is shown as it is, and the numbers too.
    let arguments = r#"{"file_path":"n.json","content":"{\"n\":123456789012345678901234567890}"}"#;
    let session = bench.start(&[turn(vec![call("write_file", json!(arguments))]), say("done")], json!({ "edit_mode": "ask" })).await;
    let question = bench.question(&session).await;
    assert!(question["preview"].as_str().expect("text").contains("123456789012345678901234567890"), "{question}");
    bench.answer(&session, &question, json!({ "decision": "allow_once" })).await.expect(202);
    bench.world.session_is(&session, &["completed"]).await;
    assert_eq!(bench.file("n.json").as_deref(), Some(r#"{"n":123456789012345678901234567890}"#));
}

/// The text being written is live, and a new attempt discards the old.
#[tokio::test]
async fn text_is_seen_while_it_is_written() {
    let bench = Bench::new().await;
    let lines = [
        json!({ "text": "false start", "error": { "status": 503, "retry_after": 0 } }),
        json!({ "text": "the real answer", "delay_ms": 300 }),
    ];
    let session = bench.start(&lines, json!({})).await;
    let path = format!("/api/v1/sessions/{session}/stream");
    let mut watch = opensail_tests::watch::Watch::open(&bench.world, &bench.world.token, &path, None).await.expect("a stream");
    let mut deltas = Vec::new();
    let mut ended = None;
    while let Some(frame) = watch.next().await {
        match frame.event.as_str() {
            "delta" => {
                assert_eq!(frame.id, None, "a delta cannot be resumed from");
                deltas.push(serde_json::from_str::<serde_json::Value>(&frame.data).expect("JSON"));
            }
            "end" => ended = Some(serde_json::from_str::<serde_json::Value>(&frame.data).expect("JSON")),
            _ => {}
        }
    }
    assert_eq!(ended.expect("an end")["status"], "completed");
    let mut written = String::new();
    for delta in deltas.iter().filter(|delta| delta["attempt"] == 2) {
        assert_eq!(delta["session_id"].as_str(), Some(session.as_str()));
        let offset = usize::try_from(delta["offset"].as_u64().expect("an offset")).expect("small");
        assert!(offset <= written.len(), "a gap: {deltas:?}");
        written.truncate(offset);
        written.push_str(delta["text"].as_str().expect("text"));
    }
    assert!(written.is_empty() || "the real answer".starts_with(&written), "{written:?}");
}
