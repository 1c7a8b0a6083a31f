use axum::Json;
use axum::extract::State;
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
    let (min, as_of) = (params.min_position.as_deref(), params.as_of.as_deref());
    api.may_see_session(signed.account, id, as_of.is_some()).await?;
    let session = api.read_one(min, as_of, move |queries| async move { queries.session(id).await }).await?;
    Ok(Json(session.into()))
}
