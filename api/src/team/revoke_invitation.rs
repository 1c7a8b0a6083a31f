use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_commands::team::RevokeInvitation;
use opensail_domain::kernel::{InvitationId, TeamId};

use crate::auth::signed::AskedBytes;
use crate::extract::PathPart;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::{At, PositionBody};

/// Takes an invitation back. Admins only.
#[utoipa::path(delete, path = "/api/v1/teams/{id}/invitations/{invitation_id}", tag = "teams", params(("id" = Uuid, Path), ("invitation_id" = Uuid, Path)), responses((status = 200, description = "It cannot be accepted any more", body = PositionBody)))]
pub(super) async fn revoke_invitation(
    State(api): State<Api>,
    PathPart((team_id, invitation_id)): PathPart<(TeamId, InvitationId)>,
    asked: AskedBytes,
) -> Result<Response, Problem> {
    let done = api.commands().execute(&asked.caller, &RevokeInvitation { team_id, invitation_id }).await?;
    Ok(At::of(&done).alone(StatusCode::OK))
}
