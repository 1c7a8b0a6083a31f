//! Projects and how far their preparation is.

mod file_origin;
mod files_then;
mod preparing_projects;
mod project_details;
mod projects_of_account;
mod projects_of_team;
mod uncaptured_projects;

use async_trait::async_trait;
use opensail_domain::AnyEvent;
use opensail_domain::project::ProjectEvent;

pub use file_origin::{FileOrigin, LOOKED_THROUGH};
pub use files_then::FilesThen;
pub use project_details::{ProjectDetails, ProjectStatus};
#[cfg(test)]
pub(crate) use {files_then::list as files_then, projects_of_account::list as list_of_account, projects_of_team::list as list_of_team};

use crate::projection::{ApplyError, Incoming, Projection};
use crate::rows::{Row, Rows, Wants};
use crate::table::{Index, Past, Table};

pub(crate) struct ProjectView;

/// `created`: position of the first event; `source`, `retention`: JSON; `changed`, `captured`: versions of the last change by people, and of the
/// last that is in a capture.
pub(crate) const PROJECTS: Table = Table {
    name: "projects",
    key: &["project_id"],
    columns: &[
        "project_id TEXT NOT NULL",
        "team_id TEXT NOT NULL",
        "name TEXT NOT NULL",
        "status TEXT NOT NULL",
        "reason TEXT",
        "source TEXT NOT NULL",
        "created_by TEXT NOT NULL",
        "created_at BIGINT NOT NULL",
        "updated_at BIGINT NOT NULL",
        "created BIGINT NOT NULL",
        "position BIGINT NOT NULL",
        "retention TEXT",
        "changed BIGINT NOT NULL",
        "captured BIGINT NOT NULL",
    ],
    indexes: &[
        Index { name: "projects_uncaptured", columns: &["project_id"], only: Some("changed > captured") },
        Index { name: "projects_preparing", columns: &["created"], only: Some("status = 'preparing'") },
        Index { name: "projects_by_team", columns: &["team_id", "created"], only: None },
    ],
    past: Past::Kept { born: Some("created"), moving: &["updated_at", "position", "changed", "captured"] },
};

#[async_trait]
impl Projection for ProjectView {
    fn name(&self) -> &'static str {
        "project"
    }
    fn version(&self) -> i64 {
        4
    }
    fn tables(&self) -> &'static [Table] {
        &[PROJECTS]
    }
    fn streams(&self) -> &'static [&'static str] {
        &["project"]
    }

    fn wants(&self, incoming: &Incoming<'_>, wants: &mut Wants) {
        wants.row(&PROJECTS, &[incoming.recorded.stream.id()]);
    }

    async fn apply(&self, rows: &mut Rows<'_>, incoming: &Incoming<'_>) -> Result<(), ApplyError> {
        let AnyEvent::Project(event) = incoming.event()? else { return Ok(()) };
        let (position, now) = (incoming.recorded.position, incoming.recorded.time);
        let project = incoming.recorded.stream.id();
        let json = |text: serde_json::Result<String>| text.map_err(|error| ApplyError::Poison(error.to_string()));
        match event {
            ProjectEvent::Created(e) => {
                let values = [
                    ("project_id", project.into()),
                    ("team_id", e.team_id.to_string().into()),
                    ("name", e.name.as_str().into()),
                    ("status", ProjectStatus::Preparing.as_str().into()),
                    ("source", json(serde_json::to_string(&e.source))?.into()),
                    ("created_by", e.created_by.to_string().into()),
                    ("created_at", now.into()),
                    ("updated_at", now.into()),
                    ("created", position.into()),
                    ("position", position.into()),
                    ("changed", 0_i64.into()),
                    ("captured", 0_i64.into()),
                ];
                return rows.insert(&PROJECTS, values).await;
            }
            ProjectEvent::Prepared(_) => stand(rows, project, ProjectStatus::Ready, None).await?,
            ProjectEvent::PreparationFailed(e) => stand(rows, project, ProjectStatus::Failed, Some(&e.reason)).await?,
            ProjectEvent::Renamed(e) => rows.change(&PROJECTS, &[project], |row| row.set("name", e.name.as_str())).await?,
            ProjectEvent::FileWritten(_) | ProjectEvent::FileDeleted(_) => {
                let version = incoming.recorded.stream_version;
                rows.change(&PROJECTS, &[project], |row| row.set("changed", version)).await?;
            }
            ProjectEvent::WorkspaceCaptured(e) => rows.change(&PROJECTS, &[project], |row| row.set("captured", e.version)).await?,
            ProjectEvent::RetentionSet(e) => {
                let retention = e.retention.map(|keep| json(serde_json::to_string(&keep))).transpose()?;
                rows.change(&PROJECTS, &[project], |row| row.set("retention", retention)).await?;
            }
            ProjectEvent::SnapshotsReleased(_) => {}
            ProjectEvent::Deleted(_) => return Ok(rows.remove(&PROJECTS, &[project]).await?),
        }
        let touch = |row: &mut Row| {
            row.set("position", position);
            row.set("updated_at", now);
        };
        Ok(rows.change(&PROJECTS, &[project], touch).await?)
    }
}

async fn stand(rows: &mut Rows<'_>, project: &str, status: ProjectStatus, reason: Option<&str>) -> Result<(), ApplyError> {
    let change = |row: &mut Row| {
        row.set("status", status.as_str());
        row.set("reason", reason.map(str::to_owned));
    };
    Ok(rows.change(&PROJECTS, &[project], change).await?)
}
