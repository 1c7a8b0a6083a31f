//! Streams: no gap, no repeat, an end, and no more than one may see.

use axum::http::HeaderValue;
use opensail_commands::live::{Call, Turn};
use opensail_domain::agent_session::AgentSessionCommand as C;
use opensail_domain::agent_session::command::CompleteCall;
use opensail_domain::agent_session::event::Effect;
use opensail_domain::agent_session::message::{Answer, CallOutcome, Tokens, ToolCall};
use opensail_domain::kernel::SessionId;
use opensail_eventstore::seal::Parting;
use serde_json::json;

use super::world::{Person, World, request};

async fn place(world: &World) -> (Person, String, String) {
    let ada = world.person("ada").await;
    let team = world.team(&ada).await;
    let project = world.project(&ada, &team).await;
    let session = world.session(&ada, &project).await;
    (ada, team, session)
}

fn stream(person: &Person, session: &str, after: Option<&str>) -> axum::http::Request<axum::body::Body> {
    let mut asked = request("GET", &format!("/api/v1/sessions/{session}/stream"), Some(&person.bearer), None);
    if let Some(after) = after {
        asked.headers_mut().insert("last-event-id", HeaderValue::from_str(after).unwrap());
    }
    asked
}

#[tokio::test]
async fn a_stream_goes_on_where_it_was_and_ends_with_the_session() {
    let world = World::new().await;
    let (ada, _, session) = place(&world).await;
    let mut first = world.open(stream(&ada, &session, None)).await;
    assert_eq!(first.next().await.as_deref(), Some("retry: 1000"));
    let (event, id, data) = first.event().await.unwrap();
    assert_eq!((event.as_str(), data["type"].as_str()), ("agent_session.requested", Some("agent_session.requested")));
    let id = id.unwrap();
    drop(first);
    let fence = world.fence(&session).await;
    world.drive(&fence, &session, C::BeginRun { worker: "test".into() }).await;
    let mut second = world.open(stream(&ada, &session, Some(&id))).await;
    assert_eq!(second.event().await.unwrap().0, "agent_session.run_started");
    world.ask(&ada, "POST", &format!("/api/v1/sessions/{session}/cancel"), None).await.is(202);
    assert_eq!(second.event().await.unwrap().0, "agent_session.cancel_requested");
    world.drive(&fence, &session, C::ConfirmCancel).await;
    let (event, last, _) = second.event().await.unwrap();
    assert_eq!(event, "agent_session.cancelled");
    let (event, no_id, data) = second.event().await.unwrap();
    assert_eq!((event.as_str(), no_id, data["status"].as_str()), ("end", None, Some("cancelled")));
    assert!(last.as_deref().unwrap().ends_with(&format!(".{}", data["position"])));
    assert_eq!(second.event().await, None);
    let last = last.unwrap();
    assert!(world.send(stream(&ada, &session, Some(&last))).await.is(204).bytes.is_empty());
    // A message makes it go on, and so does the stream.
    world.post(&ada, &format!("/api/v1/sessions/{session}/messages"), json!({ "text": "Go on" })).await.is(202);
    let mut third = world.open(stream(&ada, &session, Some(&last))).await;
    assert_eq!(third.event().await.unwrap().0, "agent_session.message_added");
    assert_eq!(third.event().await.unwrap().0, "agent_session.requeued");
    // From the beginning, the first end is not the end.
    let mut whole = world.open(stream(&ada, &session, None)).await;
    let mut seen = Vec::new();
    while seen.last().map(String::as_str) != Some("agent_session.requeued") {
        seen.push(whole.event().await.unwrap().0);
    }
    assert!(!seen.contains(&"end".to_owned()), "{seen:?}");
}

#[tokio::test]
async fn a_reader_knows_where_the_stream_stands_before_the_first_event() {
    let world = World::new().await;
    let (ada, team, session) = place(&world).await;
    let head = world.commands.journal().head().await.unwrap();
    let live = |after: &str| request("GET", &format!("/api/v1/live?teams={team}{after}"), Some(&ada.bearer), None);
    let mut first = world.open(live("")).await;
    assert_eq!(first.next().await.as_deref(), Some("retry: 1000"));
    let stands = first.next().await.unwrap();
    let cursor = stands.strip_prefix("id: ").expect("an id alone");
    assert_eq!(cursor, format!("{}.{}", head.epoch, head.position));
    drop(first);
    // What happens while nobody listens is told to who goes on from there.
    world.ask(&ada, "POST", &format!("/api/v1/sessions/{session}/cancel"), None).await.is(202);
    let mut second = world.open(live(&format!("&after={cursor}"))).await;
    assert_eq!(second.event().await.unwrap().0, "agent_session.cancel_requested");
}

#[tokio::test]
async fn a_cursor_of_another_history_is_refused() {
    let world = World::new().await;
    let (ada, _, session) = place(&world).await;
    let old = world.commands.journal().head().await.unwrap();
    world.store.start_epoch("a restore", Parting::default(), None).await.unwrap();
    let after = format!("{}.{}", old.epoch, old.position + 5);
    let problem = world.send(stream(&ada, &session, Some(&after))).await.refused(410, "epoch_changed");
    assert_eq!(problem["common_position"], old.position);
    world.send(stream(&ada, &session, Some("nonsense"))).await.refused(422, "validation");
}

