use axum::Json;
use axum::extract::State;
use opensail_domain::agent_session::Point;
use opensail_domain::agent_session::event::CaptureFailed;
use opensail_domain::agent_session::snapshots::Cause;
use opensail_domain::kernel::SessionId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::signed::Signed;
use crate::extract::{Params, PathPart, ReadParams};
use crate::problem::Problem;
use crate::router::Api;

#[derive(Serialize, ToSchema)]
#[schema(as = Snapshots)]
pub(super) struct SnapshotsBody {
    items: Vec<SnapshotItem>,
    /// Always null: they are told at once.
    next: Option<String>,
    /// Steps whose files could not be captured, and were not since; nothing tells what their files were.
    failed: Vec<FailedItem>,
    /// The last event's files are still being captured.
    awaited: bool,
    /// The last of them are the session's files as they are after its last event: nothing is awaited, and no later capture failed.
    complete: bool,
}

/// A step whose files could not be captured.
#[derive(Serialize, ToSchema)]
#[schema(as = FailedSnapshot)]
pub(super) struct FailedItem {
    /// Of the event whose files these would have been.
    position: u64,
    /// Absent: a run began.
    call_id: Option<String>,
    /// `store_full` (no room is left where files are kept), `files_failed` (the folder could not be read) or `store_failed`
    reason: &'static str,
    /// Absent once the session is forgotten.
    detail: Option<String>,
}

impl FailedItem {
    fn of(failed: &CaptureFailed, position: u64) -> Self {
        FailedItem { position, call_id: failed.call_id.clone(), reason: failed.reason.as_str(), detail: failed.detail.value().cloned() }
    }
}

/// The files from one event of a session on.
#[derive(Serialize, ToSchema)]
#[schema(as = Snapshot)]
pub(super) struct SnapshotItem {
    /// Of the event whose files these are; what `undo`, `fork`, `tree` and `diff` take.
    position: u64,
    snapshot: String,
    /// `fork` (the origin's files), `run` (a run began), `call`, `undo`, `merge` (of a fork into these) or `found` (as they were when an undo or a merge began; of a fork that was merged, its own), `discard` (as they were thrown away)
    cause: &'static str,
    call_id: Option<String>,
    files: Option<u64>,
    /// Bytes of the files.
    bytes: Option<u64>,
    /// Paths that were not kept: caches, sockets, what is too large.
    left_out: Option<u64>,
    /// Paths that differ from the snapshot before.
    changed: Option<u64>,
    /// The first hundred of them.
    paths: Vec<String>,
    /// Made up after a stop, so that it may hold changes of others.
    late: bool,
    /// It is kept for ever.
    name: Option<String>,
    /// False: released by the project's retention.
    kept: bool,
}

impl SnapshotItem {
    fn of(point: &Point, position: u64) -> Self {
        let (cause, call_id) = match &point.cause {
            Cause::Fork => ("fork", None),
            Cause::Run => ("run", None),
            Cause::Call(call_id) => ("call", Some(call_id.clone())),
            Cause::Undo { .. } => ("undo", None),
            Cause::Merge { .. } => ("merge", None),
            Cause::Found => ("found", None),
            Cause::Discard => ("discard", None),
        };
        let tree = point.tree.as_ref();
        SnapshotItem {
            position,
            snapshot: point.snapshot.clone(),
            cause,
            call_id,
            files: tree.map(|tree| tree.files),
            bytes: tree.map(|tree| tree.bytes),
            left_out: tree.map(|tree| tree.left_out),
            changed: point.changed,
            paths: point.paths.clone(),
            late: point.late,
            name: point.name.clone(),
            kept: !point.released,
        }
    }
}

/// The steps of a session that have files of their own, in order.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/snapshots", tag = "sessions", params(("id" = Uuid, Path), ReadParams), responses((status = 200, description = "The snapshots", body = SnapshotsBody)))]
pub(super) async fn list_snapshots(
    State(api): State<Api>,
    signed: Signed,
    PathPart(id): PathPart<SessionId>,
    Params(params): Params<ReadParams>,
) -> Result<Json<SnapshotsBody>, Problem> {
    let (mut files, then) = api.session_snapshots(signed.account, id, params.as_of.as_deref()).await?;
    if let Some(then) = then {
        files = files.until(then).ok_or_else(Problem::not_found)?;
    }
    let items = files.snapshots.points.iter().map(|point| SnapshotItem::of(point, files.position_of(point.version))).collect();
    let failed = files.snapshots.failed.iter().map(|failed| FailedItem::of(failed, files.position_of(failed.version))).collect();
    let (missing, known) = (files.snapshots.awaited(u64::MAX), files.snapshots.at(u64::MAX).is_some());
    let awaited = missing && files.snapshots.failed_at(u64::MAX).is_none();
    Ok(Json(SnapshotsBody { items, next: None, failed, awaited, complete: known && !missing }))
}
