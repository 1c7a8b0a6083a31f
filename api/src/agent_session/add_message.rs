use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_commands::agent_session::AddMessage;
use opensail_domain::kernel::SessionId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::signed::Asked;
use crate::extract::PathPart;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::At;

#[derive(Deserialize, ToSchema)]
pub(super) struct NewMessage {
    /// At most 100000 bytes.
    text: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Message)]
pub(super) struct MessageBody {
    id: Uuid,
    /// Position of the write in the journal.
    position: u64,
}

/// Says something more to the agent. A finished session is queued again.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/messages", tag = "sessions", params(("id" = Uuid, Path)), request_body = NewMessage, responses((status = 202, description = "Taken", body = MessageBody)))]
pub(super) async fn add_message(
    State(api): State<Api>,
    PathPart(session_id): PathPart<SessionId>,
    asked: Asked<NewMessage>,
) -> Result<Response, Problem> {
    let done = api.commands().execute(&asked.caller, &AddMessage { session_id, text: asked.body.text }).await?;
    let body = MessageBody { id: done.answer.message_id.0, position: done.position };
    Ok(At::of(&done).answer(StatusCode::ACCEPTED, body))
}
