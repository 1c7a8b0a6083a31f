use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_commands::team::{self, AddMember};
use opensail_domain::kernel::{AccountId, TeamId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::RoleName;
use crate::auth::signed::Asked;
use crate::extract::PathPart;
use crate::problem::{FieldError, Problem};
use crate::router::Api;
use crate::written::At;

#[derive(Deserialize, ToSchema)]
pub(super) struct NewMember {
    /// Either this …
    #[serde(default)]
    email: Option<String>,
    /// … or this.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    account_id: Option<AccountId>,
    role: RoleName,
}

/// A member and its role, as a write answers it.
#[derive(Serialize, ToSchema)]
pub(super) struct Membership {
    pub(super) account_id: Uuid,
    pub(super) role: RoleName,
}

/// Takes somebody into a team. Admins only.
#[utoipa::path(post, path = "/api/v1/teams/{id}/members", tag = "teams", params(("id" = Uuid, Path)), request_body = NewMember, responses((status = 201, description = "Added", body = Membership)))]
pub(super) async fn add_member(
    State(api): State<Api>,
    PathPart(team_id): PathPart<TeamId>,
    asked: Asked<NewMember>,
) -> Result<Response, Problem> {
    let NewMember { email, account_id, role } = asked.body;
    let member = match (email, account_id) {
        (Some(email), None) => team::NewMember::Email(email),
        (None, Some(account)) => team::NewMember::Account(account),
        _ => return Err(Problem::invalid(vec![FieldError::pointer("/email", "send either email or account_id")])),
    };
    let done = api.commands().execute(&asked.caller, &AddMember { team_id, member, role: role.into() }).await?;
    Ok(At::of(&done).answer(StatusCode::CREATED, Membership { account_id: done.answer.account_id.0, role }))
}
