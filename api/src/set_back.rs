//! The journal was set back under the running server: what is known of it here holds events that are there no more, so nothing of it is told
//! (decision 25). What tells of the server itself goes on.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;
use crate::router::Api;

/// What lies beneath it tells of the journal.
const OF_THE_JOURNAL: &str = "/api/v1/";

pub(crate) async fn refuse_set_back(State(api): State<Api>, request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with(OF_THE_JOURNAL) {
        return next.run(request).await;
    }
    let set_back = api.tail().journal().set_back();
    let refused = || set_back.borrow().clone().map(|why| Problem::set_back(why).into_response());
    if let Some(refused) = refused() {
        return refused;
    }
    let asks = request.method().is_safe();
    let answer = next.run(request).await;
    // A question during which it was found; what was written before that is told.
    if asks { refused().unwrap_or(answer) } else { answer }
}

/// Ends every open stream when it is found, so that whoever connects again is told.
pub(crate) async fn end_streams(api: Api) {
    let mut set_back = api.tail().journal().set_back();
    // The journal may be gone before that; then there is nothing to end.
    if set_back.wait_for(Option::is_some).await.is_ok() {
        api.close_streams();
    }
}
