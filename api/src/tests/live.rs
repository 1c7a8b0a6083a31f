//! Streams: no gap, no repeat, an end, and no more than one may see.

use axum::http::HeaderValue;
use opensail_domain::agent_session::AgentSessionCommand as C;
use opensail_domain::kernel::SessionId;
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
    world.store.start_epoch("a restore").await.unwrap();
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
    world.commands.live().write(id, 1, 1, "Hel");
    let cursor = world.commands.journal().head().await.unwrap().position.to_string();
    let asked = request("GET", &format!("/api/v1/sessions/{session}/stream?after={cursor}"), Some(&ada.bearer), None);
    let mut frames = world.open(asked).await;
    let (event, no_id, so_far) = frames.event().await.unwrap();
    assert_eq!((event.as_str(), no_id), ("delta", None));
    assert_eq!(so_far, json!({ "session_id": session, "turn": 1, "attempt": 1, "offset": 0, "text": "Hel" }));
    world.commands.live().write(id, 1, 1, "lo");
    assert_eq!(frames.event().await.unwrap().2["text"], "lo");
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
