use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_commands::CommandError;

use super::body::{DefaultModel, ModelWish};
use crate::auth::signed::Asked;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::At;

/// Chooses the model of sessions that name none; every turn that begins from now on uses it. Administrators of the platform only; 409 where
/// the server's own settings name the model.
#[utoipa::path(put, path = "/api/v1/model", tag = "sessions", request_body = ModelWish, responses((status = 200, description = "Chosen", body = DefaultModel)))]
pub(crate) async fn choose_model(State(api): State<Api>, asked: Asked<ModelWish>) -> Result<Response, Problem> {
    let account = asked.caller.account.ok_or(CommandError::Forbidden)?;
    let done = api.commands().choose_model(&asked.caller, &asked.body.into()).await?;
    Ok(At::of(&done).answer(StatusCode::OK, api.default_model(account, None).await?))
}
