use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_commands::agent_session::CancelSession;
use opensail_domain::kernel::SessionId;

use crate::auth::signed::AskedBytes;
use crate::extract::PathPart;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::{At, PositionBody};

/// Cancels a session; a tool that runs is stopped.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/cancel", tag = "sessions", params(("id" = Uuid, Path)), responses((status = 202, description = "Asked for", body = PositionBody)))]
pub(super) async fn cancel_session(
    State(api): State<Api>,
    PathPart(session_id): PathPart<SessionId>,
    asked: AskedBytes,
) -> Result<Response, Problem> {
    let done = api.commands().execute(&asked.caller, &CancelSession { session_id }).await?;
    Ok(At::of(&done).alone(StatusCode::ACCEPTED))
}
