use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_commands::agent_session::ForkSession;
use opensail_domain::kernel::SessionId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::{BudgetBody, EditModeName, SessionBody};
use crate::auth::signed::Asked;
use crate::extract::PathPart;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::At;

#[derive(Deserialize, ToSchema)]
#[schema(as = Fork)]
pub(super) struct ForkBody {
    /// A position; the fork leaves at the session's last event at or before it. Absent: at its last.
    #[serde(default)]
    at: Option<u64>,
    /// Said to the fork, which begins to work then; without it the fork rests until somebody speaks to it.
    #[serde(default)]
    message: Option<String>,
    /// Absent: the origin's; so for the next two.
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    edit_mode: Option<EditModeName>,
    #[serde(default)]
    budget: Option<BudgetBody>,
    /// Go on at once without a message.
    #[serde(default)]
    start: bool,
}

/// A new session with this one's conversation and files as they were at an event. It works in a copy of its own, beside all others; this one may be
/// at work. What snapshots leave out (`node_modules`, `target`, folders that `.gitignore` names) is not in the copy, unless project and data folder
/// lie on one btrfs, where all of a subvolume is copied at once.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/fork", tag = "sessions", params(("id" = Uuid, Path)), request_body = ForkBody, responses((status = 201, description = "The fork", body = SessionBody)))]
pub(super) async fn fork_session(
    State(api): State<Api>,
    PathPart(session_id): PathPart<SessionId>,
    asked: Asked<ForkBody>,
) -> Result<Response, Problem> {
    let ForkBody { at, message, model, edit_mode, budget, start } = asked.body;
    let wish = ForkSession { session_id, at, message, model, edit_mode: edit_mode.map(Into::into), budget: budget.map(Into::into), start };
    let done = api.commands().fork_session(&asked.caller, &wish).await?;
    let at = At::of(&done);
    let replay = api.queries().session_at(done.answer.session_id, None).await?.ok_or_else(Problem::not_found)?;
    Ok(at.answer(StatusCode::CREATED, SessionBody::from(replay.session)))
}
