use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::auth::cookies;
use crate::auth::signed::AskedBytes;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::{At, PositionBody};

/// Signs all browsers of the account out; every token before now is void.
#[utoipa::path(post, path = "/api/v1/auth/logout-all", tag = "auth", responses((status = 202, description = "Signed out everywhere", body = PositionBody)))]
pub(super) async fn sign_out_everywhere(State(api): State<Api>, asked: AskedBytes) -> Result<Response, Problem> {
    let done = api.commands().sign_out_everywhere(&asked.caller).await?;
    let mut answer = At::of(&done).alone(StatusCode::ACCEPTED);
    cookies::clear(answer.headers_mut(), api.config().public_url.https());
    Ok(answer)
}
