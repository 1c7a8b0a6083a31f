use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_commands::agent_session::{MergeSession, SessionMerged};
use opensail_domain::kernel::SessionId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::choices::{ChoiceName, choices};
use super::refused::{self, RefusedPath};
use crate::auth::signed::Asked;
use crate::extract::PathPart;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::At;

#[derive(Default, Deserialize, ToSchema)]
#[schema(as = Merge)]
pub(super) struct MergeBody {
    /// The session the fork left; absent: that one. Another, be it one that this left in turn, is refused: merge step by step.
    #[serde(default)]
    into: Option<Uuid>,
    /// Per path, what is to become of a file that both changed.
    #[serde(default)]
    decisions: Option<BTreeMap<String, ChoiceName>>,
    /// The same for all that are not named; absent: they are told with 409.
    #[serde(default)]
    on_conflict: Option<ChoiceName>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Merged)]
pub(super) struct MergedBody {
    /// The session in whose files it went.
    into: Uuid,
    /// An undo of that session to this position takes the merge back: its files are as they were found, also what was overwritten.
    found: u64,
    /// Its files as they are now.
    snapshot: String,
    changed: u64,
    spared: Vec<String>,
    /// Paths that could not be changed, and why.
    refused: Vec<RefusedPath>,
}

/// Merges a fork's files into the files of the session it left, texts by line. What both changed is told with 409 `files_conflict`, with both
/// sides, and decided by `decisions`. The fork stays.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/merge", tag = "sessions", params(("id" = Uuid, Path)), request_body = MergeBody, responses((status = 202, description = "Done", body = MergedBody)))]
pub(super) async fn merge_session(
    State(api): State<Api>,
    PathPart(session_id): PathPart<SessionId>,
    asked: Asked<MergeBody>,
) -> Result<Response, Problem> {
    let MergeBody { into, decisions, on_conflict } = asked.body;
    let wish = MergeSession { session_id, into: into.map(SessionId), choices: choices(decisions, on_conflict) };
    let done = api.commands().merge_session(&asked.caller, wish).await?;
    let at = At::of(&done);
    let SessionMerged { found, merged } = done.answer;
    let body = MergedBody {
        into: merged.into.0,
        found,
        snapshot: merged.tree.snapshot,
        changed: merged.changed,
        spared: merged.spared.as_ref().and_then(|spared| spared.value()).cloned().unwrap_or_default(),
        refused: refused::told(merged.refused.as_ref()),
    };
    Ok(at.answer(StatusCode::ACCEPTED, body))
}
