use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_commands::team::RemoveMember;
use opensail_domain::kernel::{AccountId, TeamId};

use crate::auth::signed::AskedBytes;
use crate::extract::PathPart;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::{At, PositionBody};

/// Takes a member out of a team; its live streams close. Admins only, or oneself.
#[utoipa::path(delete, path = "/api/v1/teams/{id}/members/{account_id}", tag = "teams", params(("id" = Uuid, Path), ("account_id" = Uuid, Path)), responses((status = 200, description = "Removed", body = PositionBody)))]
pub(super) async fn remove_member(
    State(api): State<Api>,
    PathPart((team_id, account_id)): PathPart<(TeamId, AccountId)>,
    asked: AskedBytes,
) -> Result<Response, Problem> {
    let done = api.commands().execute(&asked.caller, &RemoveMember { team_id, account_id }).await?;
    Ok(At::of(&done).alone(StatusCode::OK))
}
