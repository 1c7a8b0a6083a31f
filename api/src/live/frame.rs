//! How server-sent events look on the wire (WHATWG HTML, 9.2).

use std::fmt::Display;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use futures::Stream;

/// A comment this often keeps proxies and readers awake.
pub(crate) const KEEP_ALIVE: std::time::Duration = std::time::Duration::from_secs(15);

/// What a stream begins with: how long a reader waits before it connects again, in milliseconds.
pub(crate) fn retry() -> Bytes {
    Bytes::from_static(b"retry: 1000\n\n")
}

/// Where the stream stands: an id without data tells nothing, but a reader who connects again before the first event goes on from here.
pub(crate) fn at(id: impl Display) -> Bytes {
    Bytes::from(format!("id: {id}\n\n"))
}

pub(crate) fn keep_alive() -> Bytes {
    Bytes::from_static(b": alive\n\n")
}

/// A durable event: with an id, so that a reader resumes after it. `data` is JSON, which has no line breaks.
pub(crate) fn event(id: impl Display, name: &str, data: &str) -> Bytes {
    debug_assert!(!data.contains(['\n', '\r']) && !name.contains(['\n', '\r']));
    Bytes::from(format!("id: {id}\nevent: {name}\ndata: {data}\n\n"))
}

/// Something that is only of this moment.
pub(crate) fn passing(name: &str, data: &str) -> Bytes {
    debug_assert!(!data.contains(['\n', '\r']) && !name.contains(['\n', '\r']));
    Bytes::from(format!("event: {name}\ndata: {data}\n\n"))
}

pub(crate) fn response<E>(frames: impl Stream<Item = Result<Bytes, E>> + Send + 'static) -> Response
where
    E: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
{
    let mut response = Response::new(Body::from_stream(frames));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies of the nginx kind would hold events back.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// Nothing more will come: a reader must not connect again.
pub(crate) fn over() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_as_the_standard_says() {
        assert_eq!(event("e.7", "agent_session.completed", "{}"), "id: e.7\nevent: agent_session.completed\ndata: {}\n\n");
        assert_eq!(passing("delta", r#"{"text":"a\nb"}"#), "event: delta\ndata: {\"text\":\"a\\nb\"}\n\n");
        assert_eq!(retry(), "retry: 1000\n\n");
        assert_eq!(at("e.7"), "id: e.7\n\n");
        assert!(keep_alive().starts_with(b":"));
    }
}
