use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use opensail_commands::ports::model::{ModelErrorKind as Kind, WantedCall};
use opensail_domain::agent_session::message::Tokens;
use serde_json::{Value, json};

use super::super::scripted::TOUR;
use super::*;

/// The answers of a script, until it ends.
async fn play(script: &str) -> Vec<Result<ModelTurn, ModelError>> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("script.jsonl");
    std::fs::write(&path, script).expect("written");
    let model = build(ModelSettings { script_paths: true, ..ModelSettings::default() }).expect("the settings are sound");
    let mut answers = Vec::new();
    for attempt_index in 0.. {
        let (answer, pieces) =
            turn(&*model, ModelRequest { model: format!("scripted:{}", path.display()), attempt_index, ..request() }).await;
        if let Ok(answer) = &answer {
            assert_eq!(pieces.concat(), answer.text);
        }
        let over = answer.as_ref().is_err_and(|e| !e.kind.retryable());
        answers.push(answer);
        if over {
            break;
        }
    }
    answers
}

#[tokio::test]
async fn plays_line_after_line_to_the_end() {
    let script = r##"
        # a comment
        {"text": "Let me see.", "tool_calls": [{"name": "read_file", "arguments": {"file_path": "a"}}, {"name": "x", "arguments": "{broken"}, {"name": "y"}], "usage": {"input": 5, "output": 2}}
        {"error": {"status": 429, "retry_after": 1}}
        {"error": {"status": 529, "message": "busy"}}
        {}
        {"text": "Done.", "delay_ms": 0}
    "##;
    let answers = play(script).await;
    let kinds: Vec<Option<Kind>> = answers.iter().map(|answer| answer.as_ref().err().map(|e| e.kind)).collect();
    assert_eq!(kinds, [None, Some(Kind::RateLimited), Some(Kind::Overloaded), Some(Kind::EmptyAnswer), None, Some(Kind::ScriptEnded)]);
    let first = answers[0].as_ref().expect("an answer");
    let call = |tool: &str, arguments: &str| WantedCall { tool: tool.into(), arguments: arguments.into() };
    assert_eq!(first.calls, [call("read_file", "{\"file_path\":\"a\"}"), call("x", "{broken"), call("y", "{}")]);
    assert_eq!((first.tokens, first.model.as_str()), (Tokens { input: 5, output: 2, cached: 0 }, "scripted"));
    assert_eq!(answers[1].as_ref().expect_err("no answer").retry_after, Some(Duration::from_secs(1)));
    assert!(answers[5].as_ref().expect_err("no answer").detail.contains("script.jsonl has 5 turns"));
}

#[tokio::test]
async fn streams_word_by_word() {
    let model = build(ModelSettings::default()).expect("the settings are sound");
    let (answer, pieces) = turn(&*model, ModelRequest { model: "scripted".into(), attempt_index: 2, ..request() }).await;
    assert_eq!(answer.expect("an answer").text, "Let me run them in the sandbox.");
    assert_eq!(pieces, ["Let ", "me ", "run ", "them ", "in ", "the ", "sandbox."]);
}

#[tokio::test]
async fn faults_name_the_file_and_the_line() {
    for (script, line) in [
        ("{\"text\": \"a\"}\n{\"text\": ", 2),
        ("# c\n\n{\"txt\": \"a\"}", 3),
        ("[1]", 1),
        ("{\"text\": 7}", 1),
        ("{\"tool_calls\": [{\"tool\": \"x\"}]}", 1),
        ("{\"error\": {\"status\": 200}}", 1),
        ("{\"text\": \"a\", \"delay_ms\": -1}", 1),
        ("{\"format\":\"x\"}\n{\"type\":\"agent_session.turn_completed\",\"data\":{\"answer\":{\"$forgotten\":true}}}", 2),
    ] {
        let answers = play(script).await;
        let fault = answers[0].as_ref().expect_err("no answer");
        assert_eq!(fault.kind, Kind::BadRequest);
        assert!(fault.detail.contains(&format!("script.jsonl, line {line}:")), "{script}: {}", fault.detail);
    }
}

