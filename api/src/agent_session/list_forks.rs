use axum::Json;
use axum::extract::State;
use opensail_commands::journal::StreamId;
use opensail_domain::agent_session::AgentSessionDecider;
use opensail_domain::kernel::{Decider, SessionId};
use serde::Serialize;
use utoipa::ToSchema;

use super::body::SessionBody;
use crate::auth::signed::Signed;
use crate::extract::{Params, PathPart, ReadParams};
use crate::problem::Problem;
use crate::router::Api;

#[derive(Serialize, ToSchema)]
#[schema(as = Forks)]
pub(super) struct ForksBody {
    /// Each after its origin.
    items: Vec<SessionBody>,
    /// Always null: a tree has one page, of at most 1,000 sessions.
    next: Option<String>,
}

/// The tree of forks that a session is in: the one they all come from, and everything that was forked from it or from its forks.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/forks", tag = "sessions", params(("id" = Uuid, Path), ReadParams), responses((status = 200, description = "The tree", body = ForksBody)))]
pub(super) async fn list_forks(
    State(api): State<Api>,
    signed: Signed,
    PathPart(id): PathPart<SessionId>,
    Params(params): Params<ReadParams>,
) -> Result<Json<ForksBody>, Problem> {
    api.may_see_session(signed.account, id, params.as_of.is_some()).await?;
    let queries = api.read(params.min_position.as_deref(), params.as_of.as_deref()).await?;
    let mut items: Vec<_> = queries.forks_of_session(id).await?.into_iter().map(SessionBody::from).collect();
    for origin in items.iter_mut().filter_map(|item| item.origin.as_mut()) {
        let left = StreamId::new(AgentSessionDecider::TYPE, origin.session_id);
        let event = api.commands().journal().read_stream(&left, origin.version.saturating_sub(1), 1).await?;
        origin.position = event.first().map(|event| event.position);
    }
    Ok(Json(ForksBody { items, next: None }))
}
