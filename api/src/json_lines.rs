//! Long answers as JSON lines, written as they are read.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures::{Stream, StreamExt};
use serde::Serialize;

use crate::problem::Problem;

pub(crate) fn line(value: &impl Serialize) -> Bytes {
    // Plain data with string keys always serialises; what does not would leave an empty line, which no reader takes for data.
    let mut text = serde_json::to_vec(value).unwrap_or_default();
    text.push(b'\n');
    text.into()
}

pub(crate) fn response(chunks: impl Stream<Item = Result<Bytes, Problem>> + Send + 'static) -> Response {
    let mut response = Response::new(body(chunks));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    response
}

/// The head is sent already when something fails, so a failure breaks the body off: a reader never takes a part for the whole.
pub(crate) fn body(chunks: impl Stream<Item = Result<Bytes, Problem>> + Send + 'static) -> Body {
    let chunks = chunks.map(|chunk| {
        chunk.map_err(|problem| {
            tracing::warn!(code = problem.code(), "an export was broken off");
            std::io::Error::other(problem.code())
        })
    });
    Body::from_stream(chunks)
}