#[tokio::test]
async fn plays_an_export_again() {
    let answered = |text: &str| {
        json!({ "position": 9, "type": "agent_session.turn_completed", "version": 1, "data": {
        "turn": 1, "attempt": 1, "calls": [], "model": "m", "duration_ms": 3, "tokens": { "input": 4, "output": 1 },
        "answer": { "text": text, "tool_calls": [{ "call_id": "1-0", "tool": "glob", "arguments": "{\"pattern\": \"*\"}" }] } } })
    };
    let lines = [
        json!({ "opensail_export": 1 }),
        json!({ "type": "agent_session.requested", "data": { "task": "x" } }),
        answered("one"),
        json!({ "type": "agent_session.turn_failed", "data": { "code": "rate_limited" } }),
        answered("two"),
        json!({ "blob": "ab", "base64": "" }),
    ];
    let answers = play(&lines.iter().map(|line| format!("{line}\n")).collect::<String>()).await;
    let texts: Vec<&str> = answers.iter().flatten().map(|answer| answer.text.as_str()).collect();
    assert_eq!((texts, answers.len()), (vec!["one", "two"], 3));
    let first = answers[0].as_ref().expect("an answer");
    assert_eq!(first.calls, [WantedCall { tool: "glob".into(), arguments: "{\"pattern\": \"*\"}".into() }]);
    assert_eq!(first.tokens.input, 4);
}

#[tokio::test]
async fn only_the_desktop_lets_sessions_name_scripts() {
    let asked = |model: &str| ModelRequest { model: model.into(), ..request() };
    let server = build(ModelSettings::default()).expect("the settings are sound");
    let desktop = build(ModelSettings { script_paths: true, ..ModelSettings::default() }).expect("the settings are sound");
    for (model, name, says) in [
        (&server, "scripted:/etc/passwd", "cannot name a trajectory"),
        (&desktop, "scripted:a.jsonl", "absolute path"),
        (&desktop, "scripted:/does/not/exist", "cannot be read"),
        (&desktop, "scripted:/dev/zero", "not a file"),
    ] {
        let got = turn(&**model, asked(name)).await.0.expect_err("no answer");
        assert_eq!(got.kind, Kind::BadRequest);
        assert!(got.detail.contains(says), "{}", got.detail);
    }
    for name in ["gpt-5", "scriptedx"] {
        assert_eq!(turn(&*server, asked(name)).await.0.expect_err("no answer").kind, Kind::NotConfigured);
    }
}

/// Carries the tour out in a folder, as the tools would, and gives back how its shell commands ended.
fn carry_out(calls: &[(String, Value)], root: &Path) -> Vec<bool> {
    let text = |arguments: &Value, key: &str| arguments[key].as_str().expect("a text").to_owned();
    let mut ended = Vec::new();
    for (tool, arguments) in calls {
        let path = || root.join(text(arguments, "file_path"));
        match tool.as_str() {
            "write_file" => {
                std::fs::create_dir_all(path().parent().expect("a parent")).expect("made");
                std::fs::write(path(), text(arguments, "content")).expect("written");
            }
            "read_file" => assert!(path().is_file()),
            "patch_file" => {
                let before = std::fs::read_to_string(path()).expect("read");
                let old = text(arguments, "old_str");
                assert_eq!(before.matches(&old).count(), 1, "the patch has one place");
                std::fs::write(path(), before.replace(&old, &text(arguments, "new_str"))).expect("written");
            }
            "bash_exec" => ended.push(
                Command::new("sh").args(["-c", &text(arguments, "command")]).current_dir(root).output().expect("sh runs").status.success(),
            ),
            other => panic!("the tour uses the unknown tool {other}"),
        }
    }
    ended
}

#[tokio::test]
async fn the_tour_fails_then_passes_and_its_last_line_repeats() {
    let model = build(ModelSettings::default()).expect("the settings are sound");
    assert_eq!(model.default_model(), "scripted");
    let lines = u64::try_from(TOUR.lines().filter(|line| !line.starts_with('#')).count()).expect("few");
    let (mut calls, mut texts) = (Vec::new(), Vec::new());
    for attempt_index in 0..lines + 2 {
        let answer = turn(&*model, ModelRequest { model: "scripted".into(), attempt_index, ..request() }).await.0.expect("an answer");
        texts.push(answer.text);
        calls.extend(answer.calls.into_iter().map(|call| (call.tool, serde_json::from_str(&call.arguments).expect("JSON"))));
    }
    assert!(texts[texts.len() - 3..].iter().all(|text| text.contains("OPENSAIL_MODEL_PROVIDER")), "{texts:?}");
    assert!(texts[texts.len() - 4].contains("```diff"));
    let used = calls.iter().fold(BTreeMap::new(), |mut used, (tool, _)| {
        *used.entry(tool.as_str()).or_insert(0) += 1;
        used
    });
    assert_eq!(used, BTreeMap::from([("bash_exec", 2), ("patch_file", 1), ("read_file", 1), ("write_file", 2)]));
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(carry_out(&calls, folder.path()), [false, true]);
}
