use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::auth::signed::AskedBytes;
use crate::extract::PathPart;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::{At, PositionBody};

/// Delivers a parked piece of work to workers again; 409 (`not_parked`) when no such piece is parked. Administrators of the platform only.
#[utoipa::path(post, path = "/api/v1/work/parked/{id}/retry", tag = "operations", params(("id" = String, Path, description = "Cursor of the event that made the work")), responses((status = 202, description = "It is in the queue again", body = PositionBody)))]
pub(super) async fn retry_parked_work(
    State(api): State<Api>,
    PathPart(piece): PathPart<String>,
    asked: AskedBytes,
) -> Result<Response, Problem> {
    let done = api.commands().retry_work(&asked.caller, api.work(), &piece).await?;
    Ok(At::of(&done).alone(StatusCode::ACCEPTED))
}
