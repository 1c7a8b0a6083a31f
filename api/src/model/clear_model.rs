use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::auth::signed::AskedBytes;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::{At, PositionBody};

/// Takes the choice of a model back and destroys the key. Administrators of the platform only.
#[utoipa::path(delete, path = "/api/v1/model", tag = "sessions", responses((status = 200, description = "Taken back", body = PositionBody)))]
pub(crate) async fn clear_model(State(api): State<Api>, asked: AskedBytes) -> Result<Response, Problem> {
    Ok(At::of(&api.commands().clear_model(&asked.caller).await?).alone(StatusCode::OK))
}
