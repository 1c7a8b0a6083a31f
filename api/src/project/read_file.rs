use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use opensail_commands::Permission;
use opensail_commands::ports::snapshots::MAX_SNAPSHOT_FILE_BYTES;
use opensail_domain::kernel::ProjectId;
use sha2::{Digest, Sha256};

use super::etag::{etag, is_known};
use crate::auth::signed::Signed;
use crate::extract::{Params, PathPart, ReadParams};
use crate::problem::Problem;
use crate::router::Api;

/// A file's bytes, with `as_of` from the snapshot that was in force then. The ETag is the SHA-256 of its content.
#[utoipa::path(get, path = "/api/v1/projects/{id}/files/{*path}", tag = "files", params(("id" = Uuid, Path), ("path" = String, Path), ReadParams), responses(
    (status = 200, description = "The bytes", body = String, content_type = "application/octet-stream"),
    (status = 304, description = "If-None-Match names it"),
))]
pub(super) async fn read_file(
    State(api): State<Api>,
    signed: Signed,
    PathPart((id, path)): PathPart<(ProjectId, String)>,
    Params(params): Params<ReadParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let team = api.may_see_project(signed.account, id, Permission::ReadFiles, params.as_of.is_some()).await?;
    api.settle(params.min_position.as_deref()).await?;
    let (bytes, hash) = match api.then(params.as_of.as_deref()).await? {
        Some(then) => {
            let snapshot = api.snapshot_then(team, id, then).await?;
            let read = api.commands().snapshots().read(id, &snapshot, &path, MAX_SNAPSHOT_FILE_BYTES).await;
            let bytes = read.map_err(Problem::from_snapshot)?.ok_or_else(Problem::not_found)?;
            let hash = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            (bytes, hash)
        }
        None => {
            let file = api.commands().read_file(signed.account, id, &path).await?;
            (file.bytes, file.hash)
        }
    };
    let mut answer = match is_known(&headers, &hash)? {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => bytes.into_response(),
    };
    let set = answer.headers_mut();
    set.insert(header::ETAG, etag(&hash));
    set.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    // Others' content under our origin: never shown as a page, never run.
    set.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    set.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    set.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox; frame-ancestors 'none'"));
    Ok(answer)
}
