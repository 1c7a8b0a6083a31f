//! A stream over a WebSocket: each frame is a text message, exactly as server-sent events carry it.
//!
//! The next frame is taken when the last one was sent, so a client that does not read holds up its own stream and nobody's memory. A ping
//! stands in for the comment that keeps a stream awake; a client that answers none is gone. What a client says is not listened to.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};

use super::frame;
use super::live_stream::{Ending, LiveStream};
use crate::auth::csrf;
use crate::problem::Problem;
use crate::router::Api;

/// Longest message that a client may send, in bytes; none is needed but answers to pings, which are smaller.
const MAX_MESSAGE_BYTES: usize = 4096;
/// A client from which nothing came for so long, though it was pinged three times, is gone.
const SILENCE: Duration = Duration::from_secs(3 * frame::KEEP_ALIVE.as_secs() + 5);

/// The wish of a request to go on as a WebSocket, from where it may.
pub(crate) struct Socket(WebSocketUpgrade);

impl OptionalFromRequestParts<Api> for Socket {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Option<Self>, Response> {
        let upgrades = parts.headers.get(header::UPGRADE).is_some_and(|to| to.as_bytes().eq_ignore_ascii_case(b"websocket"));
        if !upgrades {
            return Ok(None);
        }
        csrf::check_socket(api.config(), &parts.headers).map_err(IntoResponse::into_response)?;
        let upgrade = <WebSocketUpgrade as FromRequestParts<Api>>::from_request_parts(parts, api).await;
        let upgrade = upgrade.map_err(|refused| Problem::malformed(refused.body_text()).into_response())?;
        Ok(Some(Socket(upgrade.max_message_size(MAX_MESSAGE_BYTES).max_frame_size(MAX_MESSAGE_BYTES))))
    }
}

impl Socket {
    pub(super) fn carry(self, stream: LiveStream) -> Response {
        self.0.on_upgrade(move |socket| carry(socket, stream))
    }
}

async fn carry(socket: WebSocket, mut stream: LiveStream) {
    let (mut to_client, from_client) = socket.split();
    let ending = tokio::select! {
        ending = send(&mut to_client, &mut stream) => ending,
        () = until_gone(from_client) => return,
    };
    let Some(ending) = ending else { return };
    let (code, reason) = match ending {
        Ending::Complete => (close_code::NORMAL, "the session is finished"),
        Ending::Refused => (close_code::POLICY, "you may not see this any more"),
        Ending::Away => (close_code::AWAY, "connect again"),
    };
    // A client that does not take it has the end of the connection.
    let close = Message::Close(Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) }));
    let _ = tokio::time::timeout(frame::KEEP_ALIVE, to_client.send(close)).await;
}

/// Until the stream ends; nothing when the connection did.
async fn send(to_client: &mut SplitSink<WebSocket, Message>, stream: &mut LiveStream) -> Option<Ending> {
    while let Some(frame) = stream.next().await {
        let message = match frame == frame::keep_alive() {
            true => Message::Ping(Bytes::new()),
            false => Message::Text(Utf8Bytes::try_from(frame).ok()?),
        };
        to_client.send(message).await.ok()?;
    }
    Some(stream.ending())
}

/// Reads, so that pings and the close are answered, until the client is gone.
async fn until_gone(mut from_client: SplitStream<WebSocket>) {
    while let Ok(Some(Ok(message))) = tokio::time::timeout(SILENCE, from_client.next()).await {
        if let Message::Close(_) = message {
            return;
        }
    }
}
