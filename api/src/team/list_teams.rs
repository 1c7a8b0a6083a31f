use axum::Json;
use axum::extract::State;

use super::body::MyTeamBody;
use crate::auth::signed::Signed;
use crate::extract::{ListParams, Params};
use crate::listing::Listing;
use crate::problem::Problem;
use crate::reading::present_only;
use crate::router::Api;

/// The teams one is in.
#[utoipa::path(get, path = "/api/v1/teams", tag = "teams", params(ListParams), responses((status = 200, description = "A page", body = Listing<MyTeamBody>)))]
pub(super) async fn list_teams(
    State(api): State<Api>,
    signed: Signed,
    Params(params): Params<ListParams>,
) -> Result<Json<Listing<MyTeamBody>>, Problem> {
    present_only(params.as_of.as_deref())?;
    api.settle(params.min_position.as_deref()).await?;
    Ok(Listing::page(api.queries().teams_of_account(signed.account, &params.page()?).await?))
}
