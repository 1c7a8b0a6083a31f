use axum::Json;
use axum::extract::State;

use super::body::DefaultModel;
use crate::auth::signed::Signed;
use crate::extract::{Params, ReadParams};
use crate::problem::Problem;
use crate::router::Api;

/// The model that is set up on this server. With `as_of` what was chosen then; the server's own settings, which go first, its prices and what the
/// caller may are today's.
#[utoipa::path(get, path = "/api/v1/model", tag = "sessions", params(ReadParams), responses((status = 200, description = "The model", body = DefaultModel)))]
pub(crate) async fn get_model(
    State(api): State<Api>,
    signed: Signed,
    Params(params): Params<ReadParams>,
) -> Result<Json<DefaultModel>, Problem> {
    api.settle(params.min_position.as_deref()).await?;
    let then = api.then(params.as_of.as_deref()).await?;
    Ok(Json(api.default_model(signed.account, then).await?))
}
