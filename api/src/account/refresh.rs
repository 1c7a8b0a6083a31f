use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use uuid::Uuid;

use super::tokens::{TokenBody, signed_in};
use crate::auth::signed::Stranger;
use crate::auth::{cookies, csrf};
use crate::problem::Problem;
use crate::router::Api;

/// Gives new tokens for the refresh cookie. The last refresh token may come again for 30 seconds; an older one ends the sign-in.
#[utoipa::path(post, path = "/api/v1/auth/refresh", tag = "auth", responses((status = 200, description = "Signed in further", body = TokenBody)))]
pub(super) async fn refresh(State(api): State<Api>, Stranger { caller }: Stranger, headers: HeaderMap) -> Result<Response, Problem> {
    let token = cookies::read(&headers, cookies::REFRESH).ok_or_else(Problem::unauthenticated)?;
    // The token's first word names its family; whether the token is good is for the command to say.
    let family = token.split('.').next().and_then(|family| Uuid::try_parse(family).ok()).ok_or_else(Problem::unauthenticated)?;
    csrf::check(api.config(), &headers, family)?;
    signed_in(&api, StatusCode::OK, api.commands().refresh(&caller, token).await?)
}
