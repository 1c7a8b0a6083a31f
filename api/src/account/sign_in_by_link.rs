use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::tokens::{TokenBody, signed_in};
use crate::auth::signed::Stranger;
use crate::extract::Body;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::At;

#[derive(Deserialize, ToSchema)]
pub(super) struct Link {
    /// What stands behind the `#` of the link.
    token: String,
}

/// Signs in by a one-time link, good for 15 minutes.
#[utoipa::path(post, path = "/api/v1/auth/link", tag = "auth", request_body = Link, responses((status = 200, description = "Signed in", body = TokenBody)))]
pub(super) async fn sign_in_by_link(
    State(api): State<Api>,
    Stranger { caller }: Stranger,
    Body(link): Body<Link>,
) -> Result<Response, Problem> {
    let done = api.commands().sign_in_by_link(&caller, &link.token).await?;
    let at = At::of(&done);
    Ok(at.marked(signed_in(&api, StatusCode::OK, done.answer)?))
}
