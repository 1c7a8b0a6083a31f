use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_commands::team::ChangeMemberRole;
use opensail_domain::kernel::{AccountId, TeamId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::add_member::Membership;
use super::body::RoleName;
use crate::auth::signed::Asked;
use crate::extract::PathPart;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::At;

#[derive(Deserialize, ToSchema)]
pub(super) struct MemberChange {
    role: RoleName,
}

/// Changes a member's role; a team keeps at least one admin. Admins only.
#[utoipa::path(patch, path = "/api/v1/teams/{id}/members/{account_id}", tag = "teams", params(("id" = Uuid, Path), ("account_id" = Uuid, Path)), request_body = MemberChange, responses((status = 200, description = "Changed", body = Membership)))]
pub(super) async fn change_member_role(
    State(api): State<Api>,
    PathPart((team_id, account_id)): PathPart<(TeamId, AccountId)>,
    asked: Asked<MemberChange>,
) -> Result<Response, Problem> {
    let role = asked.body.role;
    let done = api.commands().execute(&asked.caller, &ChangeMemberRole { team_id, account_id, role: role.into() }).await?;
    Ok(At::of(&done).answer(StatusCode::OK, Membership { account_id: account_id.0, role }))
}
