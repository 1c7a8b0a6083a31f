use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opensail_commands::project::CreateProject;
use opensail_domain::kernel::TeamId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::{ProjectBody, SourceBody};
use crate::auth::signed::Asked;
use crate::problem::Problem;
use crate::router::Api;
use crate::written::At;

#[derive(Deserialize, ToSchema)]
pub(super) struct NewProject {
    #[schema(value_type = Uuid)]
    team_id: TeamId,
    name: String,
    /// Absent: an empty project.
    #[serde(default)]
    source: Option<SourceBody>,
}

/// Creates a project; its files are fetched in the background (`preparing`, then `ready` or `failed`).
#[utoipa::path(post, path = "/api/v1/projects", tag = "projects", request_body = NewProject, responses((status = 201, description = "Created", body = ProjectBody)))]
pub(super) async fn create_project(State(api): State<Api>, asked: Asked<NewProject>) -> Result<Response, Problem> {
    let NewProject { team_id, name, source } = asked.body;
    let source = source.unwrap_or_default().source()?;
    let done = api.commands().execute(&asked.caller, &CreateProject { team_id, name, source }).await?;
    let at = At::of(&done);
    let project = api.project_after(done.answer.project_id, &at).await?;
    Ok(at.answer(StatusCode::CREATED, project))
}
