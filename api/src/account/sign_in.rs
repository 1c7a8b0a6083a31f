use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_commands::account::SignIn;
use serde::Deserialize;
use utoipa::ToSchema;

use super::tokens::{TokenBody, signed_in};
use crate::auth::signed::Stranger;
use crate::extract::Body;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::At;

#[derive(Deserialize, ToSchema)]
pub(super) struct Credentials {
    email: String,
    password: String,
}

/// Signs in by password. Too many attempts are answered with 429.
#[utoipa::path(post, path = "/api/v1/auth/login", tag = "auth", request_body = Credentials, responses((status = 200, description = "Signed in", body = TokenBody)))]
pub(super) async fn sign_in(
    State(api): State<Api>,
    Stranger { caller }: Stranger,
    Body(wish): Body<Credentials>,
) -> Result<Response, Problem> {
    let Credentials { email, password } = wish;
    let done = api.commands().sign_in(&caller, SignIn { email, password }).await?;
    let at = At::of(&done);
    Ok(at.marked(signed_in(&api, StatusCode::OK, done.answer)?))
}
