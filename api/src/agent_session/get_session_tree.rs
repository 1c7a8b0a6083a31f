use axum::Json;
use axum::extract::State;
use opensail_commands::ports::snapshots::{Item, LeftOut, SnapshotEntry, WhyLeftOut};
use opensail_domain::kernel::SessionId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::signed::Signed;
use crate::extract::{Params, PathPart};
use crate::problem::{FieldError, Problem};
use crate::router::Api;
use crate::time::rfc3339;

/// Levels told when `depth` is absent, and at most.
const DEFAULT_DEPTH: u32 = 1;
const MAX_DEPTH: u32 = 64;
/// Entries told at once.
const MAX_ENTRIES: usize = 10_000;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SessionTreeParams {
    /// A cursor or position of the session, a snapshot, or a session of the same project (its last files); the session's last files when absent.
    #[serde(default)]
    at: Option<String>,
    /// Folder to begin at; absent: the working copy itself.
    #[serde(default)]
    path: Option<String>,
    /// Levels to go down, 1 to 64; 1 when absent.
    #[serde(default)]
    depth: Option<u32>,
    /// Cursor, position or time to look at the past.
    #[serde(default)]
    as_of: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SessionTree)]
pub(super) struct SessionTreeBody {
    items: Vec<SessionTreeItem>,
    /// Always null: a tree has one page.
    next: Option<String>,
    /// There was more than is told.
    truncated: bool,
    /// What these files leave out: the first hundred paths.
    left_out: Vec<LeftOutPath>,
    /// How many there are.
    left_out_count: u64,
    snapshot: String,
    /// Of the event whose files these are; null when a snapshot was asked for by its name.
    position: Option<u64>,
}

/// Something that lay in the working copy and is in no snapshot; undo leaves it alone, and a fork does not have it.
#[derive(Serialize, ToSchema)]
pub(super) struct LeftOutPath {
    path: String,
    /// `cache` (a folder of a name that caches have), `ignored` (a folder that `.gitignore` names), `too_large`, `special` (socket, pipe,
    /// device), `mount`, `unreadable`, `too_deep` or `unsteady` (it came and went while it was looked at)
    why: &'static str,
}

impl LeftOutPath {
    fn of((path, why): (String, WhyLeftOut)) -> Self {
        let why = match why {
            WhyLeftOut::Cache => "cache",
            WhyLeftOut::Ignored => "ignored",
            WhyLeftOut::TooLarge => "too_large",
            WhyLeftOut::Special => "special",
            WhyLeftOut::Mount => "mount",
            WhyLeftOut::Unreadable => "unreadable",
            WhyLeftOut::TooDeep => "too_deep",
            WhyLeftOut::Unsteady => "unsteady",
        };
        LeftOutPath { path, why }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct SessionTreeItem {
    /// Bytes of a name that are no UTF-8 stand in it as `\xff`, and backslashes that would be taken for such a byte are doubled; so it is
    /// asked for too.
    path: String,
    /// `file`, `folder` or `link`
    kind: &'static str,
    /// Bytes.
    size: u64,
    /// Permission bits, octal; null for links.
    mode: Option<String>,
    /// RFC 3339, UTC; null for folders and links, whose times snapshots do not keep.
    mtime: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link_target: Option<String>,
}

impl From<SnapshotEntry> for SessionTreeItem {
    fn from(entry: SnapshotEntry) -> Self {
        let octal = |mode: u32| Some(format!("{mode:o}"));
        let (kind, size, mode, mtime, link_target) = match entry.item {
            Item::File { mode, size } => ("file", size, octal(mode), Some(rfc3339(entry.mtime)), None),
            Item::Folder { mode } => ("folder", 0, octal(mode), None, None),
            Item::Link { target } => ("link", target.len() as u64, None, None, Some(target)),
        };
        SessionTreeItem { path: entry.path, kind, size, mode, mtime, link_target }
    }
}

/// The files and folders of a session as they were at an event.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/tree", tag = "sessions", params(("id" = Uuid, Path), SessionTreeParams), responses((status = 200, description = "The tree", body = SessionTreeBody)))]
pub(super) async fn get_session_tree(
    State(api): State<Api>,
    signed: Signed,
    PathPart(id): PathPart<SessionId>,
    Params(params): Params<SessionTreeParams>,
) -> Result<Json<SessionTreeBody>, Problem> {
    let (files, then) = api.session_files(signed.account, id, params.as_of.as_deref()).await?;
    let depth = params.depth.unwrap_or(DEFAULT_DEPTH);
    if !(1..=MAX_DEPTH).contains(&depth) {
        return Err(Problem::invalid(vec![FieldError::parameter("depth", format!("must lie between 1 and {MAX_DEPTH}"))]));
    }
    let at = api.files_at(signed.account, &files, then, "at", params.at.as_deref()).await?;
    let path = params.path.unwrap_or_default();
    let snapshots = api.commands().snapshots();
    let tree = snapshots.tree(at.project, &at.snapshot, &path, depth, MAX_ENTRIES).await.map_err(|error| at.problem(error))?;
    let (entries, truncated) = tree.ok_or_else(Problem::not_found)?;
    let items = entries.into_iter().map(SessionTreeItem::from).collect();
    let LeftOut { paths, total } = snapshots.left_out(at.project, &at.snapshot).await.map_err(|error| at.problem(error))?;
    let left_out = paths.into_iter().map(LeftOutPath::of).collect();
    let (snapshot, position) = (at.snapshot, at.position);
    Ok(Json(SessionTreeBody { items, next: None, truncated, left_out, left_out_count: total, snapshot, position }))
}
