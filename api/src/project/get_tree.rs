use axum::Json;
use axum::extract::State;
use opensail_commands::Permission;
use opensail_commands::ports::project_files::{EntryKind, TreeEntry};
use opensail_domain::kernel::ProjectId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::signed::Signed;
use crate::extract::{Params, PathPart};
use crate::problem::{FieldError, Problem};
use crate::reading::present_only;
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
    /// Not supported here.
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

/// The files and folders of a project.
#[utoipa::path(get, path = "/api/v1/projects/{id}/tree", tag = "files", params(("id" = Uuid, Path), TreeParams), responses((status = 200, description = "The tree", body = TreeBody)))]
pub(super) async fn get_tree(
    State(api): State<Api>,
    signed: Signed,
    PathPart(id): PathPart<ProjectId>,
    Params(params): Params<TreeParams>,
) -> Result<Json<TreeBody>, Problem> {
    api.commands().project_access(signed.account, id, Permission::ReadFiles).await?;
    present_only(
        params.as_of.as_deref(),
        "files of a project are read as they are; those of a session can be read as of any of its events",
    )?;
    api.settle(params.min_position.as_deref()).await?;
    let depth = params.depth.unwrap_or(DEFAULT_DEPTH);
    if !(1..=MAX_DEPTH).contains(&depth) {
        return Err(Problem::invalid(vec![FieldError::parameter("depth", format!("must lie between 1 and {MAX_DEPTH}"))]));
    }
    let path = params.path.unwrap_or_default();
    let tree = api.commands().read_tree(signed.account, id, &path, depth).await?;
    let items = tree.entries.into_iter().map(TreeItem::from).collect();
    Ok(Json(TreeBody { items, next: None, truncated: tree.truncated }))
}
