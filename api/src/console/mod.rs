//! The browser's console: one page and its files, embedded. Its addresses all answer the same page, which reads the address itself;
//! nothing beneath `/api` ever does. A binary built without the bundle serves the plain pages instead.

mod files;
mod serve;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use self::files::{find, index};
use crate::problem::Problem;
use crate::router::Api;

/// First part of every address that the page knows, beside `/` and `/sign-in`; the same list stands in `web/src/router.tsx`.
const PLACES: &[&str] = &["projects", "sessions", "approvals", "team", "audit", "replay", "model", "storage", "join"];

/// Whether the binary carries the console.
pub(crate) fn embedded() -> bool {
    index().is_some()
}

pub(crate) fn routes() -> Router<Api> {
    if !embedded() {
        return Router::new();
    }
    let places = PLACES.iter().flat_map(|place| [format!("/{place}"), format!("/{place}/{{*rest}}")]);
    ["/".into(), "/sign-in".into()]
        .into_iter()
        .chain(places)
        .fold(Router::new(), |router, place: String| router.route(&place, get(page)))
        .route("/console/{*path}", get(asset))
}

async fn page(headers: HeaderMap) -> Response {
    index().map_or_else(|| Problem::no_route().into_response(), |file| serve::serve(file, &headers))
}

/// An address that nobody knows: a person is told so in the console, a program by a problem.
pub(crate) async fn nowhere(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let reads = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("text/html"));
    let (person, machine) = (method == Method::GET && reads, uri.path().starts_with("/api/") || uri.path().starts_with("/console/"));
    match index() {
        Some(file) if person && !machine => (StatusCode::NOT_FOUND, serve::serve(file, &headers)).into_response(),
        _ => Problem::no_route().into_response(),
    }
}

async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    find(&path).map_or_else(|| Problem::no_route().into_response(), |file| serve::serve(file, &headers))
}
