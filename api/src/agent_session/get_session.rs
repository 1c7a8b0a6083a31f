use axum::Json;
use axum::extract::State;
use opensail_commands::Permission;
use opensail_domain::kernel::SessionId;

use super::body::SessionBody;
use crate::auth::signed::Signed;
use crate::extract::{Params, PathPart, ReadParams};
use crate::problem::Problem;
use crate::router::Api;

/// A session, now or as of an earlier point.
#[utoipa::path(get, path = "/api/v1/sessions/{id}", tag = "sessions", params(("id" = Uuid, Path), ReadParams), responses((status = 200, description = "The session", body = SessionBody)))]
pub(super) async fn get_session(
    State(api): State<Api>,
    signed: Signed,
    PathPart(id): PathPart<SessionId>,
    Params(params): Params<ReadParams>,
) -> Result<Json<SessionBody>, Problem> {
    api.commands().session_access(signed.account, id, Permission::SeeSession).await?;
    api.settle(params.min_position.as_deref()).await?;
    let session = match api.as_of(params.as_of.as_deref()).await? {
        Some(point) => api.queries().session_at(id, Some(point)).await?.ok_or_else(Problem::not_found)?.session,
        None => api.once_seen(move |queries| async move { queries.session(id).await }).await?,
    };
    Ok(Json(session.into()))
}
