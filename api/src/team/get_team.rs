use axum::Json;
use axum::extract::State;
use opensail_commands::Permission;
use opensail_domain::kernel::TeamId;

use super::body::TeamBody;
use crate::auth::signed::Signed;
use crate::extract::{Params, PathPart, ReadParams};
use crate::problem::Problem;
use crate::router::Api;
use crate::written::At;

/// A team.
#[utoipa::path(get, path = "/api/v1/teams/{id}", tag = "teams", params(("id" = Uuid, Path), ReadParams), responses((status = 200, description = "The team", body = TeamBody)))]
pub(super) async fn get_team(
    State(api): State<Api>,
    signed: Signed,
    PathPart(id): PathPart<TeamId>,
    Params(params): Params<ReadParams>,
) -> Result<Json<TeamBody>, Problem> {
    api.commands().team_access(signed.account, id, Permission::SeeTeam).await?;
    let (min, as_of) = (params.min_position.as_deref(), params.as_of.as_deref());
    let team = api.read_one(min, as_of, move |queries| async move { queries.team(id).await }).await?;
    Ok(Json(team.into()))
}

impl Api {
    /// The team as the views have it after a write. One that was deleted since, when the write is repeated, as it was then.
    pub(super) async fn team_after(&self, id: TeamId, at: &At) -> Result<TeamBody, Problem> {
        let queries = self.wait_for(at.position).await?;
        let team = match queries.team(id).await? {
            None => queries.as_of(at.position).team(id).await?,
            team => team,
        };
        Ok(team.ok_or_else(Problem::not_found)?.into())
    }
}
