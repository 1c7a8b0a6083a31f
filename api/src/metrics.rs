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
    // All lines of one number stand together.
    let mut families = BTreeMap::<&'static str, String>::new();
    let mut tell = |number: &'static str, labels: String, value: f64| {
        let _ = writeln!(families.entry(number).or_default(), "opensail_{number}{{{labels}}} {value}");
    };
    for found in api.probe().await {
        let of = format!("back_end=\"{}\"", found.name);
        tell("ready", of.clone(), f64::from(u8::from(found.ok)));
        for (number, value) in &found.numbers {
            tell(number, of.clone(), *value);
        }
        for (part, numbers) in &found.parts {
            for (number, value) in numbers {
                tell(number, format!("{of},name=\"{}\"", escaped(part)), *value);
            }
        }
    }
    for (number, lines) in families {
        let _ = write!(text, "# HELP opensail_{number} {}\n# TYPE opensail_{number} gauge\n{lines}", meaning(number));
    }
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

/// A label's value as the text format wants it.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// What a number of a back end says.
fn meaning(number: &str) -> &'static str {
    match number {
        "ready" => "Whether a back end answers.",
        "position" => "Position of the journal up to which it has come.",
        "waiting_appends" => "Changes of this process that wait to be written, beside those that are being written.",
        "lag_events" => "Events of the journal behind that position.",
        "lag_seconds" => "Age of the oldest of them.",
        "still_seconds" => "Since when it has not moved, though there was something to see.",
        "parked" => "What was set aside: streams of a read model, work of a queue.",
        "stopped" => "Whether it does not go on.",
        "served" => "Whether it is read.",
        "members" => "Members of a consumer group that live.",
        "rebuild_done" => "Position up to which a read model is built anew.",
        "rebuild_to_do" => "Events that are still to be built.",
        _ => "A number of a back end.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped() {
        assert_eq!(escaped("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
    }
}
