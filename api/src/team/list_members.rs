use axum::Json;
use axum::extract::State;
use opensail_commands::Permission;
use opensail_domain::kernel::TeamId;

use super::body::MemberBody;
use crate::auth::signed::Signed;
use crate::extract::{ListParams, Params, PathPart};
use crate::listing::Listing;
use crate::problem::Problem;
use crate::router::Api;

/// Who is in a team.
#[utoipa::path(get, path = "/api/v1/teams/{id}/members", tag = "teams", params(("id" = Uuid, Path), ListParams), responses((status = 200, description = "A page", body = Listing<MemberBody>)))]
pub(super) async fn list_members(
    State(api): State<Api>,
    signed: Signed,
    PathPart(id): PathPart<TeamId>,
    Params(params): Params<ListParams>,
) -> Result<Json<Listing<MemberBody>>, Problem> {
    api.commands().team_access(signed.account, id, Permission::SeeTeam).await?;
    let queries = api.read(params.min_position.as_deref(), params.as_of.as_deref()).await?;
    Ok(Listing::page(queries.team_members(id, &params.page()?).await?))
}
