use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_commands::team::DeleteTeam;
use opensail_domain::kernel::TeamId;

use crate::auth::signed::AskedBytes;
use crate::extract::PathPart;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::{At, PositionBody};

/// Deletes a team that has no projects. Admins only.
#[utoipa::path(delete, path = "/api/v1/teams/{id}", tag = "teams", params(("id" = Uuid, Path)), responses((status = 200, description = "Deleted", body = PositionBody)))]
pub(super) async fn delete_team(State(api): State<Api>, PathPart(id): PathPart<TeamId>, asked: AskedBytes) -> Result<Response, Problem> {
    let done = api.commands().execute(&asked.caller, &DeleteTeam { team_id: id }).await?;
    Ok(At::of(&done).alone(StatusCode::OK))
}
