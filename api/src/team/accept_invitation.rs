use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::RoleName;
use crate::auth::signed::Asked;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::At;

#[derive(Deserialize, ToSchema)]
pub(super) struct Acceptance {
    token: String,
}

/// Of what the caller is a member now.
#[derive(Serialize, ToSchema)]
pub(super) struct JoinedTeam {
    team_id: Uuid,
    role: RoleName,
    /// Of the write.
    position: u64,
}

/// Accepts an invitation with the account that is signed in.
#[utoipa::path(post, path = "/api/v1/invitations/accept", tag = "teams", request_body = Acceptance, responses((status = 202, description = "Joined", body = JoinedTeam)))]
pub(super) async fn accept_invitation(State(api): State<Api>, asked: Asked<Acceptance>) -> Result<Response, Problem> {
    let done = api.commands().accept_invitation(&asked.caller, &asked.body.token).await?;
    let joined = JoinedTeam { team_id: done.answer.team_id.0, role: done.answer.role.into(), position: done.position };
    Ok(At::of(&done).answer(StatusCode::ACCEPTED, joined))
}
