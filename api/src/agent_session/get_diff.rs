use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use opensail_commands::journal::Position;
use opensail_commands::ports::blobs::BlobHash;
use opensail_domain::kernel::SessionId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::changed_files::{ChangedFile, Side, changed_files};
use super::unified_diff::{Told, compare};
use crate::auth::signed::Signed;
use crate::extract::{Params, PathPart};
use crate::problem::Problem;
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
    /// Told as in a tree.
    pub(super) path: String,
    /// `added`, `modified` or `deleted`; between snapshots also `renamed`, `mode` (only permission bits) and `type`
    pub(super) change: &'static str,
    /// The old path of a file that was renamed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) from_path: Option<String>,
    /// SHA-256 before (of the session's first change, or in `from`); between snapshots null for files over 1 MiB.
    pub(super) before: Option<String>,
    /// SHA-256 after.
    pub(super) after: Option<String>,
    /// Permission bits, octal; only between snapshots.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mode_before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mode_after: Option<String>,
    /// `file`, `link` or `folder`; only of a `type`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kind_before: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kind_after: Option<&'static str>,
    pub(super) binary: bool,
    /// Unified diff, with names quoted as git does; null for binary files, for files over 1 MiB and for bytes that are no longer there.
    pub(super) diff: Option<String>,
    /// Why `diff` is null: `binary`, `too_large` (over 1 MiB), `too_many` (beyond the thousandth file only paths are told), `not_kept` (the
    /// bytes are no longer there), `same` (the bytes are the same) or `folder`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) no_diff: Option<&'static str>,
    pub(super) lines_added: u64,
    pub(super) lines_removed: u64,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct DiffParams {
    /// A cursor or position of the session, a snapshot, or a session of the same project (its last files). Absent while `to` is given: the session's
    /// first files.
    #[serde(default)]
    from: Option<String>,
    /// The same; absent while `from` is given: the session's last files.
    #[serde(default)]
    to: Option<String>,
    /// Cursor or position that the view must have reached.
    #[serde(default)]
    min_position: Option<String>,
    /// Cursor, position or time to look at the past.
    #[serde(default)]
    as_of: Option<String>,
}

/// What changed in the files: between any two events, sessions or snapshots with `from` or `to`, shell commands and people's changes included.
/// Without them, what the session's file tools changed: of each file its first state before against its last after.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/diff", tag = "sessions", params(("id" = Uuid, Path), DiffParams), responses((status = 200, description = "The changes", body = DiffBody)))]
pub(super) async fn get_diff(
    State(api): State<Api>,
    signed: Signed,
    PathPart(id): PathPart<SessionId>,
    Params(params): Params<DiffParams>,
) -> Result<Json<DiffBody>, Problem> {
    api.settle(params.min_position.as_deref()).await?;
    let (files, then) = api.session_files(signed.account, id, params.as_of.as_deref()).await?;
    let position = files.version_at(then.unwrap_or(Position::MAX)).map_or(0, |version| files.position_of(version));
    if params.from.is_some() || params.to.is_some() {
        let begin = files.position_of(1).to_string();
        let from = api.files_at(signed.account, &files, then, "from", Some(params.from.as_deref().unwrap_or(&begin))).await?;
        let to = api.files_at(signed.account, &files, then, "to", params.to.as_deref()).await?;
        let items = api.snapshot_diff(&from, &to).await?;
        return Ok(Json(DiffBody { items, next: None, position }));
    }
    let mut items = Vec::new();
    let told = files.history.iter().filter(|(recorded, _)| recorded.position <= position);
    for file in changed_files(told.map(|(_, event)| event)) {
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
            (Found::Lost, _) | (_, Found::Lost) => Told::not("not_kept"),
            (before, after) => compare(&path, before.bytes(), after.bytes()).into(),
        };
        let compared = tokio::task::spawn_blocking(comparing).await.map_err(|_| Problem::internal())?;
        let change = match (&file.before, &file.after) {
            (None, _) => "added",
            (Some(_), None) => "deleted",
            (Some(_), Some(_)) => "modified",
        };
        let Told { binary, diff, no_diff, lines_added, lines_removed } = compared;
        let hash = |side: Option<Side>| side.map(|side| side.hash);
        let (before, after) = (hash(file.before), hash(file.after));
        Ok(FileDiff {
            path: file.path,
            change,
            from_path: None,
            before,
            after,
            mode_before: None,
            mode_after: None,
            kind_before: None,
            kind_after: None,
            binary,
            diff,
            no_diff,
            lines_added,
            lines_removed,
        })
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