#[tokio::test]
async fn text_is_shown_as_it_is_written() {
    let world = World::new().await;
    let (ada, _, session) = place(&world).await;
    let id: SessionId = session.parse().unwrap();
    let fence = world.fence(&session).await;
    world.drive(&fence, &session, C::BeginRun { worker: "test".into() }).await;
    world.drive(&fence, &session, C::StartTurn).await;
    world.commands.live().write(id, Turn { turn: 1, attempt: 1 }, "Hel");
    let cursor = world.commands.journal().head().await.unwrap().position.to_string();
    let asked = request("GET", &format!("/api/v1/sessions/{session}/stream?after={cursor}"), Some(&ada.bearer), None);
    let mut frames = world.open(asked).await;
    let (event, no_id, so_far) = frames.event().await.unwrap();
    assert_eq!((event.as_str(), no_id), ("delta", None));
    assert_eq!(so_far, json!({ "session_id": session, "turn": 1, "attempt": 1, "offset": 0, "text": "Hel" }));
    world.commands.live().write(id, Turn { turn: 1, attempt: 1 }, "lo");
    assert_eq!(frames.event().await.unwrap().2["text"], "lo");
}

/// What a running command prints comes without an id and ends with the event that says how the command ended.
#[tokio::test]
async fn output_is_shown_while_a_command_runs() {
    let world = World::new().await;
    let (ada, team, session) = place(&world).await;
    let id: SessionId = session.parse().unwrap();
    let fence = world.fence(&session).await;
    let call = ToolCall { call_id: "1-1".into(), tool: "list_dir".into(), arguments: "{}".into() };
    let answer = Answer { text: String::new(), tool_calls: vec![call] };
    for command in [
        C::BeginRun { worker: "test".into() },
        C::StartTurn,
        C::CompleteTurn { answer, model: "scripted".into(), tokens: Tokens::default(), micro_usd: None, duration_ms: 7 },
    ] {
        world.drive(&fence, &session, command).await;
    }
    let call = || Call { call_id: "1-1".into() };
    let cursor = world.commands.journal().head().await.unwrap().position.to_string();
    let asked = |path: String| request("GET", &path, Some(&ada.bearer), None);
    let mut early = world.open(asked(format!("/api/v1/sessions/{session}/stream?after={cursor}"))).await;
    world.drive(&fence, &session, C::StartCall { call_id: "1-1".into(), effect: Effect::Read, changes: None }).await;
    assert_eq!(early.event().await.unwrap().0, "agent_session.tool_call_started");
    world.commands.outputs().write(id, call(), "one\u{1b}[2J\n");
    let (event, no_id, piece) = early.event().await.unwrap();
    assert_eq!((event.as_str(), no_id), ("progress", None));
    assert_eq!(piece, json!({ "session_id": session, "call_id": "1-1", "offset": 0, "text": "one\u{1b}[2J\n" }));
    // Who comes while it runs is told the output so far, by whichever stream.
    let mut late = world.open(asked(format!("/api/v1/live?sessions={session}&teams={team}"))).await;
    assert_eq!(late.event().await.unwrap(), ("progress".into(), None, piece));
    world.commands.outputs().write(id, call(), "two\n");
    for frames in [&mut early, &mut late] {
        let (event, _, piece) = frames.event().await.unwrap();
        assert_eq!((event.as_str(), piece["offset"].as_u64(), piece["text"].as_str()), ("progress", Some(8), Some("two\n")));
    }
    let done = CompleteCall {
        call_id: "1-1".into(),
        outcome: CallOutcome::Ok,
        output: "one\ntwo\n".into(),
        full_output: None,
        exit_code: None,
        duration_ms: 1,
    };
    world.drive(&fence, &session, C::CompleteCall(Box::new(done))).await;
    assert_eq!(early.event().await.unwrap().0, "agent_session.tool_call_completed");
}

#[tokio::test]
async fn who_is_taken_out_of_the_team_loses_the_stream() {
    let world = World::new().await;
    let (ada, team, session) = place(&world).await;
    let bob = world.person("bob").await;
    let members = format!("/api/v1/teams/{team}/members");
    world.post(&ada, &members, json!({ "email": "bob@example.org", "role": "viewer" })).await.is(201);
    let mut bobs = world.open(stream(&bob, &session, None)).await;
    let many = request("GET", &format!("/api/v1/live?teams={team}&sessions={session}"), Some(&bob.bearer), None);
    let mut many = world.open(many).await;
    assert_eq!(bobs.event().await.unwrap().0, "agent_session.requested");
    world.ask(&ada, "PATCH", &format!("{members}/{}", bob.account), Some(json!({ "role": "editor" }))).await.is(200);
    assert_eq!(many.event().await.unwrap().0, "team.member_role_changed");
    world.ask(&ada, "DELETE", &format!("{members}/{}", bob.account), None).await.is(200);
    world.post(&ada, &format!("/api/v1/sessions/{session}/messages"), json!({ "text": "Secret" })).await.is(202);
    assert_eq!(bobs.event().await, None);
    assert_eq!(many.event().await, None);
}

#[tokio::test]
async fn who_signs_out_loses_the_stream() {
    let world = World::new().await;
    let (ada, _, session) = place(&world).await;
    let mut frames = world.open(stream(&ada, &session, None)).await;
    assert_eq!(frames.event().await.unwrap().0, "agent_session.requested");
    world.ask(&ada, "POST", "/api/v1/auth/logout-all", None).await.is(202);
    assert_eq!(frames.event().await, None);
}
