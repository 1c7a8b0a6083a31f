use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_commands::project::WriteFile;
use opensail_domain::kernel::ProjectId;
use serde::Serialize;
use utoipa::ToSchema;

use super::etag::{etag, precondition};
use crate::auth::signed::AskedBytes;
use crate::extract::PathPart;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::At;

/// A file as it stands after a write.
#[derive(Serialize, ToSchema)]
pub(super) struct WrittenFile {
    path: String,
    /// SHA-256 of the bytes; also the ETag.
    hash: String,
    size: u64,
    /// Position of the write in the journal.
    position: u64,
}

/// Writes a whole file, at most 25 MiB; its folders are made as needed. `If-Match` and `If-None-Match: *` guard it.
#[utoipa::path(put, path = "/api/v1/projects/{id}/files/{*path}", tag = "files", params(("id" = Uuid, Path), ("path" = String, Path), ("If-Match" = Option<String>, Header), ("If-None-Match" = Option<String>, Header)), request_body(content = String, content_type = "application/octet-stream"), responses((status = 200, description = "Written", body = WrittenFile)))]
pub(super) async fn write_file(
    State(api): State<Api>,
    PathPart((id, path)): PathPart<(ProjectId, String)>,
    asked: AskedBytes,
) -> Result<Response, Problem> {
    let precondition = precondition(&asked.headers)?;
    let wish = WriteFile { project_id: id, path: path.clone(), bytes: asked.bytes, precondition };
    let done = api.commands().write_file(&asked.caller, wish).await?;
    let at = At::of(&done);
    let written = WrittenFile { path, hash: done.answer.hash.clone(), size: done.answer.size, position: done.position };
    let mut answer = at.answer(StatusCode::OK, written);
    answer.headers_mut().insert(axum::http::header::ETAG, etag(&done.answer.hash));
    Ok(answer)
}
