use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_commands::projection::{RetryStream, SkipStream};

use crate::auth::signed::Asked;
use crate::extract::PathPart;
use crate::order::{RetryOrder, SkipOrder};
use crate::problem::Problem;
use crate::router::Api;
use crate::written::{At, PositionBody};

/// Has a read model apply a parked stream again, once the reason is mended. It is done when the read model has reached the position that is answered:
/// the stream then flows, or is parked still, or at a later event. Administrators of the platform only.
#[utoipa::path(post, path = "/api/v1/projections/{name}/parked/{stream}/retry", tag = "operations", params(("name" = String, Path, description = "Of the read model"), ("stream" = String, Path)), request_body = RetryOrder, responses((status = 202, description = "Ordered", body = PositionBody)))]
pub(super) async fn retry_parked_stream(
    State(api): State<Api>,
    PathPart((projection, stream)): PathPart<(String, String)>,
    asked: Asked<RetryOrder>,
) -> Result<Response, Problem> {
    api.commands().check_platform_admin(&asked.caller).await?;
    let RetryOrder { position, reason } = asked.body;
    let parked = api.projections().is_parked(&projection, &stream, position).await?;
    let done = api.commands().execute(&asked.caller, &RetryStream { projection, stream, position, parked, reason }).await?;
    Ok(At::of(&done).alone(StatusCode::ACCEPTED))
}

/// Has a read model leave the event out that it cannot apply, for ever, and go on with the stream behind it. Administrators of the platform only.
#[utoipa::path(post, path = "/api/v1/projections/{name}/parked/{stream}/skip", tag = "operations", params(("name" = String, Path, description = "Of the read model"), ("stream" = String, Path)), request_body = SkipOrder, responses((status = 202, description = "Ordered", body = PositionBody)))]
pub(super) async fn skip_parked_event(
    State(api): State<Api>,
    PathPart((projection, stream)): PathPart<(String, String)>,
    asked: Asked<SkipOrder>,
) -> Result<Response, Problem> {
    api.commands().check_platform_admin(&asked.caller).await?;
    let SkipOrder { position, reason } = asked.body;
    let parked = api.projections().is_parked(&projection, &stream, position).await?;
    let done = api.commands().execute(&asked.caller, &SkipStream { projection, stream, position, parked, reason }).await?;
    Ok(At::of(&done).alone(StatusCode::ACCEPTED))
}
