use axum::Json;
use axum::extract::State;

use super::body::DefaultModel;
use crate::auth::signed::Signed;
use crate::problem::Problem;
use crate::router::Api;

/// The model that is set up on this server.
#[utoipa::path(get, path = "/api/v1/model", tag = "sessions", responses((status = 200, description = "The model", body = DefaultModel)))]
pub(crate) async fn get_model(State(api): State<Api>, signed: Signed) -> Result<Json<DefaultModel>, Problem> {
    Ok(Json(api.default_model(signed.account).await?))
}
