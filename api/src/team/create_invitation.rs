use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_commands::team::CreateInvitation;
use opensail_domain::kernel::TeamId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::RoleName;
use crate::auth::signed::Asked;
use crate::extract::PathPart;
use crate::problem::Problem;
use crate::router::Api;
use crate::time::rfc3339;
use crate::written::At;

#[derive(Deserialize, ToSchema)]
pub(super) struct NewInvitation {
    role: RoleName,
    /// Only the account of this address may accept; absent: whoever has the token.
    #[serde(default)]
    email: Option<String>,
}

/// An invitation with its token, which is told nowhere else.
#[derive(Serialize, ToSchema)]
pub(super) struct NewInvitationBody {
    id: Uuid,
    role: RoleName,
    token: String,
    /// RFC 3339, UTC.
    expires_at: String,
    /// Of the write.
    position: u64,
}

/// Invites somebody: to register with the token, or to accept it with an account. It can be used once, within seven days. Admins only.
#[utoipa::path(post, path = "/api/v1/teams/{id}/invitations", tag = "teams", params(("id" = Uuid, Path)), request_body = NewInvitation, responses((status = 201, description = "Invited", body = NewInvitationBody)))]
pub(super) async fn create_invitation(
    State(api): State<Api>,
    PathPart(team_id): PathPart<TeamId>,
    asked: Asked<NewInvitation>,
) -> Result<Response, Problem> {
    let NewInvitation { role, email } = asked.body;
    let done = api.commands().execute(&asked.caller, &CreateInvitation { team_id, role: role.into(), email }).await?;
    let id = done.answer.invitation_id;
    let body = NewInvitationBody {
        id: id.0,
        role,
        token: api.commands().invitation_token(id),
        expires_at: rfc3339(done.answer.expires_at),
        position: done.position,
    };
    Ok(At::of(&done).answer(StatusCode::CREATED, body))
}
