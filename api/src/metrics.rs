//! Numbers for Prometheus: requests by route and status, their time, open live streams, and what the probes last said.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::router::Api;

#[derive(Clone, Default)]
pub(crate) struct Metrics {
    requests: Arc<Mutex<BTreeMap<Series, Sum>>>,
    live_streams: Arc<AtomicI64>,
}

/// Route, method, status.
type Series = (String, MethodName, u16);
/// Methods do not order; their names do.
type MethodName = &'static str;

#[derive(Default, Clone, Copy)]
struct Sum {
    count: u64,
    time: Duration,
}

/// Counts a live stream as open until it is dropped.
pub(crate) struct OpenStream(Arc<AtomicI64>);

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    pub(crate) fn open_stream(&self) -> OpenStream {
        self.live_streams.fetch_add(1, Ordering::Relaxed);
        OpenStream(self.live_streams.clone())
    }

    fn note(&self, route: &str, method: &Method, status: StatusCode, time: Duration) {
        let mut requests = self.requests();
        let sum = requests.entry((route.into(), name(method), status.as_u16())).or_default();
        sum.count += 1;
        sum.time += time;
    }

    fn requests(&self) -> MutexGuard<'_, BTreeMap<Series, Sum>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn text(&self) -> String {
        let mut text =
            String::from("# HELP opensail_http_requests_total Requests answered.\n# TYPE opensail_http_requests_total counter\n");
        let requests = self.requests().clone();
        for ((route, method, status), sum) in &requests {
            let _ =
                writeln!(text, "opensail_http_requests_total{{route=\"{route}\",method=\"{method}\",status=\"{status}\"}} {}", sum.count);
        }
        text.push_str("# HELP opensail_http_request_seconds_total Time to the head of the answer, summed.\n# TYPE opensail_http_request_seconds_total counter\n");
        for ((route, method, status), sum) in &requests {
            let seconds = sum.time.as_secs_f64();
            let _ = writeln!(
                text,
                "opensail_http_request_seconds_total{{route=\"{route}\",method=\"{method}\",status=\"{status}\"}} {seconds:.6}"
            );
        }
        text.push_str("# HELP opensail_live_streams Open live streams.\n# TYPE opensail_live_streams gauge\n");
        let _ = writeln!(text, "opensail_live_streams {}", self.live_streams.load(Ordering::Relaxed));
        text
    }
}

/// Unknown methods share a name, so that nobody can grow the table.
fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

pub(crate) async fn measure(State(api): State<Api>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().clone();
    let start = Instant::now();
    let response = next.run(request).await;
    let (status, time) = (response.status(), start.elapsed());
    api.metrics().note(&route, &method, status, time);
    tracing::debug!(%method, route, status = status.as_u16(), micros = time.as_micros() as u64, "answered");
    response
}

pub(crate) async fn get_metrics(State(api): State<Api>) -> Response {
    let mut text = api.metrics().text();
    text.push_str("# HELP opensail_ready Whether a back end answers.\n# TYPE opensail_ready gauge\n");
    for found in api.probe().await {
        let _ = writeln!(text, "opensail_ready{{back_end=\"{}\"}} {}", found.name, u8::from(found.ok));
        for (number, value) in &found.numbers {
            let _ = writeln!(text, "opensail_{number}{{back_end=\"{}\"}} {value}", found.name);
        }
    }
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}
