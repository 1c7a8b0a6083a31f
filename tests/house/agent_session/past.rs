//! A session at each of its events.

use serde_json::{Value, json};

use super::bench::{Bench, fresh_postgres, say, settings, shell, write};

async fn on_postgres() -> Bench {
    Bench::with(&settings(&fresh_postgres().await)).await
}

async fn a_session_is_shown_as_it_stood_at_each_of_its_events(bench: Bench) {
    let session = bench.start(&[write("a.txt", "1"), shell("cat a.txt"), say("done")], json!({ "edit_mode": "ask" })).await;
    let question = bench.question(&session).await;
    bench.answer(&session, &question, json!({ "decision": "allow_once" })).await.expect(202);
    let second = bench.next_question(&session, &question).await;
    bench.answer(&session, &second, json!({ "decision": "allow_once" })).await.expect(202);
    bench.world.session_is(&session, &["completed"]).await;

    let path = format!("/api/v1/sessions/{session}");
    let events = bench.world.get(&format!("{path}/events?limit=200")).await;
    let events = events["items"].as_array().expect("events").clone();
    let mut steps = 0;
    for (index, event) in events.iter().enumerate() {
        let position = event["position"].as_u64().expect("a position");
        let then = async |what: &str| bench.world.get(&format!("{path}{what}?as_of={position}")).await;
        let shown = then("").await;
        assert_eq!(shown["position"], position, "{event}");
        assert_eq!(shown, then("/replay").await["session"], "the view and the stream agree");
        steps += u64::from(event["type"] == "agent_session.turn_completed");
        assert_eq!(shown["usage"]["steps"], steps);
        let asked = then("/approvals").await;
        let open: Vec<&Value> = asked["items"].as_array().expect("items").iter().map(|item| &item["id"]).collect();
        assert_eq!(open, shown["approval_id"].as_str().map(|_| &shown["approval_id"]).into_iter().collect::<Vec<_>>(), "{event}");
        assert_eq!(bench.world.get(&format!("/api/v1/approvals?as_of={position}")).await["items"], asked["items"], "over all teams");
        assert_eq!(then("/events").await["items"].as_array().map(Vec::len), Some(index + 1));
        let listed = bench.world.get(&format!("/api/v1/projects/{}/sessions?as_of={position}", bench.project)).await;
        assert_eq!(listed["items"], json!([shown]));
        assert_eq!(then("/forks").await["items"], json!([shown]));
    }
    let first = events[0]["position"].as_u64().expect("a position");
    let before = bench.world.send(reqwest::Method::GET, &format!("{path}?as_of={}", first - 1), None).await;
    before.expect(404);
    let listed = bench.world.get(&format!("/api/v1/projects/{}/sessions?as_of={}", bench.project, first - 1)).await;
    assert_eq!(listed["items"], json!([]));
}

#[tokio::test]
async fn a_session_is_shown_as_it_stood_at_each_of_its_events_on_sqlite() {
    a_session_is_shown_as_it_stood_at_each_of_its_events(Bench::new().await).await;
}

#[tokio::test]
async fn a_session_is_shown_as_it_stood_at_each_of_its_events_on_postgres() {
    a_session_is_shown_as_it_stood_at_each_of_its_events(on_postgres().await).await;
}

#[tokio::test]
async fn the_command_line_says_which_point_is_none() {
    let bench = Bench::new().await;
    let said = async |point: &str| {
        let output =
            bench.world.command(&["session", "list", "--project", &bench.project, "--as-of", point]).output().await.expect("it runs");
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let (vague, far) = (said("yesterday").await, said("99999").await);
    assert!(vague.contains("--as-of: must be a position") && vague.lines().count() == 1, "{vague}");
    assert!(far.contains("--as-of: the journal ends at "), "{far}");
}

async fn the_command_line_looks_back_wherever_the_api_does(bench: Bench) {
    let turns = [write("a.txt", "one\n"), shell("echo two > a.txt"), say("done")];
    let session = bench.start(&turns, json!({ "edit_mode": "allow" })).await;
    bench.world.session_is(&session, &["completed"]).await;
    let said = async |arguments: &[&str]| {
        let output = bench.world.command(arguments).output().await.expect("it runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let events = bench.world.events(&session).await;
    let second = events.iter().rposition(|event| event["type"] == "agent_session.tool_call_started").expect("a second call");
    let (at, before) = (events[second - 1]["position"].to_string(), second);

    let replayed = said(&["session", "replay", &session, "--json", "--as-of", &at]).await;
    assert_eq!(replayed.lines().count(), before);
    let exported = said(&["session", "export", &session, "--as-of", &at]).await;
    let head: Value = serde_json::from_str(exported.lines().next().expect("a head")).expect("JSON");
    assert_eq!((&head["events"], head["position"].to_string()), (&json!(before), at.clone()));
    let blamed = async |more: &[&str]| said(&[&["session", "blame", session.as_str(), "a.txt"], more].concat()).await;
    assert!(blamed(&[]).await.contains("two"));
    assert!(blamed(&["--as-of", &at]).await.contains("one"));
    let stream = format!("agent_session-{session}");
    let query = ["audit", "query", "--json", "--limit", "1", "--stream", &stream];
    let newest = async |more: &[&str]| -> Value { serde_json::from_str(&said(&[&query, more].concat()).await).expect("an event") };
    assert_eq!(newest(&[]).await["type"], "agent_session.completed");
    assert_eq!(newest(&["--as-of", &at]).await["position"].to_string(), at);

    // A file has no past but its own.
    let file = bench.world.path().join("session.jsonl");
    let file = file.to_str().expect("text");
    said(&["session", "export", &session, "--output", file]).await;
    let refused = bench.world.command(&["session", "replay", file, "--as-of", &at]).output().await.expect("it runs");
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(2) && why.contains("--until"), "{why}");
}

#[tokio::test]
async fn the_command_line_looks_back_wherever_the_api_does_on_sqlite() {
    the_command_line_looks_back_wherever_the_api_does(Bench::new().await).await;
}

#[tokio::test]
async fn the_command_line_looks_back_wherever_the_api_does_on_postgres() {
    the_command_line_looks_back_wherever_the_api_does(on_postgres().await).await;
}
