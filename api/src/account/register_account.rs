use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_commands::account::RegisterAccount;
use serde::Deserialize;
use utoipa::ToSchema;

use super::tokens::{TokenBody, signed_in};
use crate::auth::signed::Stranger;
use crate::extract::Body;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::At;

#[derive(Deserialize, ToSchema)]
pub(super) struct Registration {
    email: String,
    /// At least 8 characters, at most 72 bytes.
    password: String,
    name: String,
    /// The token of an invitation: needed where registration is by invitation; its team is joined at once.
    #[serde(default)]
    invitation: Option<String>,
}

/// Registers an account, if the server lets people register, and signs it in.
#[utoipa::path(post, path = "/api/v1/auth/register", tag = "auth", request_body = Registration, responses((status = 201, description = "Registered and signed in", body = TokenBody)))]
pub(super) async fn register_account(
    State(api): State<Api>,
    Stranger { caller }: Stranger,
    Body(wish): Body<Registration>,
) -> Result<Response, Problem> {
    let Registration { email, password, name, invitation } = wish;
    let done = api.commands().register_account(&caller, RegisterAccount { email, password, name, invitation }).await?;
    let at = At::of(&done);
    Ok(at.marked(signed_in(&api, StatusCode::CREATED, done.answer)?))
}
