use axum::Json;
use axum::extract::State;
use opensail_domain::kernel::SessionId;

use super::body::ApprovalBody;
use crate::auth::signed::Signed;
use crate::extract::{ListParams, Params, PathPart, ReadParams};
use crate::listing::Listing;
use crate::problem::Problem;
use crate::router::Api;

/// The open questions of a session.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/approvals", tag = "sessions", params(("id" = Uuid, Path), ReadParams), responses((status = 200, description = "All of them", body = Listing<ApprovalBody>)))]
pub(super) async fn list_approvals_of_session(
    State(api): State<Api>,
    signed: Signed,
    PathPart(id): PathPart<SessionId>,
    Params(params): Params<ReadParams>,
) -> Result<Json<Listing<ApprovalBody>>, Problem> {
    api.may_see_session(signed.account, id, params.as_of.is_some()).await?;
    let queries = api.read(params.min_position.as_deref(), params.as_of.as_deref()).await?;
    Ok(Listing::whole(queries.approvals_of_session(id).await?))
}

/// The open questions of all teams one is in.
#[utoipa::path(get, path = "/api/v1/approvals", tag = "sessions", params(ListParams), responses((status = 200, description = "A page", body = Listing<ApprovalBody>)))]
pub(super) async fn list_my_approvals(
    State(api): State<Api>,
    signed: Signed,
    Params(params): Params<ListParams>,
) -> Result<Json<Listing<ApprovalBody>>, Problem> {
    let among = api.todays_teams(signed.account, params.as_of.as_deref()).await?;
    let queries = api.read(params.min_position.as_deref(), params.as_of.as_deref()).await?;
    Ok(Listing::page(queries.approvals_of_account(signed.account, among.as_deref(), &params.page()?).await?))
}
