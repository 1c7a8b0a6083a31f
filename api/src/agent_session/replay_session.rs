use axum::Json;
use axum::extract::State;
use opensail_domain::agent_session::message::{Message, ToolCall};
use opensail_domain::kernel::SessionId;
use opensail_projections::past::SessionReplay;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::body::{SessionBody, UsageBody};
use crate::auth::signed::Signed;
use crate::extract::{Params, PathPart};
use crate::problem::Problem;
use crate::router::Api;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ReplayParams {
    /// Cursor, position or time; absent: to the end.
    #[serde(default)]
    until: Option<String>,
    /// Cursor or position that the views must have reached.
    #[serde(default)]
    min_position: Option<String>,
    /// Cursor, position or time to look at the past.
    #[serde(default)]
    as_of: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Replay)]
pub(super) struct ReplayBody {
    session: SessionBody,
    /// The conversation as the model sees it: `{role: user|assistant|tool, …}`.
    #[schema(value_type = Vec<Object>)]
    messages: Vec<Message>,
    /// Calls of the last answer without a result yet.
    #[schema(value_type = Vec<Object>)]
    pending: Vec<ToolCall>,
    usage: UsageBody,
    /// Of the last event in it.
    position: u64,
}

impl From<SessionReplay> for ReplayBody {
    fn from(replay: SessionReplay) -> Self {
        ReplayBody {
            messages: replay.messages,
            pending: replay.pending,
            usage: replay.usage.into(),
            position: replay.position,
            session: replay.session.into(),
        }
    }
}

/// The session and its conversation as they stood at a point, from events alone.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/replay", tag = "sessions", params(("id" = Uuid, Path), ReplayParams), responses((status = 200, description = "As it stood", body = ReplayBody)))]
pub(super) async fn replay_session(
    State(api): State<Api>,
    signed: Signed,
    PathPart(id): PathPart<SessionId>,
    Params(params): Params<ReplayParams>,
) -> Result<Json<ReplayBody>, Problem> {
    api.may_read_session(signed.account, id, params.as_of.is_some()).await?;
    api.settle(params.min_position.as_deref()).await?;
    let until = api.point("until", params.until.as_deref()).await?;
    let then = api.then(params.as_of.as_deref()).await?;
    let until = until.into_iter().chain(then).min();
    let replay = api.queries().session_at(id, until).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(replay.into()))
}
