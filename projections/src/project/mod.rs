//! Projects and how far their preparation is.

mod file_origin;
mod preparing_projects;
mod project_details;
mod projects_of_account;
mod projects_of_team;
mod uncaptured_projects;

use async_trait::async_trait;
use opensail_domain::AnyEvent;
use opensail_domain::project::ProjectEvent;

pub use file_origin::{FileOrigin, LOOKED_THROUGH};
pub use project_details::{ProjectDetails, ProjectStatus};
#[cfg(test)]
pub(crate) use {projects_of_account::list as list_of_account, projects_of_team::list as list_of_team};

use crate::db::{Tx, sql};
use crate::projection::{ApplyError, Incoming, Projection};

pub(crate) struct ProjectView;

#[async_trait]
impl Projection for ProjectView {
    fn name(&self) -> &'static str {
        "project"
    }
    fn version(&self) -> i64 {
        2
    }
    fn tables(&self) -> &'static [&'static str] {
        &["projects"]
    }
    fn ddl(&self) -> &'static [&'static str] {
        &[
            // created: position of the first event; source, retention: JSON; changed, captured: versions of the last change by people, and of the last
            // that is in a capture
            "CREATE TABLE projects (
                project_id TEXT NOT NULL PRIMARY KEY,
                team_id TEXT NOT NULL,
                name TEXT NOT NULL,
                status TEXT NOT NULL,
                reason TEXT,
                source TEXT NOT NULL,
                created_by TEXT NOT NULL,
                created_at BIGINT NOT NULL,
                updated_at BIGINT NOT NULL,
                created BIGINT NOT NULL,
                position BIGINT NOT NULL,
                retention TEXT,
                changed BIGINT NOT NULL,
                captured BIGINT NOT NULL)",
            "CREATE INDEX projects_uncaptured ON projects (project_id) WHERE changed > captured",
            "CREATE INDEX projects_by_team ON projects (team_id, created)",
        ]
    }
    fn streams(&self) -> &'static [&'static str] {
        &["project"]
    }

    async fn apply(&self, tx: &mut Tx, incoming: &Incoming<'_>) -> Result<(), ApplyError> {
        let AnyEvent::Project(event) = incoming.event()? else { return Ok(()) };
        let (position, now) = (incoming.recorded.position, incoming.recorded.time);
        let project = incoming.recorded.stream.id();
        match event {
            ProjectEvent::Created(e) => {
                let source = serde_json::to_string(&e.source).map_err(|error| ApplyError::Poison(error.to_string()))?;
                tx.run(sql!(
                    "INSERT INTO projects (project_id, team_id, name, status, reason, source, created_by, created_at, updated_at,
                     created, position, changed, captured) VALUES ($1, $2, $3, $4, NULL, $5, $6, $7, $7, $8, $8, 0, 0)",
                    project,
                    e.team_id.to_string(),
                    e.name.as_str(),
                    ProjectStatus::Preparing.as_str(),
                    source,
                    e.created_by.to_string(),
                    now,
                    position,
                ))
                .await?;
            }
            ProjectEvent::Prepared(_) => {
                let ready = ProjectStatus::Ready.as_str();
                tx.run(sql!("UPDATE projects SET status = $2, reason = NULL WHERE project_id = $1", project, ready)).await?;
            }
            ProjectEvent::PreparationFailed(e) => {
                let failed = ProjectStatus::Failed.as_str();
                tx.run(sql!("UPDATE projects SET status = $2, reason = $3 WHERE project_id = $1", project, failed, e.reason.as_str()))
                    .await?;
            }
            ProjectEvent::Renamed(e) => {
                tx.run(sql!("UPDATE projects SET name = $2 WHERE project_id = $1", project, e.name.as_str())).await?;
            }
            ProjectEvent::FileWritten(_) | ProjectEvent::FileDeleted(_) => {
                let version = incoming.recorded.stream_version;
                tx.run(sql!("UPDATE projects SET changed = $2 WHERE project_id = $1", project, version)).await?;
            }
            ProjectEvent::WorkspaceCaptured(e) => {
                tx.run(sql!("UPDATE projects SET captured = $2 WHERE project_id = $1", project, e.version)).await?;
            }
            ProjectEvent::RetentionSet(e) => {
                let retention = e.retention.map(|keep| serde_json::to_string(&keep)).transpose();
                let retention = retention.map_err(|error| ApplyError::Poison(error.to_string()))?;
                tx.run(sql!("UPDATE projects SET retention = $2 WHERE project_id = $1", project, retention)).await?;
            }
            ProjectEvent::SnapshotsReleased(_) => {}
            ProjectEvent::Deleted(_) => {
                tx.run(sql!("DELETE FROM projects WHERE project_id = $1", project)).await?;
                return Ok(());
            }
        }
        tx.run(sql!("UPDATE projects SET position = $2, updated_at = $3 WHERE project_id = $1", project, position, now)).await?;
        Ok(())
    }
}
