//! Live streams and event lists: no gap, no repeat, for as long as one may look.

use opensail_tests::watch::Watch;
use opensail_tests::world::World;
use reqwest::Method;
use serde_json::{Value, json};

use super::bench::{Bench, say, shell, write};

async fn ids(world: &World, session: &str, after: Option<&str>) -> Vec<String> {
    let mut watch = Watch::open(world, &world.token, &format!("/api/v1/sessions/{session}/stream"), after).await.expect("a stream");
    watch.until("end").await.into_iter().filter_map(|frame| frame.id).collect()
}

#[tokio::test]
async fn resumed_anywhere_it_is_the_same_stream() {
    let bench = Bench::new().await;
    let (session, _) = bench.run(&[write("a", "1"), shell("cat a"), say("done")], json!({})).await;
    let path = format!("/api/v1/sessions/{session}/stream");
    let all = ids(&bench.world, &session, None).await;
    let listed: Vec<u64> = bench.world.events(&session).await.iter().map(|event| event["position"].as_u64().expect("a position")).collect();
    let positions = |ids: &[String]| -> Vec<u64> {
        ids.iter().map(|id| id.rsplit('.').next().expect("a position").parse().expect("a number")).collect()
    };
    assert_eq!(positions(&all), listed);
    for (at, id) in all.iter().enumerate().take(all.len() - 1) {
        assert_eq!(ids(&bench.world, &session, Some(id)).await, all[at + 1..], "after {id}");
    }
    let token = bench.world.token.clone();
    let open = async |path: &str, last: Option<&str>| Watch::open(&bench.world, &token, path, last).await.err();
    let last = all.last().expect("events").as_str();
    assert_eq!(open(&path, Some(last)).await, Some(204));
    let beyond = last
        .rsplit_once('.')
        .map(|(epoch, position)| format!("{epoch}.{}", position.parse::<u64>().expect("a number") + 1000))
        .expect("a cursor");
    assert_eq!(open(&path, Some(&beyond)).await, Some(204), "at or past the end there is nothing more");
    // `after` is the same for who cannot send the header; a bare position is fine.
    assert_eq!(open(&format!("{path}?after={last}"), None).await, Some(204));
    assert_eq!(open(&format!("{path}?after={}", listed.last().expect("events")), None).await, Some(204));
    let foreign = format!("{}.1", uuid::Uuid::now_v7().simple());
    let gone = bench.world.send_as(&token, Method::GET, &path, None, &[("last-event-id", &foreign)]).await;
    assert_eq!((gone.status.as_u16(), gone.body["code"].as_str()), (410, Some("epoch_changed")), "{}", gone.text);
    assert!(gone.body["common_position"].is_u64(), "{}", gone.text);
    for nonsense in ["x", "1.2.3", ".", "-1"] {
        assert_eq!(open(&path, Some(nonsense)).await, Some(422), "{nonsense}");
    }
    // Each frame is the item of the lists, word for word.
    let mut watch = Watch::open(&bench.world, &token, &path, None).await.expect("a stream");
    let frames = watch.until("end").await;
    let events = bench.world.events(&session).await;
    for (frame, event) in frames.iter().zip(&events) {
        assert_eq!(
            (serde_json::from_str::<Value>(&frame.data).expect("JSON"), Some(frame.event.as_str())),
            (event.clone(), event["type"].as_str())
        );
    }
}

#[tokio::test]
async fn event_lists_are_read_page_by_page_in_both_directions() {
    let bench = Bench::new().await;
    let (session, _) = bench.run(&[write("a", "1"), say("done")], json!({})).await;
    let path = format!("/api/v1/sessions/{session}/events");
    let all: Vec<Value> = bench.world.events(&session).await;
    for (order, limit) in [("asc", 1), ("asc", 3), ("desc", 1), ("desc", 4)] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = bench.world.get(&format!("{path}?limit={limit}&order={order}{after}")).await;
            seen.extend(page["items"].as_array().expect("items").iter().cloned());
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        if order == "desc" {
            seen.reverse();
        }
        assert_eq!(seen, all, "{order} {limit}");
    }
    for (event, version) in all.iter().zip(1..) {
        assert_eq!(event["stream_version"], version);
        for field in [
            "position",
            "tenant_position",
            "stream",
            "type",
            "version",
            "time",
            "actor",
            "team_id",
            "project_id",
            "command_id",
            "correlation_id",
            "causation_id",
            "event_id",
            "data",
        ] {
            assert!(event.get(field).is_some(), "{field} is missing: {event}");
        }
        assert!(event.get("client_address").is_none(), "only the audit tells addresses");
    }
}

