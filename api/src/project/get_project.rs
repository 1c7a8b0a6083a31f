use axum::Json;
use axum::extract::State;
use opensail_commands::Permission;
use opensail_domain::kernel::ProjectId;

use super::body::ProjectBody;
use crate::auth::signed::Signed;
use crate::extract::{Params, PathPart, ReadParams};
use crate::problem::Problem;
use crate::router::Api;
use crate::written::At;

/// A project.
#[utoipa::path(get, path = "/api/v1/projects/{id}", tag = "projects", params(("id" = Uuid, Path), ReadParams), responses((status = 200, description = "The project", body = ProjectBody)))]
pub(super) async fn get_project(
    State(api): State<Api>,
    signed: Signed,
    PathPart(id): PathPart<ProjectId>,
    Params(params): Params<ReadParams>,
) -> Result<Json<ProjectBody>, Problem> {
    let (min, as_of) = (params.min_position.as_deref(), params.as_of.as_deref());
    api.may_see_project(signed.account, id, Permission::SeeProject, as_of.is_some()).await?;
    let project = api.read_one(min, as_of, move |queries| async move { queries.project(id).await }).await?;
    Ok(Json(project.into()))
}

impl Api {
    /// The project as the views have it after a write. One that was deleted since, when the write is repeated, as it was then.
    pub(super) async fn project_after(&self, id: ProjectId, at: &At) -> Result<ProjectBody, Problem> {
        let queries = self.wait_for(at.position).await?;
        let project = match queries.project(id).await? {
            None => queries.as_of(at.position).project(id).await?,
            project => project,
        };
        Ok(project.ok_or_else(Problem::not_found)?.into())
    }
}
