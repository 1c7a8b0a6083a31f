use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use opensail_commands::ports::blobs::BlobHash;
use opensail_domain::kernel::SessionId;

use crate::auth::signed::Signed;
use crate::extract::{Params, PathPart, ReadParams};
use crate::problem::Problem;
use crate::router::Api;

/// Full bytes that an event names by their hash: a tool's whole output, or a file before or after a change.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/outputs/{hash}", tag = "sessions", params(("id" = Uuid, Path), ("hash" = String, Path), ReadParams), responses((status = 200, description = "The bytes", body = String, content_type = "application/octet-stream")))]
pub(super) async fn get_output(
    State(api): State<Api>,
    signed: Signed,
    PathPart((id, hash)): PathPart<(SessionId, String)>,
    Params(params): Params<ReadParams>,
) -> Result<Response, Problem> {
    api.may_read_session(signed.account, id, params.as_of.is_some()).await?;
    api.settle(params.min_position.as_deref()).await?;
    let then = api.then(params.as_of.as_deref()).await?;
    // Only what this session's own events name; another session's blob does not open under this one's key either.
    let (history, _) = api.commands().read_session(id, then).await?;
    if !super::blobs::named_by(history.iter().map(|(_, event)| event)).iter().any(|named| *named == hash) {
        return Err(Problem::not_found());
    }
    let bytes = api.commands().blobs().get(&format!("session-{id}"), &BlobHash(hash)).await.map_err(Problem::from_blob)?;
    let mut answer = bytes.into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox; frame-ancestors 'none'"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(answer)
}
