use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use opensail_commands::Permission;
use opensail_commands::ports::blobs::BlobHash;
use opensail_domain::kernel::SessionId;
use serde::Serialize;
use utoipa::ToSchema;

use super::changed_files::{ChangedFile, Side, changed_files};
use super::unified_diff::{Compared, compare};
use crate::auth::signed::Signed;
use crate::extract::{Params, PathPart, ReadParams};
use crate::problem::Problem;
use crate::reading::present_only;
use crate::router::Api;

#[derive(Serialize, ToSchema)]
#[schema(as = Diff)]
pub(super) struct DiffBody {
    items: Vec<FileDiff>,
    /// Always null: a diff has one page.
    next: Option<String>,
    /// Of the session's last event.
    position: u64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct FileDiff {
    path: String,
    /// `added`, `modified` or `deleted`
    change: &'static str,
    /// SHA-256 before the session's first change.
    before: Option<String>,
    /// SHA-256 after its last.
    after: Option<String>,
    binary: bool,
    /// Unified diff; null for binary files, for files over 1 MiB and for bytes that are no longer there.
    diff: Option<String>,
    lines_added: u64,
    lines_removed: u64,
}

/// What the session's file tools changed: of each file its first state before against its last after.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/diff", tag = "sessions", params(("id" = Uuid, Path), ReadParams), responses((status = 200, description = "The changes", body = DiffBody)))]
pub(super) async fn get_diff(
    State(api): State<Api>,
    signed: Signed,
    PathPart(id): PathPart<SessionId>,
    Params(params): Params<ReadParams>,
) -> Result<Json<DiffBody>, Problem> {
    api.commands().session_access(signed.account, id, Permission::SeeSession).await?;
    present_only(params.as_of.as_deref())?;
    api.settle(params.min_position.as_deref()).await?;
    let (history, _) = api.commands().read_session(id).await?;
    let position = history.last().map_or(0, |(recorded, _)| recorded.position);
    let mut items = Vec::new();
    for file in changed_files(history.iter().map(|(_, event)| event)) {
        items.push(api.file_diff(id, file).await?);
    }
    Ok(Json(DiffBody { items, next: None, position }))
}

/// The bytes of one state of a file.
enum Found {
    /// The file is not there in this state.
    Absent,
    Bytes(Bytes),
    /// It was there, but its bytes were not kept or were forgotten.
    Lost,
}

impl Api {
    async fn file_diff(&self, session: SessionId, file: ChangedFile) -> Result<FileDiff, Problem> {
        let before = self.side(session, file.before.as_ref()).await?;
        let after = self.side(session, file.after.as_ref()).await?;
        let path = file.path.clone();
        // Comparing may take half a second of processor time.
        let comparing = move || match (&before, &after) {
            (Found::Lost, _) | (_, Found::Lost) => None,
            (before, after) => Some(compare(&path, before.bytes(), after.bytes())),
        };
        let compared = tokio::task::spawn_blocking(comparing).await.map_err(|_| Problem::internal())?;
        let change = match (&file.before, &file.after) {
            (None, _) => "added",
            (Some(_), None) => "deleted",
            (Some(_), Some(_)) => "modified",
        };
        let (binary, diff, lines_added, lines_removed) = match compared {
            Some(Compared::Text { diff, added, removed }) => (false, Some(diff), added, removed),
            Some(Compared::Binary) => (true, None, 0, 0),
            Some(Compared::TooLarge) | None => (false, None, 0, 0),
        };
        let hash = |side: Option<Side>| side.map(|side| side.hash);
        let (before, after) = (hash(file.before), hash(file.after));
        Ok(FileDiff { path: file.path, change, before, after, binary, diff, lines_added, lines_removed })
    }

    async fn side(&self, session: SessionId, side: Option<&Side>) -> Result<Found, Problem> {
        let Some(side) = side else { return Ok(Found::Absent) };
        let Some(blob) = &side.blob else { return Ok(Found::Lost) };
        match self.commands().blobs().get(&format!("session-{session}"), &BlobHash(blob.clone())).await.map_err(Problem::from_blob) {
            Ok(bytes) => Ok(Found::Bytes(bytes)),
            Err(problem) if problem.status() == axum::http::StatusCode::NOT_FOUND => Ok(Found::Lost),
            Err(problem) => Err(problem),
        }
    }
}

impl Found {
    fn bytes(&self) -> Option<&[u8]> {
        match self {
            Found::Bytes(bytes) => Some(bytes),
            Found::Absent | Found::Lost => None,
        }
    }
}
