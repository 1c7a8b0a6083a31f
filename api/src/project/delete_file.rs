use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_commands::project::DeleteFile;
use opensail_domain::kernel::ProjectId;

use super::etag::precondition;
use crate::auth::signed::AskedBytes;
use crate::extract::PathPart;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::{At, PositionBody};

/// Deletes a file. `If-Match` guards it.
#[utoipa::path(delete, path = "/api/v1/projects/{id}/files/{*path}", tag = "files", params(("id" = Uuid, Path), ("path" = String, Path), ("If-Match" = Option<String>, Header)), responses((status = 200, description = "Deleted", body = PositionBody)))]
pub(super) async fn delete_file(
    State(api): State<Api>,
    PathPart((id, path)): PathPart<(ProjectId, String)>,
    asked: AskedBytes,
) -> Result<Response, Problem> {
    let precondition = precondition(&asked.headers)?;
    let done = api.commands().delete_file(&asked.caller, DeleteFile { project_id: id, path, precondition }).await?;
    Ok(At::of(&done).alone(StatusCode::OK))
}
