use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::auth::cookies;
use crate::auth::signed::AskedBytes;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::{At, PositionBody};

/// Signs this browser out; its tokens are void at once.
#[utoipa::path(post, path = "/api/v1/auth/logout", tag = "auth", responses((status = 202, description = "Signed out", body = PositionBody)))]
pub(super) async fn sign_out(State(api): State<Api>, asked: AskedBytes) -> Result<Response, Problem> {
    let family = asked.family.ok_or_else(Problem::not_a_sign_in)?;
    let done = api.commands().sign_out(&asked.caller, family).await?;
    let mut answer = At::of(&done).alone(StatusCode::ACCEPTED);
    cookies::clear(answer.headers_mut(), api.config().public_url.https());
    Ok(answer)
}
