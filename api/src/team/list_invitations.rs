use axum::Json;
use axum::extract::State;
use opensail_commands::Permission;
use opensail_domain::kernel::TeamId;

use super::body::InvitationBody;
use crate::auth::signed::Signed;
use crate::extract::{ListParams, Params, PathPart};
use crate::listing::Listing;
use crate::problem::Problem;
use crate::router::Api;

/// The invitations of a team that can be accepted, without their tokens. Admins only.
#[utoipa::path(get, path = "/api/v1/teams/{id}/invitations", tag = "teams", params(("id" = Uuid, Path), ListParams), responses((status = 200, description = "A page", body = Listing<InvitationBody>)))]
pub(super) async fn list_invitations(
    State(api): State<Api>,
    signed: Signed,
    PathPart(id): PathPart<TeamId>,
    Params(params): Params<ListParams>,
) -> Result<Json<Listing<InvitationBody>>, Problem> {
    api.commands().team_access(signed.account, id, Permission::ManageMembers).await?;
    let queries = api.read(params.min_position.as_deref(), params.as_of.as_deref()).await?;
    // Those that had not ended by then.
    let now = match queries.position() {
        Some(then) => api.time_of(then).await?,
        None => api.commands().clock().now(),
    };
    Ok(Listing::page(queries.team_invitations(id, now, &params.page()?).await?))
}
