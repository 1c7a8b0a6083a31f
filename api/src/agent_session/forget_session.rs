use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_domain::kernel::SessionId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::signed::Asked;
use crate::extract::PathPart;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::{At, PositionBody};

/// Why something is forgotten; readable for ever, so it should name nobody.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Forgetting {
    /// 1 to 500 characters.
    pub(crate) reason: String,
}

/// Forgets what people, model and tools said in a finished session, for ever: its key is destroyed. The events stay, and every proof holds.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/forget", tag = "sessions", params(("id" = Uuid, Path)), request_body = Forgetting, responses((status = 202, description = "Forgotten", body = PositionBody)))]
pub(super) async fn forget_session(
    State(api): State<Api>,
    PathPart(session_id): PathPart<SessionId>,
    asked: Asked<Forgetting>,
) -> Result<Response, Problem> {
    let done = api.commands().forget_session(&asked.caller, session_id, &asked.body.reason).await?;
    Ok(At::of(&done).alone(StatusCode::ACCEPTED))
}
