use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_domain::kernel::ProjectId;

use crate::auth::signed::AskedBytes;
use crate::extract::PathPart;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::{At, PositionBody};

/// Deletes a project without sessions at work. A folder it was made from stays. Admins only.
#[utoipa::path(delete, path = "/api/v1/projects/{id}", tag = "projects", params(("id" = Uuid, Path)), responses((status = 200, description = "Deleted", body = PositionBody)))]
pub(super) async fn delete_project(
    State(api): State<Api>,
    PathPart(id): PathPart<ProjectId>,
    asked: AskedBytes,
) -> Result<Response, Problem> {
    let done = api.commands().delete_project(&asked.caller, id).await?;
    Ok(At::of(&done).alone(StatusCode::OK))
}
