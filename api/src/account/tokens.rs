//! What a sign-in hands out: an access token, and the same with refresh and CSRF tokens as cookies.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use opensail_commands::account::SignedIn;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::access_token::AccessClaims;
use crate::auth::{cookies, csrf};
use crate::config::ACCESS_SECONDS;
use crate::problem::Problem;
use crate::router::Api;

#[derive(Serialize, ToSchema)]
#[schema(as = Tokens)]
pub(super) struct TokenBody {
    /// For `Authorization: Bearer`.
    access_token: String,
    /// Seconds.
    expires_in: u64,
    /// For `X-CSRF-Token`, when the cookies are used.
    csrf_token: String,
}

pub(super) fn signed_in(api: &Api, status: StatusCode, signed_in: SignedIn) -> Result<Response, Problem> {
    let now = api.commands().clock().now();
    let config = api.config();
    let claims = AccessClaims { account_id: signed_in.account_id, family: signed_in.family };
    let access_token = api.tokens().sign(claims, now).map_err(|error| {
        tracing::error!(%error, "an access token could not be signed");
        Problem::internal()
    })?;
    let csrf_token = csrf::issue(&config.csrf_key, signed_in.family);
    let refresh_seconds = u64::try_from((signed_in.refresh_expires_at - now) / 1_000_000).unwrap_or(0);
    let body = TokenBody { access_token, expires_in: ACCESS_SECONDS, csrf_token };
    let mut answer = (status, Json(&body)).into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let tokens =
        cookies::SignedIn { access: &body.access_token, refresh: &signed_in.refresh_token, refresh_seconds, csrf: &body.csrf_token };
    cookies::set(headers, &tokens, config.public_url.https());
    Ok(answer)
}
