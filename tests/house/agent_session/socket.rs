//! Live streams over a WebSocket, with a client of another make.

use futures::StreamExt;
use opensail_tests::people::Person;
use opensail_tests::world::World;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::PROGRAM;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The open socket, or the status of the refusal.
async fn open(world: &World, query: &str, headers: &[(&'static str, String)]) -> Result<Socket, u16> {
    let address = format!("{}/api/v1/live?{query}", world.url.replacen("http", "ws", 1));
    let mut request = address.into_client_request().expect("a request");
    for (name, value) in headers {
        request.headers_mut().insert(*name, HeaderValue::from_str(value).expect("a header"));
    }
    match connect_async(request).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(answer)) => Err(answer.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

fn bearer(token: &str) -> (&'static str, String) {
    ("authorization", format!("Bearer {token}"))
}

/// The next text message, as sent.
async fn text(socket: &mut Socket) -> Option<String> {
    loop {
        match socket.next().await?.expect("a message") {
            Message::Text(text) => return Some(text.to_string()),
            Message::Ping(_) | Message::Pong(_) => {}
            Message::Close(_) => return None,
            other => panic!("{other:?}"),
        }
    }
}

/// An event with its id; an id alone only says where the stream stands.
fn durable(frame: &str) -> bool {
    frame.starts_with("id: ") && frame.contains("\nevent: ")
}

/// Frames of events up to one of this type.
async fn up_to(socket: &mut Socket, event: &str) -> Vec<String> {
    let mut frames = Vec::new();
    loop {
        let frame = text(socket).await.expect("a frame");
        if durable(&frame) {
            frames.push(frame.clone());
        }
        if frame.contains(&format!("event: {event}\n")) {
            return frames;
        }
    }
}

async fn close(socket: &mut Socket) -> CloseCode {
    loop {
        match socket.next().await.expect("a close").expect("a message") {
            Message::Close(Some(close)) => return close.code,
            Message::Close(None) => panic!("a close without a reason"),
            _ => {}
        }
    }
}

/// Everything of a finished session over server-sent events, frame by frame.
async fn as_server_sent_events(world: &World, session: &str) -> Vec<String> {
    let path = format!("{}/api/v1/sessions/{session}/stream", world.url);
    let text = world.http.get(path).bearer_auth(&world.token).send().await.expect("a stream").text().await.expect("text");
    text.split_inclusive("\n\n").filter(|frame| durable(frame)).map(String::from).collect()
}

#[tokio::test]
async fn the_frames_are_those_of_server_sent_events_and_a_cursor_resumes_them() {
    let mut world = World::start(PROGRAM, &[]).await;
    let (project, _) = world.project("boat").await;
    let head = world.get("/api/v1/teams").await["items"][0]["position"].clone();
    let model = world.script(&[
        json!({ "text": "a line\nand \u{1b}[31m more", "tool_calls": [{ "name": "list_dir", "arguments": { "dir_path": "." } }] }),
        json!({ "text": "done" }),
    ]);
    let session = world.session(&project, json!({ "task": "t", "model": model })).await;
    let query = format!("sessions={session}&after={head}");
    let mut socket = open(&world, &query, &[bearer(&world.token)]).await.expect("open");
    assert_eq!(text(&mut socket).await.as_deref(), Some("retry: 1000\n\n"));
    let frames = up_to(&mut socket, "agent_session.completed").await;
    let sent = as_server_sent_events(&world, &session).await;
    assert_eq!(frames, sent);

    // Many streams do not end with a session; after a restart the last id goes on where it was.
    let id = frames[2].lines().next().and_then(|line| line.strip_prefix("id: ")).expect("an id").to_owned();
    world.kill().await;
    world.serve(&[]).await;
    let mut socket = open(&world, &format!("sessions={session}&after={id}"), &[bearer(&world.token)]).await.expect("open");
    assert_eq!(up_to(&mut socket, "agent_session.completed").await, sent[3..]);
    assert_eq!(text(&mut socket).await.filter(|frame| frame.starts_with("event: end\n")).map(|_| ()), Some(()));
    // The server stops: come back later.
    let (stopped, code) = tokio::join!(world.stop(), close(&mut socket));
    assert_eq!((stopped, code), (Some(0), CloseCode::Away));
}

#[tokio::test]
async fn it_opens_from_our_own_pages_for_who_may_see_it() {
    let world = World::start(PROGRAM, &[("OPENSAIL_REGISTRATION", "open")]).await;
    let (ada, eve) = (world.register("ada").await, world.register("eve").await);
    let team = ada.post(&world, "/api/v1/teams", json!({ "name": "t" })).await.expect(201)["id"].as_str().expect("an id").to_owned();
    let query = format!("teams={team}");
    let refused = async |headers: &[(&'static str, String)]| open(&world, &query, headers).await.map(|_| ()).expect_err("refused");
    assert_eq!(refused(&[]).await, 401);
    assert_eq!(refused(&[bearer(&eve.token)]).await, 404);
    let cookies = |person: &Person| ("cookie", person.browser.cookies());
    let from = |origin: &str| ("origin", origin.to_owned());
    assert_eq!(refused(&[cookies(&ada)]).await, 403);
    assert_eq!(refused(&[cookies(&ada), from("https://evil.example")]).await, 403);
    assert_eq!(refused(&[bearer(&ada.token), from("https://evil.example")]).await, 403);
    assert_eq!(refused(&[cookies(&eve), from(&world.url)]).await, 404);
    assert_eq!(open(&world, "teams=", &[bearer(&ada.token)]).await.map(|_| ()).expect_err("refused"), 422);
    open(&world, &query, &[cookies(&ada), from(&world.url)]).await.expect("open");
    open(&world, &query, &[bearer(&ada.token)]).await.expect("open");
}

#[tokio::test]
async fn who_is_taken_out_or_signed_out_loses_it() {
    let world = World::start(PROGRAM, &[("OPENSAIL_REGISTRATION", "open")]).await;
    let (ada, bob) = (world.register("ada").await, world.register("bob").await);
    let team = ada.post(&world, "/api/v1/teams", json!({ "name": "t" })).await.expect(201)["id"].as_str().expect("an id").to_owned();
    let members = format!("/api/v1/teams/{team}/members");
    ada.post(&world, &members, json!({ "email": bob.email, "role": "viewer" })).await.expect(201);
    let mut of_bob = open(&world, &format!("teams={team}"), &[bearer(&bob.token)]).await.expect("open");
    let mut of_ada = open(&world, &format!("teams={team}"), &[bearer(&ada.token)]).await.expect("open");
    let role = json!({ "role": "editor" });
    ada.send(&world, Method::PATCH, &format!("{members}/{}", bob.id), Some(&role)).await.expect(200);
    up_to(&mut of_bob, "team.member_role_changed").await;
    ada.send(&world, Method::DELETE, &format!("{members}/{}", bob.id), None).await.expect(200);
    assert_eq!(close(&mut of_bob).await, CloseCode::Policy);
    // Nobody else's is touched, until its own sign-in ends.
    up_to(&mut of_ada, "team.member_removed").await;
    ada.send(&world, Method::POST, "/api/v1/auth/logout-all", None).await.expect(202);
    assert_eq!(close(&mut of_ada).await, CloseCode::Policy);
}

/// What the client does not take stays in the journal; once it reads again, it gets everything. A client that was silent for so long that
/// it was given up goes on from the last id it saw, as after any break.
#[tokio::test]
async fn a_client_that_does_not_read_misses_nothing_and_holds_nobody_up() {
    const RENAMES: usize = 1000;
    let world = World::start(PROGRAM, &[]).await;
    let team = world.team().await;
    let query = format!("teams={team}");
    let start = world.get("/api/v1/teams").await["items"][0]["position"].to_string();
    let mut slow = open(&world, &query, &[bearer(&world.token)]).await.expect("open");
    let mut quick = open(&world, &query, &[bearer(&world.token)]).await.expect("open");
    let reading = tokio::spawn(async move {
        let mut seen = 0;
        while seen < RENAMES {
            let frame = text(&mut quick).await.expect("a frame");
            seen += usize::from(frame.contains("event: team.renamed\n"));
        }
    });
    for number in 0..RENAMES {
        let name = format!("{number} {}", "x".repeat(90));
        world.send(Method::PATCH, &format!("/api/v1/teams/{team}"), Some(&json!({ "name": name }))).await.expect(200);
    }
    reading.await.expect("all of it");
    let (mut seen, mut last) = (Vec::new(), start);
    while seen.len() < RENAMES {
        let Some(Ok(message)) = slow.next().await else {
            slow = open(&world, &format!("{query}&after={last}"), &[bearer(&world.token)]).await.expect("open again");
            continue;
        };
        let frame = message.into_text().unwrap_or_default();
        let field = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name));
        last = field("id: ").map_or(last, String::from);
        let Some(data) = field("data: ") else { continue };
        let item: Value = serde_json::from_str(data).expect("JSON");
        if item["type"] == "team.renamed" {
            seen.push(item["tenant_position"].as_u64().expect("a position"));
        }
    }
    assert!(seen.windows(2).all(|pair| pair[1] == pair[0] + 1), "no gap and no repeat");
}
