use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_domain::kernel::AccountId;

use crate::agent_session::forget_session::Forgetting;
use crate::auth::signed::Asked;
use crate::extract::PathPart;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::{At, PositionBody};

/// Forgets a person, for ever: name, e-mail address and network addresses are gone from everything, and nobody signs in as them again. One's
/// own account; an admin of the platform may forget any.
#[utoipa::path(post, path = "/api/v1/accounts/{id}/forget", tag = "auth", params(("id" = Uuid, Path)), request_body = Forgetting, responses((status = 202, description = "Forgotten", body = PositionBody)))]
pub(super) async fn forget_account(
    State(api): State<Api>,
    PathPart(account_id): PathPart<AccountId>,
    asked: Asked<Forgetting>,
) -> Result<Response, Problem> {
    let done = api.commands().forget_account(&asked.caller, account_id, &asked.body.reason).await?;
    Ok(At::of(&done).alone(StatusCode::ACCEPTED))
}
