use axum::extract::State;
use axum::http::StatusCode;

use crate::auth::signed::AskedBytes;
use crate::extract::PathPart;
use crate::problem::Problem;
use crate::router::Api;

/// Delivers a parked piece of work to workers again; 404 when no such piece is parked. Administrators of the platform only.
#[utoipa::path(post, path = "/api/v1/work/parked/{id}/retry", tag = "operations", params(("id" = String, Path, description = "Cursor of the event that made the work")), responses((status = 202, description = "It is in the queue again")))]
pub(super) async fn retry_parked_work(
    State(api): State<Api>,
    PathPart(id): PathPart<String>,
    asked: AskedBytes,
) -> Result<StatusCode, Problem> {
    api.commands().check_platform_admin(&asked.caller).await?;
    if api.work().retry_parked(&id).await? { Ok(StatusCode::ACCEPTED) } else { Err(Problem::not_found()) }
}
