use axum::Json;
use axum::extract::State;
use opensail_commands::Permission;
use opensail_commands::ports::project_files::{EntryKind, TreeEntry};
use opensail_commands::ports::snapshots::{Item, SnapshotEntry};
use opensail_commands::project::MAX_TREE_ENTRIES;
use opensail_domain::kernel::{Micros, ProjectId};
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

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct TreeParams {
    /// Folder to begin at; absent: the project itself.
    #[serde(default)]
    path: Option<String>,
    /// Levels to go down, 1 to 64; 1 when absent.
    #[serde(default)]
    depth: Option<u32>,
    /// Files are always read as they are now; taken for symmetry.
    #[serde(default)]
    min_position: Option<String>,
    /// Cursor, position or time to look at the past: the files as the snapshot that was in force then has them, 422 where there is none.
    #[serde(default)]
    as_of: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct TreeBody {
    items: Vec<TreeItem>,
    /// Always null: a tree has one page.
    next: Option<String>,
    /// There was more than is told.
    truncated: bool,
}

#[derive(Serialize, ToSchema)]
pub(super) struct TreeItem {
    path: String,
    /// `file`, `folder`, `link` or `other`
    kind: &'static str,
    /// Bytes.
    size: u64,
    /// RFC 3339, UTC.
    mtime: String,
    /// Where a link points; it is never followed out of the project.
    #[serde(skip_serializing_if = "Option::is_none")]
    link_target: Option<String>,
}

impl From<TreeEntry> for TreeItem {
    fn from(entry: TreeEntry) -> Self {
        let kind = match entry.kind {
            EntryKind::File => "file",
            EntryKind::Folder => "folder",
            EntryKind::Link => "link",
            EntryKind::Other => "other",
        };
        TreeItem { path: entry.path, kind, size: entry.size, mtime: rfc3339(entry.mtime), link_target: entry.link_target }
    }
}

impl TreeItem {
    /// From a snapshot, which keeps no times of folders and links: theirs is told as that of the point asked for.
    fn then(entry: SnapshotEntry, time: Micros) -> Self {
        let (kind, size, mtime, link_target) = match entry.item {
            Item::File { size, .. } => ("file", size, entry.mtime, None),
            Item::Folder { .. } => ("folder", 0, time, None),
            Item::Link { target } => ("link", target.len() as u64, time, Some(target)),
        };
        TreeItem { path: entry.path, kind, size, mtime: rfc3339(mtime), link_target }
    }
}

/// The files and folders of a project.
#[utoipa::path(get, path = "/api/v1/projects/{id}/tree", tag = "files", params(("id" = Uuid, Path), TreeParams), responses((status = 200, description = "The tree", body = TreeBody)))]
pub(super) async fn get_tree(
    State(api): State<Api>,
    signed: Signed,
    PathPart(id): PathPart<ProjectId>,
    Params(params): Params<TreeParams>,
) -> Result<Json<TreeBody>, Problem> {
    let team = api.may_see_project(signed.account, id, Permission::ReadFiles, params.as_of.is_some()).await?;
    api.settle(params.min_position.as_deref()).await?;
    let then = api.then(params.as_of.as_deref()).await?;
    let depth = params.depth.unwrap_or(DEFAULT_DEPTH);
    if !(1..=MAX_DEPTH).contains(&depth) {
        return Err(Problem::invalid(vec![FieldError::parameter("depth", format!("must lie between 1 and {MAX_DEPTH}"))]));
    }
    let path = params.path.unwrap_or_default();
    if let Some(then) = then {
        let (snapshot, time) = (api.snapshot_then(team, id, then).await?, api.time_of(then).await?);
        let tree = api.commands().snapshots().tree(id, &snapshot, &path, depth, MAX_TREE_ENTRIES).await.map_err(Problem::from_snapshot)?;
        let (entries, truncated) = tree.ok_or_else(Problem::not_found)?;
        let items = entries.into_iter().map(|entry| TreeItem::then(entry, time)).collect();
        return Ok(Json(TreeBody { items, next: None, truncated }));
    }
    let tree = api.commands().read_tree(signed.account, id, &path, depth).await?;
    let items = tree.entries.into_iter().map(TreeItem::from).collect();
    Ok(Json(TreeBody { items, next: None, truncated: tree.truncated }))
}
