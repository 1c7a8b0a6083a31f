use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_commands::consumer::{RetryStream, SkipStream};

use crate::auth::signed::Asked;
use crate::extract::PathPart;
use crate::order::{RetryOrder, SkipOrder};
use crate::problem::Problem;
use crate::router::Api;
use crate::written::{At, PositionBody};

/// Has a consumer handle a parked stream again, once the reason is mended. It is carried out by the member that has the stream, before it takes up
/// what comes next, or as soon as there is one; the list of parked streams tells what came of it. A newer order about the same event takes its place until then.
/// Administrators of the platform only.
#[utoipa::path(post, path = "/api/v1/consumers/{name}/parked/{stream}/retry", tag = "operations", params(("name" = String, Path, description = "Of the consumer"), ("stream" = String, Path)), request_body = RetryOrder, responses((status = 202, description = "Ordered", body = PositionBody)))]
pub(super) async fn retry_stream_of_consumer(
    State(api): State<Api>,
    PathPart((consumer, stream)): PathPart<(String, String)>,
    asked: Asked<RetryOrder>,
) -> Result<Response, Problem> {
    let RetryOrder { position, reason } = asked.body;
    let done = api.commands().execute(&asked.caller, &RetryStream { consumer, stream, position, reason }).await?;
    Ok(At::of(&done).alone(StatusCode::ACCEPTED))
}

/// Has a consumer go on with a parked stream behind the event that it cannot handle. It is carried out as a retry is. Administrators of the platform only.
#[utoipa::path(post, path = "/api/v1/consumers/{name}/parked/{stream}/skip", tag = "operations", params(("name" = String, Path, description = "Of the consumer"), ("stream" = String, Path)), request_body = SkipOrder, responses((status = 202, description = "Ordered", body = PositionBody)))]
pub(super) async fn skip_event_of_consumer(
    State(api): State<Api>,
    PathPart((consumer, stream)): PathPart<(String, String)>,
    asked: Asked<SkipOrder>,
) -> Result<Response, Problem> {
    let SkipOrder { position, reason } = asked.body;
    let done = api.commands().execute(&asked.caller, &SkipStream { consumer, stream, position, reason }).await?;
    Ok(At::of(&done).alone(StatusCode::ACCEPTED))
}
