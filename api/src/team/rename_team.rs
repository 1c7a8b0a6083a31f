use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_commands::team::RenameTeam;
use opensail_domain::kernel::TeamId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::TeamBody;
use crate::auth::signed::Asked;
use crate::extract::PathPart;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::At;

#[derive(Deserialize, ToSchema)]
pub(super) struct TeamChange {
    name: String,
}

/// Renames a team. Admins only.
#[utoipa::path(patch, path = "/api/v1/teams/{id}", tag = "teams", params(("id" = Uuid, Path)), request_body = TeamChange, responses((status = 200, description = "Renamed", body = TeamBody)))]
pub(super) async fn rename_team(
    State(api): State<Api>,
    PathPart(id): PathPart<TeamId>,
    asked: Asked<TeamChange>,
) -> Result<Response, Problem> {
    let done = api.commands().execute(&asked.caller, &RenameTeam { team_id: id, name: asked.body.name }).await?;
    let at = At::of(&done);
    Ok(at.answer(StatusCode::OK, api.team_after(id, &at).await?))
}
