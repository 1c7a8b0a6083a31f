use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_commands::project::RenameProject;
use opensail_domain::kernel::ProjectId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::ProjectBody;
use crate::auth::signed::Asked;
use crate::extract::PathPart;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::At;

#[derive(Deserialize, ToSchema)]
pub(super) struct ProjectChange {
    name: String,
}

/// Renames a project.
#[utoipa::path(patch, path = "/api/v1/projects/{id}", tag = "projects", params(("id" = Uuid, Path)), request_body = ProjectChange, responses((status = 200, description = "Renamed", body = ProjectBody)))]
pub(super) async fn rename_project(
    State(api): State<Api>,
    PathPart(project_id): PathPart<ProjectId>,
    asked: Asked<ProjectChange>,
) -> Result<Response, Problem> {
    let done = api.commands().execute(&asked.caller, &RenameProject { project_id, name: asked.body.name }).await?;
    let at = At::of(&done);
    Ok(at.answer(StatusCode::OK, api.project_after(project_id, &at).await?))
}
