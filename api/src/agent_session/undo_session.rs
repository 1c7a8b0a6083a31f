use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_commands::agent_session::{SessionUndone, UndoSession};
use opensail_domain::kernel::SessionId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::choices::{ChoiceName, choices};
use super::refused::{self, RefusedPath};
use crate::auth::signed::Asked;
use crate::extract::PathPart;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::At;

#[derive(Deserialize, ToSchema)]
#[schema(as = Undo)]
pub(super) struct UndoBody {
    /// A position; the session goes back to its last event at or before it.
    to: u64,
    /// Per path, what is to become of a file that somebody changed since.
    #[serde(default)]
    decisions: Option<BTreeMap<String, ChoiceName>>,
    /// The same for all that are not named; absent: they are told with 409.
    #[serde(default)]
    on_conflict: Option<ChoiceName>,
}

/// What was done.
#[derive(Serialize, ToSchema)]
#[schema(as = Undone)]
pub(super) struct UndoneBody {
    /// Of the event that the session went back to.
    to: u64,
    /// Going back to this position brings back files and conversation as they were found, also what was overwritten.
    found: u64,
    /// The files as they are now.
    snapshot: String,
    /// Paths that were changed.
    changed: u64,
    /// Paths that were left as they are, because somebody changed them meanwhile, snapshots leave them out, or they could not be changed.
    spared: Vec<String>,
    /// Those that could not be changed, and why.
    refused: Vec<RefusedPath>,
}

/// Takes a session that is not at work back to an event, files and conversation. Nothing is erased: an undo can be undone. Files that somebody
/// changed since are told with 409 `files_conflict` and decided by `decisions`.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/undo", tag = "sessions", params(("id" = Uuid, Path)), request_body = UndoBody, responses((status = 202, description = "Done", body = UndoneBody)))]
pub(super) async fn undo_session(
    State(api): State<Api>,
    PathPart(session_id): PathPart<SessionId>,
    asked: Asked<UndoBody>,
) -> Result<Response, Problem> {
    let UndoBody { to, decisions, on_conflict } = asked.body;
    let wish = UndoSession { session_id, to, choices: choices(decisions, on_conflict) };
    let done = api.commands().undo_session(&asked.caller, wish).await?;
    let at = At::of(&done);
    let SessionUndone { to, found, undone } = done.answer;
    let body = UndoneBody {
        to,
        found,
        snapshot: undone.tree.snapshot,
        changed: undone.changed,
        spared: undone.spared.as_ref().and_then(|spared| spared.value()).cloned().unwrap_or_default(),
        refused: refused::told(undone.refused.as_ref()),
    };
    Ok(at.answer(StatusCode::ACCEPTED, body))
}
