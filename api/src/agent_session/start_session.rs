use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_commands::agent_session::StartSession;
use opensail_domain::kernel::ProjectId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::{BudgetBody, EditModeName, SessionBody};
use crate::auth::signed::Asked;
use crate::extract::PathPart;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::At;

#[derive(Deserialize, ToSchema)]
pub(super) struct NewSession {
    /// What is to be done, at most 100000 bytes.
    task: String,
    /// The server's own default when absent.
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    edit_mode: Option<EditModeName>,
    #[serde(default)]
    budget: Option<BudgetBody>,
}

/// Gives an agent a task; it begins as soon as the project is free.
#[utoipa::path(post, path = "/api/v1/projects/{id}/sessions", tag = "sessions", params(("id" = Uuid, Path)), request_body = NewSession, responses((status = 201, description = "Queued", body = SessionBody)))]
pub(super) async fn start_session(
    State(api): State<Api>,
    PathPart(project_id): PathPart<ProjectId>,
    asked: Asked<NewSession>,
) -> Result<Response, Problem> {
    let NewSession { task, model, edit_mode, budget } = asked.body;
    let wish = StartSession {
        project_id,
        task,
        model,
        edit_mode: edit_mode.unwrap_or_default().into(),
        budget: budget.unwrap_or_default().into(),
    };
    let done = api.commands().execute(&asked.caller, &wish).await?;
    let at = At::of(&done);
    // Folded from its own stream, which is never behind; a repeated request is answered by the session as it stands now.
    let replay = api.queries().session_at(done.answer.session_id, None).await?.ok_or_else(Problem::not_found)?;
    Ok(at.answer(StatusCode::CREATED, SessionBody::from(replay.session)))
}
