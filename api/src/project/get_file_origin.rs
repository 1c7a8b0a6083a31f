use axum::Json;
use axum::extract::State;
use opensail_commands::Permission;
use opensail_domain::kernel::ProjectId;
use opensail_projections::EventItem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::signed::Signed;
use crate::event_body::EventBody;
use crate::extract::{Params, PathPart};
use crate::problem::Problem;
use crate::router::Api;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OriginParams {
    /// Path of the file in the project.
    #[serde(default)]
    path: String,
    /// Cursor or position that the view must have reached.
    #[serde(default)]
    min_position: Option<String>,
    /// Cursor, position or time to look at the past.
    #[serde(default)]
    as_of: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct FileOriginBody {
    path: String,
    /// SHA-256 of what the event wrote; null when it deleted the file, or when no event is known. A file with another one was changed
    /// since by something that writes no events, such as a shell command.
    hash: Option<String>,
    /// Null: none of the project's newest events wrote it.
    #[schema(value_type = Option<EventBody>)]
    event: Option<EventItem>,
}

/// Which event wrote a file last: a person's write, or a call of an agent's file tools.
#[utoipa::path(get, path = "/api/v1/projects/{id}/file-origin", tag = "projects", params(("id" = Uuid, Path), OriginParams), responses((status = 200, description = "The event", body = FileOriginBody)))]
pub(super) async fn get_file_origin(
    State(api): State<Api>,
    signed: Signed,
    PathPart(id): PathPart<ProjectId>,
    Params(params): Params<OriginParams>,
) -> Result<Json<FileOriginBody>, Problem> {
    let team = api.may_see_project(signed.account, id, Permission::ReadFiles, params.as_of.is_some()).await?;
    let queries = api.read(params.min_position.as_deref(), params.as_of.as_deref()).await?;
    let origin = queries.file_origin(team, id, &params.path).await?;
    let (hash, event) = origin.map_or((None, None), |origin| (origin.hash, Some(origin.event)));
    Ok(Json(FileOriginBody { path: params.path, hash, event }))
}
