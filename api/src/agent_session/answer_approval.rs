use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_commands::agent_session::AnswerApproval;
use opensail_domain::agent_session::event::Decision;
use opensail_domain::kernel::{ApprovalId, SessionId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::signed::Asked;
use crate::extract::PathPart;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::{At, PositionBody};

#[derive(Deserialize, ToSchema)]
pub(super) struct AnswerBody {
    decision: DecisionName,
    /// Told to the model, at most 2000 bytes.
    #[serde(default)]
    reason: Option<String>,
}

/// `allow_session` covers the same tool for the rest of the session; for shell the identical command.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Decision)]
pub(super) enum DecisionName {
    AllowOnce,
    AllowSession,
    Deny,
}

impl From<DecisionName> for Decision {
    fn from(name: DecisionName) -> Self {
        match name {
            DecisionName::AllowOnce => Decision::AllowOnce,
            DecisionName::AllowSession => Decision::AllowSession,
            DecisionName::Deny => Decision::Deny,
        }
    }
}

/// Answers a question. The same answer again is 200, another one 409.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/approvals/{approval_id}", tag = "sessions", params(("id" = Uuid, Path), ("approval_id" = Uuid, Path)), request_body = AnswerBody, responses(
    (status = 202, description = "Answered", body = PositionBody),
    (status = 200, description = "It was answered like this before", body = PositionBody),
))]
pub(super) async fn answer_approval(
    State(api): State<Api>,
    PathPart((session_id, approval_id)): PathPart<(SessionId, ApprovalId)>,
    asked: Asked<AnswerBody>,
) -> Result<Response, Problem> {
    let AnswerBody { decision, reason } = asked.body;
    let wish = AnswerApproval { session_id, approval_id, decision: decision.into(), reason };
    let done = api.commands().execute(&asked.caller, &wish).await?;
    // Wishing what is already true writes nothing.
    let status = if done.versions.is_empty() { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok(At::of(&done).alone(status))
}
