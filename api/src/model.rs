use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::signed::Signed;
use crate::router::Api;

/// What a session uses that names no model.
#[derive(Serialize, ToSchema)]
pub(crate) struct DefaultModel {
    name: String,
    /// False: nobody set a model up, and `name` plays recorded answers.
    configured: bool,
    /// Whether what it costs is counted, so that a limit in money can be set.
    priced: bool,
}

/// The model that is set up on this server.
#[utoipa::path(get, path = "/api/v1/model", tag = "sessions", responses((status = 200, description = "The model", body = DefaultModel)))]
pub(crate) async fn get_model(State(api): State<Api>, _: Signed) -> Json<DefaultModel> {
    let model = api.commands().model();
    let name = model.default_model();
    let scripted = name == "scripted" || name.starts_with("scripted:");
    Json(DefaultModel { configured: !scripted, priced: model.price(&name).is_some(), name })
}
