use axum::Json;
use axum::extract::State;

use super::body::MyTeamBody;
use crate::auth::signed::Signed;
use crate::extract::{ListParams, Params};
use crate::listing::Listing;
use crate::problem::Problem;
use crate::router::Api;

/// The teams one is in.
#[utoipa::path(get, path = "/api/v1/teams", tag = "teams", params(ListParams), responses((status = 200, description = "A page", body = Listing<MyTeamBody>)))]
pub(super) async fn list_teams(
    State(api): State<Api>,
    signed: Signed,
    Params(params): Params<ListParams>,
) -> Result<Json<Listing<MyTeamBody>>, Problem> {
    let among = api.todays_teams(signed.account, params.as_of.as_deref()).await?;
    let queries = api.read(params.min_position.as_deref(), params.as_of.as_deref()).await?;
    Ok(Listing::page(queries.teams_of_account(signed.account, among.as_deref(), &params.page()?).await?))
}