#[tokio::test]
async fn who_is_taken_out_of_the_team_sees_no_more() {
    let bench = Bench::with(&[("OPENSAIL_REGISTRATION", "open")]).await;
    let team = bench.world.team().await;
    let bob = bench.world.register("bob").await;
    bench.world.join(&team, &bob, "viewer").await;
    let session = bench.start(&[shell("true"), shell("true"), say("done")], json!({ "edit_mode": "ask" })).await;
    let question = bench.question(&session).await;
    let path = format!("/api/v1/sessions/{session}/stream");
    let mut watch = Watch::open(&bench.world, &bob.token, &path, None).await.expect("a viewer may look");
    watch.until("agent_session.approval_requested").await;
    bench.world.send(Method::DELETE, &format!("/api/v1/teams/{team}/members/{}", bob.id), None).await.expect(200);
    bench.answer(&session, &question, json!({ "decision": "allow_once" })).await.expect(202);
    let rest = watch.until("never").await;
    assert!(rest.iter().all(|frame| frame.event != "agent_session.approval_answered"), "what came after is not theirs: {rest:?}");
    assert_eq!(Watch::open(&bench.world, &bob.token, &path, None).await.err(), Some(404));
    bench.next_question(&session, &question).await;
}

/// Signing out ends what that browser was watching.
#[tokio::test]
async fn who_signs_out_sees_no_more() {
    let bench = Bench::with(&[("OPENSAIL_REGISTRATION", "open")]).await;
    let team = bench.world.team().await;
    let bob = bench.world.register("bob").await;
    bench.world.join(&team, &bob, "viewer").await;
    let session = bench.start(&[shell("true"), say("done")], json!({ "edit_mode": "ask" })).await;
    let question = bench.question(&session).await;
    let mut watch =
        Watch::open(&bench.world, &bob.token, &format!("/api/v1/sessions/{session}/stream"), None).await.expect("a viewer may look");
    watch.until("agent_session.approval_requested").await;
    bob.browser.send(&bench.world, Method::POST, "/api/v1/auth/logout-all", None).await.expect(202);
    bench.answer(&session, &question, json!({ "decision": "allow_once" })).await.expect(202);
    let rest = watch.until("never").await;
    assert!(rest.iter().all(|frame| frame.event != "agent_session.completed"), "{rest:?}");
}

/// What a command prints is seen while it runs, whatever bytes it are, and is no event: it has no id, and the list does not hold it.
#[tokio::test]
async fn output_is_seen_while_the_command_runs() {
    let bench = Bench::new().await;
    let command = "printf 'one \\303'; printf '\\266\\033[2J\\n'; until [ -e go ]; do sleep 0.05; done; echo two";
    let session = bench.start(&[shell(command), say("done")], json!({})).await;
    let token = bench.world.token.clone();
    let mut watch = Watch::open(&bench.world, &token, &format!("/api/v1/sessions/{session}/stream"), None).await.expect("a stream");
    let mut seen = String::new();
    while !seen.contains('\n') {
        let frame = watch.next().await.expect("it runs on");
        assert_ne!(frame.event, "agent_session.tool_call_completed", "it waits for us");
        if frame.event == "progress" {
            assert_eq!(frame.id, None);
            let piece: Value = serde_json::from_str(&frame.data).expect("JSON");
            assert_eq!((piece["session_id"].as_str(), piece["offset"].as_u64()), (Some(session.as_str()), Some(seen.len() as u64)));
            seen.push_str(piece["text"].as_str().expect("text"));
        }
    }
    assert_eq!(seen, "one ö\u{1b}[2J\n");
    // Who comes now is told it as well.
    let mut late = Watch::open(&bench.world, &token, &format!("/api/v1/live?sessions={session}"), None).await.expect("a stream");
    let told = loop {
        let frame = late.next().await.expect("it runs on");
        if frame.event == "progress" {
            break serde_json::from_str::<Value>(&frame.data).expect("JSON")["text"].clone();
        }
    };
    assert_eq!(told, json!(seen));
    std::fs::write(bench.folder.join("go"), "").expect("written");
    let events = watch.until("end").await;
    let ended = events.iter().find(|frame| frame.event == "agent_session.tool_call_completed").expect("its end");
    assert!(ended.data.contains("two"), "{}", ended.data);
    assert!(bench.world.events(&session).await.iter().all(|event| event["type"] != "progress"));
}
