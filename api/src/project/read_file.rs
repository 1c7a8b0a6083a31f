use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use opensail_commands::Permission;
use opensail_domain::kernel::ProjectId;

use super::etag::{etag, is_known};
use crate::auth::signed::Signed;
use crate::extract::{Params, PathPart, ReadParams};
use crate::problem::Problem;
use crate::reading::present_only;
use crate::router::Api;

/// A file's bytes. The ETag is the SHA-256 of its content.
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
    api.commands().project_access(signed.account, id, Permission::ReadFiles).await?;
    present_only(
        params.as_of.as_deref(),
        "files of a project are read as they are; those of a session can be read as of any of its events",
    )?;
    api.settle(params.min_position.as_deref()).await?;
    let file = api.commands().read_file(signed.account, id, &path).await?;
    let mut answer = match is_known(&headers, &file.hash)? {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => file.bytes.into_response(),
    };
    let set = answer.headers_mut();
    set.insert(header::ETAG, etag(&file.hash));
    set.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    // Others' content under our origin: never shown as a page, never run.
    set.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    set.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    set.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox; frame-ancestors 'none'"));
    Ok(answer)
}
