//! Bringing a project's files to where agents can work on them.

mod capture_projects;
mod clone;
mod prepare_project;
pub mod templates;
#[cfg(test)]
mod tests;

use opensail_commands::{CommandError, Commands};
use opensail_domain::kernel::{Decider, Event, ProjectId};
use opensail_domain::project::{Project, ProjectDecider, ProjectEvent};
use opensail_eventstore::StreamId;

pub use capture_projects::CaptureProjects;
pub use prepare_project::PrepareProjects;

/// Events read at once.
const PAGE: usize = 500;

/// The lease under which a project's files are worked on, by a session or by their preparation.
pub(crate) fn lease_of(project_id: ProjectId) -> String {
    opensail_commands::agent_session::lease_of_project(project_id)
}

/// The project as its stream has it; its events hold nothing private.
pub(crate) async fn load(commands: &Commands, project_id: ProjectId) -> Result<Project, CommandError> {
    let stream = StreamId::new(ProjectDecider::TYPE, project_id);
    let (mut project, mut version) = (Project::default(), 0);
    loop {
        let page = commands.journal().read_stream(&stream, version, PAGE).await?;
        let full = page.len() == PAGE;
        for recorded in page {
            let event = ProjectEvent::read(&recorded.event_type, recorded.version, &recorded.payload);
            let event = event.map_err(|error| CommandError::unreadable(&stream, recorded.position, &error))?;
            ProjectDecider::evolve(&mut project, &event);
            version = recorded.stream_version;
        }
        if !full {
            return Ok(project);
        }
    }
}
