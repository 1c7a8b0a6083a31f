use axum::Json;
use axum::extract::State;
use opensail_commands::Permission;
use opensail_domain::kernel::ProjectId;

use super::body::SessionBody;
use crate::auth::signed::Signed;
use crate::extract::{ListParams, Params, PathPart};
use crate::listing::Listing;
use crate::problem::Problem;
use crate::router::Api;

/// The sessions of a project.
#[utoipa::path(get, path = "/api/v1/projects/{id}/sessions", tag = "sessions", params(("id" = Uuid, Path), ListParams), responses((status = 200, description = "A page", body = Listing<SessionBody>)))]
pub(super) async fn list_sessions(
    State(api): State<Api>,
    signed: Signed,
    PathPart(id): PathPart<ProjectId>,
    Params(params): Params<ListParams>,
) -> Result<Json<Listing<SessionBody>>, Problem> {
    api.may_see_project(signed.account, id, Permission::SeeProject, params.as_of.is_some()).await?;
    let queries = api.read(params.min_position.as_deref(), params.as_of.as_deref()).await?;
    Ok(Listing::page(queries.sessions_of_project(id, &params.page()?).await?))
}
