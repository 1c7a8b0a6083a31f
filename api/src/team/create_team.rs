use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_commands::team::CreateTeam;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::TeamBody;
use crate::auth::signed::Asked;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::At;

#[derive(Deserialize, ToSchema)]
pub(super) struct NewTeam {
    name: String,
}

/// Creates a team; who creates it is its admin.
#[utoipa::path(post, path = "/api/v1/teams", tag = "teams", request_body = NewTeam, responses((status = 201, description = "Created", body = TeamBody)))]
pub(super) async fn create_team(State(api): State<Api>, asked: Asked<NewTeam>) -> Result<Response, Problem> {
    let done = api.commands().execute(&asked.caller, &CreateTeam { name: asked.body.name }).await?;
    let at = At::of(&done);
    let team = api.team_after(done.answer.team_id, &at).await?;
    Ok(at.answer(StatusCode::CREATED, team))
}
