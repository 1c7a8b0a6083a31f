use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_commands::storage::SetRetention;
use opensail_domain::kernel::ProjectId;
use opensail_domain::project::Retention;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::RetentionBody;
use crate::auth::signed::Asked;
use crate::extract::PathPart;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::{At, PositionBody};

#[derive(Deserialize, ToSchema)]
pub(super) struct RetentionChange {
    /// Null: every snapshot is kept.
    retention: Option<RetentionBody>,
}

/// How long the snapshots of a project's sessions are kept: all of the last days, of older ones every n-th; what is named, and what a session begins
/// and ends with, always. A sweep of the storage lets the others go.
#[utoipa::path(put, path = "/api/v1/projects/{id}/retention", tag = "projects", params(("id" = Uuid, Path)), request_body = RetentionChange, responses((status = 200, description = "Set", body = PositionBody)))]
pub(super) async fn set_retention(
    State(api): State<Api>,
    PathPart(project_id): PathPart<ProjectId>,
    asked: Asked<RetentionChange>,
) -> Result<Response, Problem> {
    let retention = asked.body.retention.map(|keep| Retention { days: keep.days, every: keep.every });
    let done = api.commands().execute(&asked.caller, &SetRetention { project_id, retention }).await?;
    Ok(At::of(&done).alone(StatusCode::OK))
}
