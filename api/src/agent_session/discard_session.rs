use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_domain::kernel::SessionId;

use crate::auth::signed::AskedBytes;
use crate::extract::PathPart;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::{At, PositionBody};

/// Throws a fork's working copy away; its events and snapshots stay, so it can be forked from again.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/discard", tag = "sessions", params(("id" = Uuid, Path)), responses((status = 202, description = "Done", body = PositionBody)))]
pub(super) async fn discard_session(
    State(api): State<Api>,
    PathPart(session_id): PathPart<SessionId>,
    asked: AskedBytes,
) -> Result<Response, Problem> {
    let done = api.commands().discard_session(&asked.caller, session_id).await?;
    Ok(At::of(&done).alone(StatusCode::ACCEPTED))
}
