use axum::Json;
use axum::extract::State;
use opensail_projections::account::AccountDetails;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::signed::Signed;
use crate::extract::{Params, ReadParams};
use crate::problem::Problem;
use crate::router::Api;
use crate::time::rfc3339;

#[derive(Serialize, ToSchema)]
#[schema(as = Account)]
pub(super) struct AccountBody {
    id: Uuid,
    email: String,
    name: String,
    /// May administer the platform.
    platform_admin: bool,
    /// RFC 3339, UTC.
    created_at: String,
    position: u64,
}

impl From<AccountDetails> for AccountBody {
    fn from(account: AccountDetails) -> Self {
        let AccountDetails { id, email, name, platform_admin, created_at, position } = account;
        AccountBody { id: id.0, email, name, platform_admin, created_at: rfc3339(created_at), position }
    }
}

/// Who one is.
#[utoipa::path(get, path = "/api/v1/auth/me", tag = "auth", params(ReadParams), responses((status = 200, description = "The account", body = AccountBody)))]
pub(super) async fn get_me(
    State(api): State<Api>,
    signed: Signed,
    Params(params): Params<ReadParams>,
) -> Result<Json<AccountBody>, Problem> {
    let (min, as_of) = (params.min_position.as_deref(), params.as_of.as_deref());
    let account = api.read_one(min, as_of, move |queries| async move { queries.account(signed.account).await }).await?;
    Ok(Json(account.into()))
}
