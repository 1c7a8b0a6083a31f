use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_commands::agent_session::NameSnapshot;
use opensail_domain::kernel::SessionId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::signed::Asked;
use crate::extract::PathPart;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::{At, PositionBody};

#[derive(Deserialize, ToSchema)]
pub(super) struct SnapshotName {
    /// At most 200 bytes; null takes the name away.
    name: Option<String>,
}

/// Names the files of an event, which keeps them whatever the project's retention says.
#[utoipa::path(put, path = "/api/v1/sessions/{id}/snapshots/{at}", tag = "sessions", params(("id" = Uuid, Path), ("at" = u64, Path)), request_body = SnapshotName, responses((status = 200, description = "Named", body = PositionBody)))]
pub(super) async fn name_snapshot(
    State(api): State<Api>,
    PathPart((session_id, at)): PathPart<(SessionId, u64)>,
    asked: Asked<SnapshotName>,
) -> Result<Response, Problem> {
    let wish = NameSnapshot { session_id, at, name: asked.body.name };
    let done = api.commands().execute(&asked.caller, &wish).await?;
    Ok(At::of(&done).alone(StatusCode::OK))
}
