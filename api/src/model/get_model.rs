use axum::Json;
use axum::extract::State;

use super::body::DefaultModel;
use crate::auth::signed::Signed;
use crate::extract::{Params, ReadParams};
use crate::problem::Problem;
use crate::reading::present_only;
use crate::router::Api;

/// The model that is set up on this server.
#[utoipa::path(get, path = "/api/v1/model", tag = "sessions", responses((status = 200, description = "The model", body = DefaultModel)))]
pub(crate) async fn get_model(
    State(api): State<Api>,
    signed: Signed,
    Params(params): Params<ReadParams>,
) -> Result<Json<DefaultModel>, Problem> {
    present_only(params.as_of.as_deref(), "the model service is a setting of this server; leave as_of out")?;
    Ok(Json(api.default_model(signed.account).await?))
}
