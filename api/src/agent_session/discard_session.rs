use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_commands::agent_session::DiscardSession;
use opensail_domain::kernel::SessionId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::signed::AskedBytes;
use crate::extract::{PathPart, json_from};
use crate::problem::Problem;
use crate::router::Api;
use crate::written::{At, PositionBody};

#[derive(Default, Deserialize, ToSchema)]
#[schema(as = Discard)]
pub(super) struct DiscardBody {
    /// Also where what is in the copy cannot be captured first, and so is lost.
    #[serde(default)]
    force: bool,
}

/// Throws a fork's working copy away; its events and snapshots stay, so it can be forked from again. What is in it at last is captured before; where
/// that cannot be (507 `store_full`, 409 `files_failed`), nothing is thrown away unless `force` says so. The body may be left out.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/discard", tag = "sessions", params(("id" = Uuid, Path)), request_body = Option<DiscardBody>, responses((status = 202, description = "Done", body = PositionBody)))]
pub(super) async fn discard_session(
    State(api): State<Api>,
    PathPart(session_id): PathPart<SessionId>,
    asked: AskedBytes,
) -> Result<Response, Problem> {
    let DiscardBody { force } = if asked.bytes.is_empty() { DiscardBody::default() } else { json_from(&asked.headers, &asked.bytes)? };
    let done = api.commands().discard_session(&asked.caller, DiscardSession { session_id, force }).await?;
    Ok(At::of(&done).alone(StatusCode::ACCEPTED))
}
