use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_commands::account::ChangePassword;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::signed::Asked;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::{At, PositionBody};

#[derive(Deserialize, ToSchema)]
pub(super) struct PasswordChange {
    /// Not needed within 15 minutes after signing in by a link.
    #[serde(default)]
    current_password: Option<String>,
    /// At least 8 characters, at most 72 bytes.
    new_password: String,
}

/// Changes the password; all other browsers are signed out.
#[utoipa::path(post, path = "/api/v1/auth/password", tag = "auth", request_body = PasswordChange, responses((status = 202, description = "Changed", body = PositionBody)))]
pub(super) async fn change_password(State(api): State<Api>, asked: Asked<PasswordChange>) -> Result<Response, Problem> {
    let PasswordChange { current_password, new_password } = asked.body;
    let wish = ChangePassword { family: asked.family, current_password, new_password };
    let done = api.commands().change_password(&asked.caller, wish).await?;
    Ok(At::of(&done).alone(StatusCode::ACCEPTED))
}
