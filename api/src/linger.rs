//! What a client still sends when the answer is already given is read and dropped, within bounds. Otherwise the connection would be cut
//! under its feet, and it would see a broken pipe instead of the refusal.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Request, header};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;

/// Read and dropped at most; above the largest body that any route takes (25 MiB), so that "a little too large" is told.
pub(crate) const LINGER_BYTES: usize = 32 * 1024 * 1024;
/// A client that goes on longer than this is cut off.
pub(crate) const LINGER_TIMEOUT: Duration = Duration::from_secs(10);

/// The request with a body that lingers.
pub(crate) fn lingering(request: Request<Incoming>) -> Request<Body> {
    // Who asks before it sends need not send after a refusal; reading would invite it to.
    let waits = request.headers().contains_key(header::EXPECT);
    request.map(|body| if body.is_end_stream() { Body::empty() } else { Body::new(Lingering { body: Some(body), waits }) })
}

struct Lingering {
    /// Gone once it is handed to the task that reads the rest.
    body: Option<Incoming>,
    /// The client waits to be told that it may send, and nobody has begun to read.
    waits: bool,
}

impl http_body::Body for Lingering {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.waits = false;
        self.body.as_mut().map_or(Poll::Ready(None), |body| Pin::new(body).poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Incoming::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Incoming::size_hint)
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        if let Some(body) = self.body.take().filter(|body| !self.waits && !body.is_end_stream()) {
            tokio::spawn(tokio::time::timeout(LINGER_TIMEOUT, read_rest(body)));
        }
    }
}

async fn read_rest(mut body: Incoming) {
    let mut left = LINGER_BYTES;
    while let Some(Ok(frame)) = body.frame().await {
        let Some(rest) = left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) else { return };
        left = rest;
    }
}
