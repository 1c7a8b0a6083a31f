use axum::extract::{Path, State};
use axum::http::StatusCode;

use crate::auth::signed::AskedBytes;
use crate::problem::Problem;
use crate::router::Api;

/// Builds a read model anew from the journal, beside the one that is read until it has caught up. One that is under way goes on.
#[utoipa::path(post, path = "/api/v1/projections/{name}/rebuild", tag = "operations", params(("name" = String, Path, description = "Of the read model")), responses((status = 202, description = "It is being built")))]
pub(super) async fn rebuild_projection(State(api): State<Api>, Path(name): Path<String>, asked: AskedBytes) -> Result<StatusCode, Problem> {
    api.commands().check_platform_admin(&asked.caller).await?;
    api.projections().rebuild(&name).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Goes back to the tables that were read before the last switch, once they have caught up; 409 when none are kept that could be read.
#[utoipa::path(post, path = "/api/v1/projections/{name}/rollback", tag = "operations", params(("name" = String, Path, description = "Of the read model")), responses((status = 202, description = "The earlier tables are catching up")))]
pub(super) async fn roll_back_projection(
    State(api): State<Api>,
    Path(name): Path<String>,
    asked: AskedBytes,
) -> Result<StatusCode, Problem> {
    api.commands().check_platform_admin(&asked.caller).await?;
    api.projections().roll_back(&name).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Lets go of the tables that were read before the last switch.
#[utoipa::path(post, path = "/api/v1/projections/{name}/drop-old", tag = "operations", params(("name" = String, Path, description = "Of the read model")), responses((status = 204, description = "They are gone")))]
pub(super) async fn drop_old_projection(
    State(api): State<Api>,
    Path(name): Path<String>,
    asked: AskedBytes,
) -> Result<StatusCode, Problem> {
    api.commands().check_platform_admin(&asked.caller).await?;
    api.projections().drop_old(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}
