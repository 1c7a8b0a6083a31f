use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use opensail_commands::ports::snapshots::MAX_SNAPSHOT_FILE_BYTES;
use opensail_domain::kernel::SessionId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::auth::signed::Signed;
use crate::extract::{Params, PathPart};
use crate::problem::Problem;
use crate::router::Api;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SessionFileParams {
    /// A cursor or position of the session, a snapshot, or a session of the same project (its last files); the session's last files when absent.
    #[serde(default)]
    at: Option<String>,
    /// Cursor, position or time to look at the past.
    #[serde(default)]
    as_of: Option<String>,
}

/// A file's bytes as they were at an event; at most 25 MiB. Links are not followed.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/files/{*path}", tag = "sessions", params(("id" = Uuid, Path), ("path" = String, Path), SessionFileParams), responses(
    (status = 200, description = "The bytes", body = String, content_type = "application/octet-stream"),
))]
pub(super) async fn read_session_file(
    State(api): State<Api>,
    signed: Signed,
    PathPart((id, path)): PathPart<(SessionId, String)>,
    Params(params): Params<SessionFileParams>,
) -> Result<Response, Problem> {
    let (files, then) = api.session_files(signed.account, id, params.as_of.as_deref()).await?;
    let at = api.files_at(signed.account, &files, then, "at", params.at.as_deref()).await?;
    let read = api.commands().snapshots().read(at.project, &at.snapshot, &path, MAX_SNAPSHOT_FILE_BYTES).await;
    let bytes = read.map_err(|error| at.problem(error))?.ok_or_else(Problem::not_found)?;
    let mut answer = bytes.into_response();
    let set = answer.headers_mut();
    set.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    // Others' content under our origin: never shown as a page, never run.
    set.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    set.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    set.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox; frame-ancestors 'none'"));
    Ok(answer)
}
