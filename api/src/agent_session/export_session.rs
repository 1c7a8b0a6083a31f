use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Json, http::header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::StreamExt;
use opensail_commands::ports::blobs::BlobHash;
use opensail_domain::agent_session::AgentSessionEvent;
use opensail_domain::kernel::SessionId;
use opensail_projections::ClientAddress;
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::atif::trajectory;
use super::blobs::named_by;
use crate::auth::signed::Signed;
use crate::extract::{Params, PathPart};
use crate::json_lines;
use crate::problem::Problem;
use crate::router::Api;

/// What the first line of an export says it is.
const FORMAT: &str = "opensail-session";
const FORMAT_VERSION: u32 = 1;
/// Events written out at once.
const AT_ONCE: usize = 100;

#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Format {
    #[default]
    Jsonl,
    Atif,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ExportParams {
    /// `jsonl` (default) holds everything; `atif` is an ATIF-v1.4 trajectory.
    #[serde(default)]
    #[param(inline)]
    format: Option<Format>,
    /// Cursor or position that the views must have reached.
    #[serde(default)]
    min_position: Option<String>,
    /// Cursor, position or time to look at the past.
    #[serde(default)]
    as_of: Option<String>,
}

/// A session to take away. `jsonl`: a header line, event items, then `{blob,base64}` lines.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/export", tag = "sessions", params(("id" = Uuid, Path), ExportParams), responses(
    (status = 200, description = "The session", content((String = "application/x-ndjson"), (Object = "application/json"))),
))]
pub(super) async fn export_session(
    State(api): State<Api>,
    signed: Signed,
    PathPart(id): PathPart<SessionId>,
    Params(params): Params<ExportParams>,
) -> Result<Response, Problem> {
    api.may_read_session(signed.account, id, params.as_of.is_some()).await?;
    api.settle(params.min_position.as_deref()).await?;
    let then = api.then(params.as_of.as_deref()).await?;
    let (history, _) = api.commands().read_session(id, then).await?;
    let name = |ending: &str| [(header::CONTENT_DISPOSITION, format!("attachment; filename=\"session-{id}.{ending}\""))];
    Ok(match params.format.unwrap_or_default() {
        Format::Atif => {
            let events = history.iter().map(|(recorded, event)| (recorded.time, event));
            (name("atif.json"), Json(trajectory(id.to_string(), events))).into_response()
        }
        Format::Jsonl => {
            let head = json!({
                "format": FORMAT,
                "version": FORMAT_VERSION,
                "session_id": id,
                "epoch": history.last().map(|(recorded, _)| recorded.epoch.to_string()),
                "position": history.last().map(|(recorded, _)| recorded.position),
                "events": history.len(),
            });
            let events: Vec<&AgentSessionEvent> = history.iter().map(|(_, event)| event).collect();
            let blobs: Vec<String> = named_by(events).into_iter().map(String::from).collect();
            let recorded: Arc<Vec<_>> = Arc::new(history.into_iter().map(|(recorded, _)| recorded).collect());
            let chunks = (0..recorded.len()).step_by(AT_ONCE).collect::<Vec<_>>();
            let events = {
                let api = api.clone();
                futures::stream::iter(chunks).then(move |from| api.clone().event_lines(recorded.clone(), from))
            };
            let blobs = futures::stream::iter(blobs).then(move |blob| api.clone().blob_line(id, blob));
            let first = futures::stream::once(async move { Ok(json_lines::line(&head)) });
            (name("jsonl"), json_lines::response(first.chain(events).chain(blobs))).into_response()
        }
    })
}

impl Api {
    async fn event_lines(self, recorded: Arc<Vec<opensail_commands::journal::Recorded>>, from: usize) -> Result<Bytes, Problem> {
        let to = recorded.len().min(from + AT_ONCE);
        let items = self.queries().event_items(&recorded[from..to], ClientAddress::Left).await?;
        Ok(items.iter().flat_map(json_lines::line).collect())
    }

    /// A blob that is gone is said to be gone; one that cannot be read just now breaks the export off.
    async fn blob_line(self, session: SessionId, hash: String) -> Result<Bytes, Problem> {
        match self.commands().blobs().get(&format!("session-{session}"), &BlobHash(hash.clone())).await.map_err(Problem::from_blob) {
            Ok(bytes) => Ok(json_lines::line(&json!({ "blob": hash, "base64": STANDARD.encode(&bytes) }))),
            Err(problem) if problem.status() == axum::http::StatusCode::NOT_FOUND => {
                Ok(json_lines::line(&json!({ "blob": hash, "base64": null })))
            }
            Err(problem) => Err(problem),
        }
    }
}
